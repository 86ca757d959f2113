"""The panels of the dashboards, and the alerts that each is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from botwatch_dashboards.expanding import expand, load
from monitoring.rendering import REPOSITORY

DASHBOARDS = sorted((REPOSITORY / "roles/grafana/files/dashboards").glob("*/*.json"))
ENGLISH = [path for path in DASHBOARDS if path.parent.name == "en"]
RULE = re.compile(r"^\$botwatch_prometheus_url/alerts\?search=(\w+)$")
RUNBOOK = re.compile(r"^\$botwatch_runbooks_url/(\w+)\.md$")


@dataclass(frozen=True)
class Panel:
    """A panel of a dashboard.

    Attributes:
        place: what follows Grafana's address and /d/ in a link to it.
        title: as it is written.
        asked: all that it asks, filled in.
        rules: the alerts whose rules it leads to.
        runbooks: the alerts whose runbooks it leads to.
    """

    place: str
    title: str
    asked: str
    rules: frozenset[str]
    runbooks: frozenset[str]


def linked(panel: dict[str, Any], pattern: re.Pattern[str]) -> frozenset[str]:
    """Name the alerts that a panel leads to by links of a kind."""
    found = (pattern.match(link["url"]) for link in panel.get("links", []))
    return frozenset(match[1] for match in found if match)


@cache
def all_panels() -> tuple[Panel, ...]:
    """Read the panels of all dashboards, in all languages."""
    panels = []
    for path in DASHBOARDS:
        board = load(path)
        asked = expand(board, 3600)
        panels += [
            Panel(
                f"{board['uid']}?viewPanel={panel['id']}",
                panel["title"],
                " ".join(query.expr for query in asked if query.panel == panel["id"]),
                linked(panel, RULE),
                linked(panel, RUNBOOK),
            )
            for panel in board["panels"]
        ]
    return tuple(panels)


@cache
def panels_by_alert() -> dict[str, list[Panel]]:
    """Say on which panels each alert is seen; the languages are the same panel twice."""
    found: dict[str, dict[str, Panel]] = {}
    for panel in all_panels():
        for alert in panel.rules:
            found.setdefault(alert, {})[panel.place] = panel
    return {alert: list(panels.values()) for alert, panels in found.items()}
