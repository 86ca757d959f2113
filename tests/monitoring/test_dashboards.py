"""What dashboards ask is understood, and is about the alerts that they lead to.

That each alert has a panel, and leads to it, is with all else that an alert needs: test_alerts.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from botwatch_dashboards.expanding import chosen, expand, load
from monitoring.panels import ENGLISH, all_panels, panels_by_alert
from monitoring.rendering import REPOSITORY, Rendered, read_for_ansible
from monitoring.tools import Tools

RANGES_S = {"15 minutes": 900, "3 hours": 10_800, "30 days": 2_592_000}
METRIC = re.compile(r"\bup\b|\b[a-z][\w:]*(?=[{\[])|\b[a-z]\w*:\w+:\w+")
FAILED_DEPLOYMENT = "DiscordBotDeploymentFailed"


@pytest.mark.parametrize("range_s", RANGES_S.values(), ids=RANGES_S)
def test_every_query_is_understood(tools: Tools, tmp_path: Path, range_s: int) -> None:
    queries = [asked for path in ENGLISH for asked in expand(load(path), range_s)]
    assert len({query.name for query in queries}) == len(queries) > 100
    check(tools, tmp_path, {query.name: query.expr for query in queries})


def test_every_question_for_marks_is_understood(tools: Tools, tmp_path: Path) -> None:
    notes = {
        f"{path.stem}/{note['name']}": note["expr"].replace("$instance", chosen())
        for path in ENGLISH
        for note in load(path)["annotations"]["list"]
    }
    check(tools, tmp_path, notes)


def check(tools: Tools, folder: Path, queries: dict[str, str]) -> None:
    """Have a tool read queries, each as a rule that names its panel in what is said of it."""
    rules = [
        {"record": f"panel:{number}", "expr": expr, "labels": {"panel": name}}
        for number, (name, expr) in enumerate(queries.items())
    ]
    file = folder / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    said = tools.run("promtool", "check", "rules", "--lint=none", file)
    assert f"SUCCESS: {len(rules)} rules found" in said


def test_every_panel_leads_to_the_runbooks_of_its_alerts() -> None:
    for panel in all_panels():
        assert panel.rules == panel.runbooks, panel.title


def test_a_panel_asks_for_what_its_alerts_are_about(rendered: Rendered) -> None:
    for alert in rendered.alerts():
        of_rule = set(METRIC.findall(alert["expr"]))
        for panel in panels_by_alert()[alert["alert"]]:
            assert not of_rule or of_rule & set(METRIC.findall(panel.asked)), alert["alert"]


def test_a_failed_deployment_leads_to_the_panel_on_which_it_is_seen() -> None:
    variables = read_for_ansible(REPOSITORY / "roles/discord_bot/vars/main/deployment.yml")
    (panel,) = panels_by_alert()[FAILED_DEPLOYMENT]
    assert f"'/d/{panel.place}'" in variables["_discord_bot_failure_annotations"]
