"""The report: a table for people, JSON for programs."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from botwatch_drill.result import Result
    from botwatch_drill.timing import Timing

DIGITS = 2
NONE = "-"


class ReportError(Exception):
    """The report cannot be written; the message is one sentence."""


def table(results: Sequence[Result]) -> Table:
    """Draw all runs, and under those with a budget their median."""
    drawn = Table(
        box=box.SIMPLE_HEAD,
        caption="firing, delivered, recovered, resolved: seconds after the injection",
        caption_justify="left",
        padding=0,
    )
    drawn.add_column("drill", no_wrap=True)
    drawn.add_column("fault", min_width=8)
    drawn.add_column("run", no_wrap=True)
    for heading in ("firing", "delivered", "recovered", "resolved", "budget"):
        drawn.add_column(heading, justify="right", no_wrap=True)
    drawn.add_column("verdict", min_width=6)
    for result in results:
        _add(drawn, result)
    return drawn


def as_json(results: Sequence[Result]) -> dict[str, Any]:
    """Return the report that programs read; times in seconds after the injection."""
    return {
        "drills": [
            {
                "name": result.drill.name,
                "budget_s": result.budget_s,
                "ok": result.ok,
                "runs": [_rounded(run.timing) for run in result.runs],
            }
            for result in results
        ]
    }


def write(path: Path, results: Sequence[Result]) -> None:
    """Write the JSON, whole or not at all.

    Raises:
        ReportError: the place cannot be written to.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(as_json(results), indent=2) + "\n", encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        message = f"the report {path} cannot be written ({error.strerror}): name another by --json"
        raise ReportError(message) from error


def _rounded(timing: Timing) -> dict[str, float | None]:
    return {
        key: None if seconds is None else round(seconds, DIGITS)
        for key, seconds in asdict(timing).items()
    }


def _add(drawn: Table, result: Result) -> None:
    budget = NONE if result.budget_s is None else f"{result.budget_s:g} s"
    for number, run in enumerate(result.runs, start=1):
        first = number == 1
        drawn.add_row(
            result.drill.name if first else "",
            result.drill.title if first else "",
            f"{number}/{result.wanted}",
            *_cells(run.timing),
            "" if result.budget_s is not None else NONE,
            "[red]failed[/]" if run.failures else "[green]ok[/]",
        )
    if not result.runs:
        cells = [NONE] * 4
        title = result.drill.title
        drawn.add_row(
            result.drill.name, title, f"0/{result.wanted}", *cells, budget, "runs missing"
        )
    elif result.budget_s is not None:
        drawn.add_row("", "", "median", *_cells(result.median), budget, _budget_verdict(result))
    drawn.add_section()


def _budget_verdict(result: Result) -> str:
    if result.awaited_s is None:
        return "[red]failed[/]"
    if result.over_budget:
        return "[red]over budget[/]"
    if len(result.runs) < result.wanted:
        return "runs missing"
    if result.late:
        return "[yellow]one run[/]"
    return "[green]in budget[/]"


def _cells(timing: Timing) -> list[str]:
    return [
        NONE if seconds is None else f"{seconds:.1f}"
        for seconds in (
            timing.firing_s,
            timing.delivered_s,
            timing.recovered_s,
            timing.resolved_s,
        )
    ]
