"""What a dashboard's JSON says, as far as it is drawn here."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botwatch_sandbox.dashboards.variables import fill, values_of
from botwatch_sandbox.jsonio import JsonObject, inside, is_list, is_object, objects, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DURATION = re.compile(r"(\d+)([smh])")
UNITS_S = {"s": 1, "m": 60, "h": 3600}
LEAST_S = 10


class BoardError(Exception):
    """A dashboard cannot be used: one sentence with the file, the cause and the remedy."""

    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(f"{path} {cause}; run the playbook again.")


@dataclass(frozen=True, slots=True)
class Query:
    """One question to Prometheus; `$name` in it is yet to be filled in."""

    expr: str
    legend: str
    now: bool
    dashed: bool
    least_s: int


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture.

    Attributes:
        look: what the page draws it by: all but its queries.
        queries: what is asked for it.
    """

    look: JsonObject
    queries: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard: its panels, from top to bottom; a row is a panel without queries."""

    name: str
    title: str
    description: str
    panels: tuple[Panel, ...]
    values: Mapping[str, str]


def read_boards(directory: Path | None) -> dict[str, Board]:
    """Read all dashboards of a directory, by name; none if it is None.

    Raises:
        BoardError: a file is no dashboard.
    """
    if directory is None:
        return {}
    return {path.stem: _board(path) for path in sorted(directory.glob("*.json"))}


def _board(path: Path) -> Board:
    try:
        found: object = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BoardError(path, "cannot be read as JSON") from error
    if not is_object(found) or not is_list(found.get("panels")):
        raise BoardError(path, "is no dashboard of Grafana's")
    values = values_of(found)
    return Board(
        name=path.stem,
        title=text_of(found.get("title")),
        description=text_of(found.get("description")),
        panels=tuple(_panel(panel, values) for panel in objects(found.get("panels"))),
        values=values,
    )


def _panel(panel: JsonObject, values: Mapping[str, str]) -> Panel:
    config = inside(panel, "fieldConfig")
    defaults = inside(config, "defaults")
    dashed = {
        text_of(inside(override, "matcher").get("options"))
        for override in objects(config.get("overrides"))
    }
    place = inside(panel, "gridPos")
    look: JsonObject = {
        "id": panel.get("id"),
        "kind": text_of(panel.get("type")),
        "title": fill(text_of(panel.get("title")), values),
        "description": fill(text_of(panel.get("description")), values),
        "width": place.get("w"),
        "unit": text_of(defaults.get("unit")),
        "max": defaults.get("max"),
        "decimals": defaults.get("decimals"),
        "empty": text_of(defaults.get("noValue")),
        "stacked": bool(inside(inside(defaults, "custom"), "stacking")),
        "steps": _steps(defaults),
        "mappings": _mappings(defaults),
        "alerts": _alerts(panel),
    }
    targets = objects(panel.get("targets"))
    return Panel(look, tuple(_query(target, dashed, values) for target in targets))


def _query(target: JsonObject, dashed: set[str], values: Mapping[str, str]) -> Query:
    found = DURATION.fullmatch(text_of(target.get("interval")))
    return Query(
        expr=text_of(target.get("expr")),
        legend=fill(text_of(target.get("legendFormat")), values),
        now=bool(target.get("instant")),
        dashed=text_of(target.get("refId")) in dashed,
        least_s=int(found[1]) * UNITS_S[found[2]] if found else LEAST_S,
    )


def _steps(defaults: JsonObject) -> list[JsonObject]:
    """Return the colours of values, each from a value on."""
    steps = objects(inside(defaults, "thresholds").get("steps"))
    return [{"value": step.get("value"), "colour": text_of(step.get("color"))} for step in steps]


def _mappings(defaults: JsonObject) -> JsonObject:
    """Return the words for single values."""
    for mapping in objects(defaults.get("mappings")):
        if mapping.get("type") == "value":
            options = inside(mapping, "options")
            return {
                value: {"text": result.get("text"), "colour": result.get("color")}
                for value, result in options.items()
                if is_object(result)
            }
    return {}


def _alerts(panel: JsonObject) -> list[str]:
    """Return the alerts that it is about: those whose rules it leads to."""
    addresses = [text_of(link.get("url")) for link in objects(panel.get("links"))]
    return [url.rpartition("?search=")[2] for url in addresses if "?search=" in url]
