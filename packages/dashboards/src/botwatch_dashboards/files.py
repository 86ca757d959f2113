"""What `make dashboards` writes: the dashboards, and for rules the panel of each alert."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botwatch_dashboards.boards import BOARDS
from botwatch_dashboards.building import build
from botwatch_dashboards.texts import LANGUAGES
from botwatch_dashboards.values import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

DASHBOARDS = REPOSITORY / "roles/grafana/files/dashboards"
PANELS = REPOSITORY / "roles/prometheus/templates/etc/prometheus/rules/panels.j2"


def generate() -> dict[Path, str]:
    """Make all files, by path."""
    files = {
        DASHBOARDS / language / f"{board.name}.json": _json(build(board, language))
        for language in LANGUAGES
        for board in BOARDS
    }
    return files | {PANELS: _panels()}


def write() -> list[Path]:
    """Write the files that are not as they should be, remove those that are not made any more."""
    files = generate()
    changed = [path for path, text in files.items() if not _holds(path, text)]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path], encoding="utf-8")
    for path in left_over(files):
        path.unlink()
        changed.append(path)
    return changed


def left_over(files: dict[Path, str]) -> list[Path]:
    """Find dashboards that are not made any more."""
    return sorted(set(DASHBOARDS.glob("*/*.json")) - set(files))


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def _json(data: object) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _panels() -> str:
    """Say in Jinja on which panel of its dashboard each alert is seen."""
    lines = [
        f"  '{alert}': {panel.id},"
        for board in BOARDS
        for panel in board.panels
        for alert in panel.alerts
    ]
    return "\n".join(
        [
            "{# On which panel of its dashboard an alert is seen. Written by `make dashboards`. #}",
            "[% set panels = {",
            *sorted(lines),
            "} %]",
            "",
        ]
    )
