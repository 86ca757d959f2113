"""Read dashboards of a user's own, and say what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.plugins.lookup import LookupBase

DOCUMENTATION = """
name: dashboard_files
short_description: Read dashboards that were exported from Grafana
description:
  - Returns for each file its name, its uid and title, its content, and what is wrong with it
    (fault), which is empty if nothing is.
options:
  _terms:
    description: JSON files on the controller.
    required: true
"""

Data = dict[str, Any]


class LookupModule(LookupBase):
    """Return {name, uid, title, content, fault} for each file."""

    def run(
        self, terms: list[str], variables: Data | None = None, **_options: object
    ) -> list[Data]:
        """Read each file; see DOCUMENTATION."""
        del variables
        return [describe(Path(term)) for term in terms]


def describe(path: Path) -> Data:
    """Read one dashboard."""
    content = path.read_text(encoding="utf-8")
    found = {"name": path.name, "uid": "", "title": "", "content": content, "fault": ""}
    try:
        dashboard = json.loads(content)
    except ValueError as error:
        return {**found, "fault": f"{path} is no JSON ({error}): export the dashboard again"}
    if not isinstance(dashboard, dict) or "panels" not in dashboard:
        remedy = "export the dashboard itself, as JSON, from its page in Grafana"
        return {**found, "fault": f"{path} holds no dashboard: {remedy}"}
    for key in ("uid", "title"):
        if not isinstance(dashboard.get(key), str) or not dashboard[key]:
            remedy = "by which Grafana knows the dashboard: write a text of your own there"
            return {**found, "fault": f"{path} has no {key}, {remedy}"}
    return {**found, "uid": dashboard["uid"], "title": dashboard["title"]}
