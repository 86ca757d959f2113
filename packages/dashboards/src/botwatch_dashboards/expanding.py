"""What Grafana asks Prometheus: the queries of a dashboard's JSON with everything filled in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from plugins.plugin_utils.dashboards import seconds

from botwatch_sandbox.dashboards.variables import ALL, fill, of_time, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Data: TypeAlias = dict[str, Any]

POINTS = 1000
# With a backslash each, and another one as it stands in a string: as Grafana does.
SPECIAL = re.compile(r"([\\^$.|?*+()\[\]{}])")


@dataclass(frozen=True)
class Asked:
    """A query as Prometheus gets it.

    Attributes:
        board: the dashboard's uid.
        panel: the panel's number.
        title: of the panel, as written.
        ref_id: of the target in its panel.
        expr: nothing is left to be filled in.
        legend: what the answers are called.
        step_s: how far the points are apart; None where only the present is asked for.
        if_empty: what the panel says where there is no answer; None: there must be one.
    """

    board: str
    panel: int
    title: str
    ref_id: str
    expr: str
    legend: str
    step_s: int | None
    if_empty: str | None

    @property
    def name(self) -> str:
        """Where it is found."""
        return f"{self.board}/{self.panel}{self.ref_id}"

    @property
    def labels(self) -> list[str]:
        """The labels that its legend needs."""
        return re.findall(r"{{\s*(\w+)\s*}}", self.legend)


def load(path: Path) -> Data:
    """Read a dashboard's JSON."""
    dashboard: Data = json.loads(path.read_text(encoding="utf-8"))
    return dashboard


def chosen(*values: str) -> str:
    """Fill in a variable of which some values are chosen; all, if none is given."""
    escaped = [SPECIAL.sub(r"\\\\\1", value) for value in values]
    if not escaped:
        return ALL
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def targets(dashboard: Data) -> Iterator[tuple[Data, Data]]:
    """Find all targets, each with its panel."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel, target


def expand(dashboard: Data, range_s: int, choice: Mapping[str, str] | None = None) -> list[Asked]:
    """Fill in all queries of a dashboard, for a range of time and what is chosen above it."""
    values = {**values_of(dashboard), **(choice or {})}
    return [
        _ask(dashboard["uid"], panel, target, values, range_s)
        for panel, target in targets(dashboard)
    ]


def _ask(uid: str, panel: Data, target: Data, values: Mapping[str, str], range_s: int) -> Asked:
    least_s = int(seconds(target["interval"]))
    step_s = max(range_s // POINTS, least_s)
    values = {**values, **of_time(range_s, step_s, least_s)}
    return Asked(
        board=uid,
        panel=panel["id"],
        title=panel["title"],
        ref_id=target["refId"],
        expr=fill(target["expr"], values, strict=True),
        legend=fill(target.get("legendFormat", ""), values, strict=True),
        step_s=None if target["instant"] else step_s,
        if_empty=panel["fieldConfig"]["defaults"].get("noValue"),
    )
