"""Each alert comes with all that it takes to trust it and to act on it."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import generate_latest

from botwatch.gateway.collector import ShardCollector
from botwatch.gateway.state import GatewayState
from botwatch.metrics import Cause, Metrics
from botwatch.runs import CRASHES
from botwatch.settings import variables as library_variables
from botwatch_drill.catalogue import CATALOGUE, deployments
from botwatch_drill.catalogue.bot import BOT_SCRAPE_INTERVAL_S
from botwatch_drill.not_drilled import NOT_DRILLED
from botwatch_drill.steady_state import CRASHES_OF_A_LOOP
from botwatch_sandbox.crashes import WINDOW as WINDOW_OF_CRASHES
from botwatch_sandbox.drills.catalogue import CATALOGUE as OWN_DRILLS
from monitoring.panels import panels_by_alert
from monitoring.rendering import (
    GIVEN,
    OBSERVED,
    REPOSITORY,
    ROLES,
    RULES,
    evaluate,
    load_plugins,
    read_for_ansible,
    read_yaml,
    role_variables,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.rendering import Data, Rendered
    from monitoring.tools import Tools

RUNBOOKS = REPOSITORY / "docs/runbooks"
SEVERITIES = {"critical", "warning", "info", "none"}
RUNBOOK_CHAPTERS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]
# What a page is to hold for each runtime, where its subject runs in both.
COMMANDS = {"systemd": r"systemctl|journalctl", "k3s": r"(k3s )?kubectl"}
IN_BOTH_RUNTIMES = ("DiscordBot", "Alert", "Notifications", "Configuration", "RuleEvaluation")
# So that its absence can be noticed.
ALWAYS_FIRING = {"Watchdog"}
# The longest that may be looked back over every two seconds.
LOOK_BACK_S = 900
# Since when the rules about the bot have been evaluated.
SINCE = "discord_bot:evaluated_since:seconds"
UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}


Tested = dict[bool, set[str]]


@pytest.fixture(scope="session")
def tested(rendered: Rendered) -> Tested:
    """The alerts that unit tests want to fire, and not to fire, at some moment."""
    found: Tested = {True: set(), False: set()}
    for path in rendered.rule_tests:
        for test in (read_yaml(path) or {}).get("tests", []):
            for case in test.get("alert_rule_test", []):
                found[bool(case.get("exp_alerts"))].add(case["alertname"])
    return found


# The gate: rules x unit tests x runbooks x drills x dashboards


def test_nothing_is_missing_from_any_alert(rendered: Rendered, tested: Tested) -> None:
    gaps = {}
    for alert in rendered.alerts():
        name = alert["alert"]
        missing = [*lacks_of_page(name), *lacks_of_drill(name), *lacks_of_panel(alert)]
        missing += ["a unit test in which it fires"] * (name not in tested[True])
        if name not in ALWAYS_FIRING:
            missing += ["a unit test in which it does not fire"] * (name not in tested[False])
        if missing:
            gaps[name] = missing
    assert gaps == {}


@pytest.mark.parametrize("name", sorted({"DiscordBotDeploymentFailed"}))
def test_nothing_is_missing_from_what_playbooks_post(name: str) -> None:
    assert name in posted()
    assert [*lacks_of_page(name), *lacks_of_drill(name)] == []
    assert len(panels_by_alert()[name]) == 1


def test_nothing_is_about_an_alert_that_does_not_exist(tested: Tested) -> None:
    known = all_alerts() | posted()
    assert set(panels_by_alert()) <= known
    assert {page.stem for page in RUNBOOKS.glob("*.md")} <= known
    assert drilled() | set(NOT_DRILLED) <= known
    assert tested[True] | tested[False] <= known
    assert {spec.alert for drill in OWN_DRILLS.values() if (spec := drill.spec).alert} <= known


def test_alerts_that_need_metrics_of_the_bot_are_left_out_and_named(rendered: Rendered) -> None:
    variables = {**role_variables(rendered.root), **GIVEN, **rendered.given}
    left_out = evaluate(variables["prometheus_bot_alerts_left_out"], variables)
    there = {alert["alert"] for alert in rendered.alerts()}
    about_bots = {name for name in all_alerts() if name.startswith("DiscordBot")}
    if not rendered.given.get("discord_bot_needs"):
        about_bots.remove("DiscordBotNeedDown")
    assert about_bots - there == set(left_out)
    assert left_out == sorted(left_out)


def test_what_has_a_drill_needs_no_excuse() -> None:
    assert drilled().isdisjoint(NOT_DRILLED)


def lacks_of_page(name: str) -> Iterator[str]:
    """Say what is missing from an alert's runbook."""
    page = RUNBOOKS / f"{name}.md"
    if not page.is_file():
        yield "a runbook"
        return
    text = page.read_text(encoding="utf-8")
    if re.findall(r"^# (.+)$", text, re.MULTILINE)[:1] != [name]:
        yield "its name on top of the runbook"
    if re.findall(r"^## (.+)$", text, re.MULTILINE) != RUNBOOK_CHAPTERS:
        yield f"the chapters of a runbook: {', '.join(RUNBOOK_CHAPTERS)}"
    elif "```" not in text.split("## Diagnosis")[1].split("## Mitigation")[0]:
        yield "commands in the chapter Diagnosis"
    if name.startswith(IN_BOTH_RUNTIMES):
        for runtime, commands in COMMANDS.items():
            if not re.search(commands, text):
                yield f"commands for the runtime {runtime} in the runbook"


def lacks_of_drill(name: str) -> Iterator[str]:
    """Say that an alert is not proved."""
    if name not in drilled() and not NOT_DRILLED.get(name):
        yield "a drill, or the reason why there is none"


def lacks_of_panel(alert: dict[str, Any]) -> Iterator[str]:
    """Say that an alert is not seen on one panel, or does not lead there."""
    panels = panels_by_alert().get(alert["alert"], ())
    if len(panels) != 1:
        yield "one panel on which it is seen"
    link = alert["annotations"].get("dashboard_url", "")
    if link and [link.rsplit("/", 1)[-1]] != [panel.place for panel in panels]:
        yield "a link to the panel on which it is seen"


@cache
def all_alerts() -> frozenset[str]:
    """Name the alerts of all rules, whichever runtime they are for."""
    texts = (path.read_text(encoding="utf-8") for path in RULES.glob("*.yml.j2"))
    return frozenset(re.findall(r"^ *- alert: (\S+)$", "\n".join(texts), re.MULTILINE))


@cache
def posted() -> frozenset[str]:
    """Name the alerts that playbooks post themselves: things that happen once, and need no rule."""
    tasks = REPOSITORY.glob("roles/*/tasks/*.yml")
    return frozenset(
        re.findall(r"alertname'?: '?(\w+)", "".join(path.read_text() for path in tasks))
    )


@cache
def drilled() -> frozenset[str]:
    """Name the alerts that drills provoke."""
    drills = (*CATALOGUE, *deployments(("true",), ("true",)))
    return frozenset(drill.alert for drill in drills if drill.alert)


# What an alert says


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
    # By default that is Grafana's, which this host has if it is a cluster.
    cluster = rendered.given.get("botwatch_runtime") == "k3s"
    default = "http://127.0.0.1:30300" if cluster else ""
    address = rendered.given.get("botwatch_dashboards_url", default).rstrip("/")
    for alert in rendered.alerts():
        link = alert["annotations"].get("dashboard_url", "")
        assert link.startswith(f"{address}/d/") if address else not link, alert["alert"]


@pytest.mark.parametrize("rendered", OBSERVED, indirect=True)
def test_a_crash_loop_has_words_for_every_reason_that_the_bot_counts(rendered: Rendered) -> None:
    assert words_for("reason", rendered, "DiscordBotCrashLooping") == sorted(CRASHES)
    assert words_for("reason", rendered, "DiscordBotRestarted") == sorted(CRASHES)


@pytest.mark.parametrize("rendered", OBSERVED, indirect=True)
def test_a_lost_connection_has_words_for_every_cause_that_the_bot_counts(
    rendered: Rendered,
) -> None:
    assert words_for("cause", rendered, "DiscordBotGatewayDisconnected") == sorted(Cause)


def words_for(label: str, rendered: Rendered, name: str) -> list[str]:
    """List the values of a label that an alert has words for."""
    (alert,) = [alert for alert in rendered.alerts() if alert["alert"] == name]
    return sorted(re.findall(rf'eq .Labels.{label} "(\w+)"', alert["annotations"]["description"]))


# What fits the rest of the system


def test_drills_fit_the_thresholds_that_the_roles_ship() -> None:
    defaults = read_yaml(ROLES[1] / "defaults/main.yml")
    assert OWN_DRILLS["errors"].calls == defaults["prometheus_bot_errors_threshold"] + 1
    assert f"{BOT_SCRAPE_INTERVAL_S:.0f}s" == defaults["prometheus_bot_scrape_interval"]
    assert defaults["prometheus_bot_crashes_threshold"] + 1 == CRASHES_OF_A_LOOP
    assert defaults["prometheus_bot_crashes_window"] == WINDOW_OF_CRASHES


def test_a_hang_is_reported_before_its_runtime_kills_the_bot() -> None:
    defaults = read_yaml(ROLES[1] / "defaults/main.yml")
    unit = REPOSITORY / "roles/discord_bot/templates/etc/systemd/system/discord-bot.service.j2"
    # The last beat is up to a scrape old when it is seen, and an evaluation is up to a scrape late.
    seen_s = seconds(defaults["prometheus_bot_hung_after"]) + 2 * BOT_SCRAPE_INTERVAL_S
    assert seen_s < found(r"WatchdogSec=(\d+)s", unit.read_text())


@pytest.mark.parametrize("given", [{}, {"discord_bot_gateway_quiet_s": 7000}])
def test_the_bot_tests_a_quiet_connection_before_it_counts_as_a_zombie(given: Data) -> None:
    load_plugins()
    usual = int(str(library_variables()["BOTWATCH_GATEWAY_QUIET"].default))
    after = read_for_ansible(ROLES[1] / "defaults/main.yml")["prometheus_bot_deaf_after"]
    quiet_s = given.get("discord_bot_gateway_quiet_s", usual)
    assert quiet_s + 2 * 60 <= seconds(evaluate(after, given)) <= quiet_s + 6 * 60


def test_a_deployment_silences_alerts_that_exist() -> None:
    variables = read_yaml(REPOSITORY / "roles/discord_bot/vars/main/deployment.yml")
    restart = variables["_discord_bot_restart_alert"]
    lagging = {*variables["_discord_bot_lagging_alerts"][1:], restart}
    silenced = {*variables["_discord_bot_silenced_alerts"], *lagging}
    assert silenced <= all_alerts()


def test_a_deployment_waits_for_what_shows_that_the_bot_runs(rendered: Rendered) -> None:
    variables = {**role_variables(rendered.root), **GIVEN, **rendered.given}
    seen = evaluate(variables["botwatch_bot_is_seen"], variables)
    (down,) = [alert for alert in rendered.alerts() if alert["alert"] == "DiscordBotDown"]
    metrics = [set(re.findall(r"\w+(?={)", query)) for query in (seen, down["expr"])]
    assert metrics[0] & metrics[1]


def test_what_fires_while_prometheus_restarts_is_sent_again_in_time(rendered: Rendered) -> None:
    """Alertmanager takes it for over when it has not heard of it for four resend delays."""
    resend_s = found(r"resend-delay=(\d+)s", " ".join(rendered.arguments("prometheus")))
    (group,) = [one for one in groups(rendered) if one["rules"][0].get("record", "") == SINCE]
    (down,) = [alert for alert in rendered.alerts() if alert["alert"] == "DiscordBotDown"]
    step_s = found(r"(\d+)s", group["interval"])
    silent_before_s = resend_s + step_s
    fires_s = step_s + found(r"(\d+)s", down["for"])
    quiet_s = found(r"evaluated_since:seconds < (\d+)", down["expr"])
    gap_s = found(r"evaluated_since:seconds\[(\d+)s\]", group["rules"][0]["expr"])
    # After any gap that is too short for a grace, and after the shortest that is not.
    assert silent_before_s + gap_s + fires_s < 4 * resend_s
    assert silent_before_s + gap_s + quiet_s + fires_s < 4 * resend_s


def test_a_deployment_waits_until_alertmanager_has_forgotten_what_has_no_rule(
    rendered: Rendered,
) -> None:
    """What a bot is observed by may have changed, and with it the rules."""
    resend_s = found(r"resend-delay=(\d+)s", " ".join(rendered.arguments("prometheus")))
    (wait,) = read_yaml(REPOSITORY / "roles/discord_bot/tasks/silence_expire.yml")
    (task,) = (task for task in wait["block"] if "Alertmanager has no" in task["name"])
    assert task["retries"] * task["delay"] > 4 * resend_s


def found(pattern: str, text: str) -> int:
    """The one number that a pattern finds."""
    (number,) = re.findall(pattern, text)
    return int(number)


def seconds(duration: str) -> int:
    """A duration of Prometheus in seconds."""
    return sum(int(count) * UNITS_S[unit] for count, unit in re.findall(r"(\d+)([smhd])", duration))


# What rules ask for


@pytest.fixture(scope="module")
def exposition() -> str:
    registry = Metrics(["ping"]).registry
    registry.register(ShardCollector(GatewayState()))
    return generate_latest(registry).decode()


def groups(rendered: Rendered) -> list[dict[str, Any]]:
    """All groups of rules."""
    return [group for path in rendered.rule_files for group in read_yaml(path)["groups"]]


def expressions(rendered: Rendered) -> list[str]:
    """What all rules ask for."""
    return [rule["expr"] for group in groups(rendered) for rule in group["rules"]]


def test_what_is_evaluated_every_two_seconds_looks_back_over_minutes_only(
    rendered: Rendered,
) -> None:
    fast = [group for group in groups(rendered) if group.get("interval") == "2s"]
    assert fast
    for group in fast:
        for rule in group["rules"]:
            windows = re.findall(r"\[(\w+)\]", rule["expr"])
            assert all(seconds(window) <= LOOK_BACK_S for window in windows), rule


def test_rules_ask_only_for_metrics_that_the_bot_has_from_its_start(
    rendered: Rendered, exposition: str
) -> None:
    """A counter must be there with 0, or its first count is not seen.

    The series of a loop are there from its start on, which the tests of the library look at.
    """
    asked = "\n".join(expressions(rendered))
    for name in set(re.findall(r"\bdiscord_bot_(?!job_)\w+", asked)):
        counts = name.endswith(("_total", "_count", "_bucket"))
        wanted = rf"^{name}({{.*}})? 0\.0$" if counts else rf"^# TYPE {name} gauge$"
        assert re.search(wanted, exposition, re.MULTILINE), name


def test_rules_ask_only_for_labels_that_the_bot_has(rendered: Rendered, exposition: str) -> None:
    asked = "\n".join(expressions(rendered))
    for name, labels in set(re.findall(r"\b(discord_bot_\w+){([^}]*)}", asked)):
        for label, values in re.findall(r'(\w+)[=!]~?"([^"]*)"', labels):
            for value in values.split("|") if label != "job" else ():
                series = rf'^{name}{{(.*,)?{label}="{value}"'
                assert re.search(series, exposition, re.MULTILINE), f"{name}: {label}={value}"


def test_the_metrics_of_the_bot_follow_the_conventions(tools: Tools, exposition: str) -> None:
    tools.run("promtool", "check", "metrics", stdin=exposition)
