"""What the roles configure, as judged by the vendors' own tools of both ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitoring.rendering import read_yaml

if TYPE_CHECKING:
    from monitoring.rendering import Rendered
    from monitoring.tools import Tools

FIRST_VERSIONS = {
    "oldest": {"promtool": "2.42.", "amtool": "0.25."},
    "newest": {"promtool": "3.", "amtool": "0.3"},
}


@pytest.mark.parametrize("program", ["promtool", "amtool"])
def test_the_programs_are_those_of_the_end(tools: Tools, program: str) -> None:
    version = FIRST_VERSIONS[tools.end][program]
    assert f"{program}, version {version}" in tools.run(program, "--version")


def test_rules_are_valid(tools: Tools, rendered: Rendered) -> None:
    files = rendered.rule_files
    said = tools.run("promtool", "check", "rules", "--lint=all", "--lint-fatal", *files)
    assert said.count("SUCCESS") == len(files) > 0


def test_scraping_and_alerting_are_valid(tools: Tools, rendered: Rendered) -> None:
    said = tools.run("promtool", "check", "config", rendered.prometheus)
    assert f"SUCCESS: {len(rendered.rule_files)} rule files found" in said


def test_rules_do_what_their_unit_tests_say(tools: Tools, rendered: Rendered) -> None:
    assert rendered.rule_tests
    tools.run("promtool", "test", "rules", *rendered.rule_tests)


def test_routes_and_templates_are_valid(tools: Tools, rendered: Rendered) -> None:
    said = tools.run("amtool", "check-config", rendered.alertmanager)
    assert " 1 templates" in said
    assert " 2 receivers" in said


def test_names_are_taken_literally(tools: Tools, rendered: Rendered) -> None:
    tools.run("amtool", "check-config", rendered.alertmanager)
    (slack,) = read_yaml(rendered.alertmanager)["receivers"][0]["slack_configs"]
    assert slack["username"] == rendered.given.get("alertmanager_slack_username", "botwatch")


@pytest.mark.parametrize("severity", ["critical", "warning", "info"])
def test_every_severity_goes_to_slack(tools: Tools, rendered: Rendered, severity: str) -> None:
    routes(tools, rendered, "alertname=AnyAlert", f"severity={severity}")


def test_every_alert_goes_to_slack(tools: Tools, rendered: Rendered) -> None:
    for alert in rendered.alerts():
        labels = [f"{name}={value}" for name, value in alert["labels"].items()]
        routes(tools, rendered, f"alertname={alert['alert']}", *labels)


def test_an_alert_without_labels_goes_to_slack(tools: Tools, rendered: Rendered) -> None:
    routes(tools, rendered, "alertname=AnyAlert")


def test_the_interval_of_an_alert_goes_before_that_of_its_severity(
    tools: Tools, rendered: Rendered
) -> None:
    matched = routes(tools, rendered, "alertname=DiscordBotHighErrors", "severity=critical")
    assert 'alertname="DiscordBotHighErrors"' in matched
    assert 'severity="critical"' not in matched


def routes(tools: Tools, rendered: Rendered, *labels: str) -> str:
    """Say which routes an alert takes; fail unless they lead to Slack."""
    config = f"--config.file={rendered.alertmanager}"
    to_slack = ["--tree", "--verify.receivers=slack", *labels]
    return tools.run("amtool", "config", "routes", "test", config, *to_slack)
