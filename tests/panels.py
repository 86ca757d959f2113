"""All panels of the dashboards, asked of a Prometheus that runs."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from plugins.plugin_utils.dashboards import for_observability

from botwatch_dashboards.expanding import Asked, chosen, expand, load
from botwatch_sandbox.dashboards.variables import choices

ROOT = Path(__file__).resolve().parents[1]
DASHBOARDS = ROOT / "roles/grafana/files/dashboards"
RANGE_S = 3600
LABEL_VALUES = re.compile(r"label_values\((.+), (\w+)\)")

Answer: TypeAlias = dict[str, Any]
Ask: TypeAlias = Callable[[str, dict[str, str]], Answer]
"""Asks Prometheus' API: a path below /api/v1, and parameters."""


@dataclass(frozen=True)
class Result:
    """What came of a query.

    Attributes:
        asked: the query.
        error: what Prometheus had against it, or ''.
        series: the labels of each series that has a number.
    """

    asked: Asked
    error: str
    series: list[dict[str, str]]

    @property
    def problem(self) -> str:
        """Say what is wrong with it, or ''."""
        if self.error:
            return f"{self.asked.name} ({self.asked.title}): {self.error}\n  {self.asked.expr}"
        if not self.series and self.asked.if_empty is None:
            return f"{self.asked.name} ({self.asked.title}): no data\n  {self.asked.expr}"
        return self._problem_of_legend()

    def _problem_of_legend(self) -> str:
        needed = self.asked.labels
        for labels in self.series:
            missing = [label for label in needed if label not in labels]
            if missing:
                return f"{self.asked.name}: no {', '.join(missing)} in {labels}"
        names = [tuple(labels[label] for label in needed) for labels in self.series]
        if self.asked.legend and len(names) != len(set(names)):
            return f"{self.asked.name}: series with the same name in {self.series}"
        return ""


def ask_everything(ask: Ask, names: Iterable[str]) -> list[Result]:
    """Ask for all panels of dashboards, by their names, with all chosen and with one chosen."""
    results = []
    for name in names:
        board = for_observability(load(DASHBOARDS / "en" / f"{name}.json"), "botwatch")
        results += [run(ask, asked) for asked in expand(board, RANGE_S)]
        one = {name: chosen(*values[:1]) for name, values in offered(ask, board).items()}
        results += [run(ask, asked) for asked in expand(board, RANGE_S, one)]
    return results


def offered(ask: Ask, board: Answer) -> dict[str, list[str]]:
    """Say what can be chosen above a dashboard."""
    found = {}
    for name, question in choices(board).items():
        matched = LABEL_VALUES.fullmatch(question)
        assert matched, question
        answer = ask(f"label/{matched[2]}/values", {"match[]": matched[1]})
        found[name] = answer["data"]
    return found


def run(ask: Ask, asked: Asked) -> Result:
    """Ask one query, as Grafana does."""
    now = time.time()
    if asked.step_s is None:
        answer = ask("query", {"query": asked.expr})
    else:
        start = now - now % asked.step_s - RANGE_S
        times = {"start": str(start), "end": str(now), "step": str(asked.step_s)}
        answer = ask("query_range", {"query": asked.expr, **times})
    if answer["status"] != "success":
        return Result(asked, answer["error"], [])
    found = answer["data"]["result"]
    series = [entry["metric"] for entry in found if any(map(is_number, values_of(entry)))]
    return Result(asked, "", series)


def values_of(entry: Answer) -> list[str]:
    """Read the values of a series, or of its only sample."""
    return [value for _, value in entry.get("values", [entry.get("value", (0, "NaN"))])]


def is_number(value: str) -> bool:
    """Tell numbers from what Prometheus says where there is none."""
    return not math.isnan(float(value))


def summary(results: list[Result]) -> str:
    """Say how many had data, and why the others had none."""
    full = [result for result in results if result.series]
    empty = sorted({f"{r.asked.name}: {r.asked.if_empty}" for r in results if not r.series})
    lines = [f"{len(full)} of {len(results)} questions returned data", *empty]
    return "\n  ".join(lines)
