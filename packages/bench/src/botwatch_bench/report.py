"""The report: a table for people, JSON for programs."""

from __future__ import annotations

import json
import os
import platform
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from botwatch_bench.figures import BenchError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from botwatch_bench.figures import Figure

DIGITS = 4
SHOWN_DIGITS = 3


def table(figures: Sequence[Figure]) -> Table:
    """Draw all figures, with a verdict on those that have a limit."""
    drawn = Table(box=box.SIMPLE_HEAD, padding=0)
    drawn.add_column("figure", no_wrap=True)
    drawn.add_column("what", min_width=8)
    for heading in ("value", "limit"):
        drawn.add_column(heading, justify="right", no_wrap=True)
    drawn.add_column("verdict", no_wrap=True)
    for figure in figures:
        verdict = "[green]held[/]" if figure.ok else "[red]missed[/]"
        drawn.add_row(
            figure.name,
            figure.title,
            _shown(figure.value, figure.unit),
            "" if figure.limit is None else _shown(figure.limit, figure.unit),
            "" if figure.limit is None else verdict,
        )
    return drawn


def as_json(figures: Sequence[Figure]) -> dict[str, Any]:
    """Return the report that programs read."""
    return {
        "figures": {figure.name: round(figure.value, DIGITS) for figure in figures},
        "limits": {figure.name: figure.limit for figure in figures if figure.limit is not None},
        "missed": [figure.name for figure in figures if not figure.ok],
        "machine": {
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
            "load": round(os.getloadavg()[0], 2),
        },
    }


def write(path: Path, figures: Sequence[Figure]) -> None:
    """Write the JSON, whole or not at all.

    Raises:
        BenchError: the place cannot be written to.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(as_json(figures), indent=2) + "\n", encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        message = f"the report {path} cannot be written ({error.strerror}): name another by --json"
        raise BenchError(message) from error


def _shown(value: float, unit: str) -> str:
    number = f"{value:.0f}" if value >= 10**SHOWN_DIGITS else f"{value:.{SHOWN_DIGITS}g}"
    return f"{number} {unit}".rstrip()
