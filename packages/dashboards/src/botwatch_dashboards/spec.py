"""What a dashboard is made of, in our own words: what is asked, how it is shown, what it is for.

`$name` in texts and queries is one of Grafana's variables. Those that begin with `prometheus_` or
`botwatch_` are variables of the roles, so that panels say and draw what the rules are made of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Literal, TypeAlias

from plugins.plugin_utils.dashboards import OBSERVABILITIES

from botwatch_dashboards.texts import Text

if TYPE_CHECKING:
    from botwatch_dashboards.texts import Words

Colour: TypeAlias = Literal["green", "red", "orange", "blue", "purple", "text"]

FULL_WIDTH = 24
# The metrics of botwatch's library, those of discord-ext-prometheus, and all of the bot itself.
OF_LIBRARY = re.compile(r"\bdiscord_bot[_:]")
OF_EXTENSION = re.compile(r"\b(discord_(?!bot\b|bot_)\w+|logging_total)\b")
OF_BOT = 'job="discord-bot"'


class Shape(Enum):
    """How a query is asked and answered."""

    OVER_TIME = auto()
    NOW = auto()
    TABLE = auto()
    HEATMAP = auto()


class Kind(Enum):
    """How a panel draws what its queries return."""

    LINES = auto()
    STACKED = auto()
    NUMBER = auto()
    BARS = auto()
    TABLE = auto()
    STATES = auto()
    HEATMAP = auto()


@dataclass(frozen=True)
class Query:
    """One question to Prometheus.

    Attributes:
        expr: the question.
        legend: what each answer is called; `{{label}}` stands for the value of a label.
        shape: how it is asked; by default as its panel's kind wants it.
        line: whether it is a limit or a forecast, drawn dashed and without an area.
        only: the values of discord_bot_observability for which it is asked; by default those whose
            bots have its metrics.
    """

    expr: str
    legend: Words = ""
    shape: Shape | None = None
    line: Colour | None = None
    only: tuple[str, ...] = ()

    @property
    def observabilities(self) -> tuple[str, ...]:
        """The values of discord_bot_observability for which it is asked."""
        if self.only:
            return self.only
        if OF_LIBRARY.search(self.expr):
            return ("botwatch",)
        if OF_EXTENSION.search(self.expr):
            return ("metrics",)
        return ("botwatch", "metrics") if OF_BOT in self.expr else OBSERVABILITIES


@dataclass(frozen=True)
class Threshold:
    """From where on a value is bad.

    Attributes:
        value: the number, or the role's variable that says it, as in `$prometheus_x`.
        bad: on which side of it.
        colour: how bad that is.
    """

    value: str | float
    bad: Literal["above", "below"] = "above"
    colour: Colour = "red"


@dataclass(frozen=True)
class ValueMapping:
    """What a value is shown as."""

    value: int
    words: Words
    colour: Colour


YES_OR_NO = (
    ValueMapping(1, Text("Yes", "예"), "green"),
    ValueMapping(0, Text("No", "아니요"), "red"),
)


@dataclass(frozen=True)
class Panel:
    """One picture that answers one question.

    Attributes:
        id: lasting, as alerts link to it; unique in its dashboard.
        title: what is seen.
        description: what that tells, and what to do about it.
        queries: what is asked.
        unit: by Grafana's name for it.
        kind: how it is drawn.
        alerts: the alerts that are about what this shows.
        thresholds: where these fire, from good to bad.
        mappings: what single values mean.
        if_empty: why it is well that there is nothing to be seen; None: there always is.
        width: of 24 columns.
        height: in rows of the grid.
        decimals: how many digits after the point; None: as many as fit.
        least: where the scale begins at the latest.
        most: where the scale ends at the earliest.
    """

    id: int
    title: Text
    description: Text
    queries: tuple[Query, ...]
    unit: str = "short"
    kind: Kind = Kind.LINES
    alerts: tuple[str, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    mappings: tuple[ValueMapping, ...] = ()
    if_empty: Text | None = None
    width: int = 8
    height: int = 8
    decimals: int | None = None
    least: float | None = 0
    most: float | None = None


@dataclass(frozen=True)
class Row:
    """A question with the panels that answer it."""

    id: int
    title: Text
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Variable:
    """What people choose above a dashboard: some or all values of a label."""

    name: str
    label: Text
    query: str


@dataclass(frozen=True)
class Note:
    """What is marked on every graph of a dashboard, at the time at which it happened.

    Attributes:
        name: what it is called above the dashboard.
        expr: what Prometheus is asked.
        title: of each mark.
        colour: of each mark.
        at_value: whether the answer is the time itself, in milliseconds.
    """

    name: Text
    expr: str
    title: str
    colour: Colour
    at_value: bool = False


@dataclass(frozen=True)
class Board:
    """A dashboard.

    Attributes:
        name: what follows `botwatch-` in its uid, and its file's name.
        title: of the dashboard.
        description: which questions it answers.
        rows: its panels.
        variables: what can be chosen.
        notes: what is marked.
        step: how often the most often asked target is asked, so that rates have enough to go by.
        since: how far it looks back at first.
    """

    name: str
    title: Text
    description: Text
    rows: tuple[Row, ...]
    variables: tuple[Variable, ...] = ()
    notes: tuple[Note, ...] = ()
    step: str = "30s"
    since: str = "now-3h"
    tags: tuple[str, ...] = field(default=("botwatch",))

    @property
    def uid(self) -> str:
        """Its name in Grafana and in links."""
        return f"botwatch-{self.name}"

    @property
    def panels(self) -> list[Panel]:
        """All panels, from top to bottom."""
        return [panel for row in self.rows for panel in row.panels]
