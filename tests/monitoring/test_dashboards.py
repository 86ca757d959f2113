"""Dashboards and rules belong together: what is asked, what is shown, where one leads to the other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from botwatch_dashboards.expanding import Asked, expand, load
from monitoring.rendering import REPOSITORY, Rendered
from monitoring.tools import Tools

RUNBOOKS = REPOSITORY / "docs/runbooks"
DASHBOARDS = sorted((REPOSITORY / "roles/grafana/files/dashboards").glob("*/*.json"))
ENGLISH = [path for path in DASHBOARDS if path.parent.name == "en"]
RANGES_S = {"15 minutes": 900, "3 hours": 10_800, "30 days": 2_592_000}


def alerts_of(panel: dict[str, Any]) -> set[str]:
    """Name the alerts whose rules a panel links."""
    return {
        found[1]
        for link in panel.get("links", [])
        if (found := re.search(r"/alerts\?search=(\w+)$", link["url"]))
    }


def shown() -> dict[str, list[str]]:
    """Say on which panels each alert is seen: uid?viewPanel=number."""
    places: dict[str, list[str]] = {}
    for path in ENGLISH:
        board = load(path)
        for panel in board["panels"]:
            for alert in alerts_of(panel):
                places.setdefault(alert, []).append(f"{board['uid']}?viewPanel={panel['id']}")
    return places


@pytest.mark.parametrize("range_s", RANGES_S.values(), ids=RANGES_S)
def test_every_query_is_understood(tools: Tools, tmp_path: Path, range_s: int) -> None:
    queries = [asked for path in ENGLISH for asked in expand(load(path), range_s)]
    assert len(queries) > 100
    check(tools, tmp_path, {asked.name: asked.expr for asked in queries})


def test_every_question_for_marks_is_understood(tools: Tools, tmp_path: Path) -> None:
    notes = {
        f"{path.stem}/{note['name']}": note["expr"].replace("$instance", ".*")
        for path in ENGLISH
        for note in load(path)["annotations"]["list"]
    }
    check(tools, tmp_path, notes)


def check(tools: Tools, folder: Path, queries: dict[str, str]) -> None:
    """Have a tool read queries, each as a rule that is named in what it says of it."""
    rules = [
        {"record": f"panel:{number}", "expr": expr, "labels": {"panel": name}}
        for number, (name, expr) in enumerate(queries.items())
    ]
    file = folder / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    said = tools.run("promtool", "check", "rules", "--lint=none", file)
    assert f"SUCCESS: {len(rules)} rules found" in said


def test_every_alert_is_seen_on_one_panel(rendered: Rendered) -> None:
    """In a systemd site the cluster's alerts are seen on a dashboard that is not there either."""
    places = shown()
    names = {alert["alert"] for alert in rendered.alerts()}
    assert names <= set(places)
    assert {alert: found for alert, found in places.items() if len(found) > 1} == {}


def test_no_panel_is_about_an_alert_that_does_not_exist() -> None:
    assert set(shown()) == {page.stem for page in RUNBOOKS.glob("*.md")}


def test_every_alert_leads_to_the_panel_on_which_it_is_seen(rendered: Rendered) -> None:
    address = rendered.given.get("botwatch_dashboards_url", "").rstrip("/")
    places = shown()
    for alert in rendered.alerts():
        (place,) = places[alert["alert"]]
        expected = f"{address}/d/{place}" if address else None
        assert alert["annotations"].get("dashboard_url") == expected


def test_every_panel_leads_to_the_runbooks_of_its_alerts() -> None:
    for path in DASHBOARDS:
        for panel in load(path)["panels"]:
            leads = {
                Path(link["url"]).stem
                for link in panel.get("links", [])
                if link["url"].startswith("$botwatch_runbooks_url/")
            }
            assert leads == alerts_of(panel), f"{path}: {panel['title']}"


def test_a_panel_asks_for_what_its_alerts_are_about(rendered: Rendered) -> None:
    """Each rule's metrics, or those that it is recorded from, are among those of its panel."""
    asked: dict[str, str] = {}
    for path in ENGLISH:
        queries: list[Asked] = expand(load(path), 3600)
        for panel in load(path)["panels"]:
            text = " ".join(query.expr for query in queries if query.panel == panel["id"])
            asked |= dict.fromkeys(alerts_of(panel), text)
    metric = re.compile(r"\b(?:[a-z][a-z0-9_]*:)?[a-z]+_[a-z_0-9:]+(?=[{\[])")
    for alert in rendered.alerts():
        of_rule = set(metric.findall(alert["expr"]))
        of_panel = set(metric.findall(asked[alert["alert"]]))
        assert not of_rule or of_rule & of_panel, alert["alert"]
