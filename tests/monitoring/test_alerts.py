"""Each alert comes with all that it takes to trust it and to act on it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import generate_latest

from botwatch_bot.metrics import Metrics
from botwatch_bot.runs import CRASHES
from botwatch_drill.catalogue import BOT_SCRAPE_INTERVAL_S
from botwatch_drill.catalogue import CATALOGUE as DRILLS
from botwatch_drill.rest import CRASHES_OF_A_LOOP
from botwatch_sandbox.crashes import WINDOW as WINDOW_OF_CRASHES
from botwatch_sandbox.drills.catalogue import CATALOGUE as OWN_DRILLS
from monitoring.rendering import REPOSITORY, ROLES, read_yaml

if TYPE_CHECKING:
    from monitoring.rendering import Rendered
    from monitoring.tools import Tools

RUNBOOKS = REPOSITORY / "docs/runbooks"
SEVERITIES = {"critical", "warning", "info", "none"}
DASHBOARDS = ("botwatch-bot", "botwatch-node", "botwatch-cluster", "botwatch-alerting")
RUNBOOK_CHAPTERS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]


@pytest.fixture(scope="module")
def exposition() -> str:
    return generate_latest(Metrics(["ping"]).registry).decode()


def names(rendered: Rendered) -> set[str]:
    return {alert["alert"] for alert in rendered.alerts()}


def posted() -> set[str]:
    """Name the alerts that playbooks post themselves: things that happen once, and need no rule."""
    tasks = REPOSITORY.glob("roles/*/tasks/*.yml")
    return set(re.findall(r"alertname: (\w+)", "".join(path.read_text() for path in tasks)))


def test_every_alert_says_how_bad_it_is_and_what_is_wrong(rendered: Rendered) -> None:
    for alert in rendered.alerts():
        assert alert["labels"]["severity"] in SEVERITIES, alert["alert"]
        assert alert["labels"]["service"], alert["alert"]
        assert alert["annotations"]["summary"], alert["alert"]
        assert alert["annotations"]["description"], alert["alert"]


def test_every_alert_links_its_runbook_where_runbooks_have_an_address(rendered: Rendered) -> None:
    address = rendered.given.get("botwatch_runbooks_url")
    for alert in rendered.alerts():
        link = f"{address}/{alert['alert']}.md" if address else None
        assert alert["annotations"].get("runbook_url") == link


def test_every_alert_links_a_dashboard_where_dashboards_have_an_address(rendered: Rendered) -> None:
    address = rendered.given.get("botwatch_dashboards_url", "").rstrip("/")
    for alert in rendered.alerts():
        link = alert["annotations"].get("dashboard_url")
        if address:
            assert re.fullmatch(rf"{re.escape(address)}/d/({'|'.join(DASHBOARDS)})", link)
        else:
            assert link is None


def test_every_alert_has_a_runbook_and_every_runbook_an_alert(rendered: Rendered) -> None:
    assert {page.stem for page in RUNBOOKS.glob("*.md")} == names(rendered) | posted()


def test_every_runbook_has_the_same_chapters(rendered: Rendered) -> None:
    for name in names(rendered) | posted():
        page = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
        assert re.findall(r"^# (.+)$", page, re.MULTILINE)[:1] == [name]
        assert re.findall(r"^## (.+)$", page, re.MULTILINE) == RUNBOOK_CHAPTERS, name


def test_every_alert_has_unit_tests_in_which_it_fires_and_in_which_it_does_not(
    rendered: Rendered,
) -> None:
    cases: list[dict[str, Any]] = [
        case
        for path in rendered.rule_tests
        for test in read_yaml(path)["tests"]
        for case in test["alert_rule_test"]
    ]
    for fires in (True, False):
        tested = {case["alertname"] for case in cases if bool(case.get("exp_alerts")) is fires}
        assert tested == names(rendered)


def test_every_alert_has_a_drill_and_every_drill_a_known_alert(rendered: Rendered) -> None:
    specs = [drill.spec for drill in OWN_DRILLS.values()]
    assert {drill.alert for drill in DRILLS if drill.alert} == names(rendered)
    assert {spec.alert for spec in specs if spec.alert} <= names(rendered)


def test_drills_fit_the_thresholds_that_the_roles_ship() -> None:
    defaults = read_yaml(ROLES[1] / "defaults/main.yml")
    assert OWN_DRILLS["errors"].calls == defaults["prometheus_bot_errors_threshold"] + 1
    assert f"{BOT_SCRAPE_INTERVAL_S:.0f}s" == defaults["prometheus_bot_interval"]
    assert defaults["prometheus_bot_crashes_threshold"] + 1 == CRASHES_OF_A_LOOP
    assert defaults["prometheus_bot_crashes_window"] == WINDOW_OF_CRASHES


def test_a_crash_loop_has_words_for_every_reason_that_the_bot_counts(rendered: Rendered) -> None:
    (alert,) = [alert for alert in rendered.alerts() if alert["alert"] == "DiscordBotCrashLooping"]
    told = re.findall(r'eq .Labels.reason "(\w+)"', alert["annotations"]["description"])
    assert sorted(told) == sorted(CRASHES)


def test_what_fires_while_prometheus_restarts_is_told_again_in_time(rendered: Rendered) -> None:
    """Alertmanager takes it for over when it has not heard of it for four resend delays."""
    resend_s = found(r"resend-delay=(\d+)s", " ".join(rendered.arguments("prometheus")))
    ((group,),) = [read_yaml(path)["groups"] for path in rendered.rule_files]
    (down,) = [alert for alert in rendered.alerts() if alert["alert"] == "DiscordBotDown"]
    step_s = found(r"(\d+)s", group["interval"])
    silent_before_s = resend_s + step_s
    fires_s = step_s + found(r"(\d+)s", down["for"])
    quiet_s = found(r"evaluated_since:seconds < (\d+)", down["expr"])
    gap_s = found(r"evaluated_since:seconds\[(\d+)s\]", group["rules"][0]["expr"])
    # After any gap that is too short for a grace, and after the shortest that is not.
    assert silent_before_s + gap_s + fires_s < 4 * resend_s
    assert silent_before_s + gap_s + quiet_s + fires_s < 4 * resend_s


def found(pattern: str, text: str) -> int:
    """The one number that a pattern finds."""
    (number,) = re.findall(pattern, text)
    return int(number)


def test_rules_ask_only_for_metrics_that_the_bot_has_from_its_start(
    rendered: Rendered, exposition: str
) -> None:
    for alert in rendered.alerts():
        for name in re.findall(r"\bdiscord_bot_\w+", alert["expr"]):
            assert re.search(rf"^{name}({{.*}})? 0\.0$", exposition, re.MULTILINE), name


def test_the_metrics_of_the_bot_follow_the_conventions(tools: Tools, exposition: str) -> None:
    tools.run("promtool", "check", "metrics", stdin=exposition)
