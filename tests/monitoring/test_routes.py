"""Alert routing and inhibition, checked with amtool of both ends."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from monitoring.channels import every_channel, is_old, other_channels
from monitoring.loopback import ask
from monitoring.rendering import (
    GIVEN,
    RENDERED,
    REPOSITORY,
    Rendered,
    evaluate,
    load_plugins,
    read_yaml,
    render,
    role_variables,
)
from monitoring.services import make_site, running_alertmanager
from monitoring.slack import running_slack
from monitoring.tools import Tools, skip_unless_services_start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitoring.services import Site
    from monitoring.slack import Message

SERVICES = ["discord-bot", "node", "kubernetes", "monitoring"]
AT_ANY_HOUR = ["DiscordBotDeploymentFailed", "NotificationsMissed"]
ONCE = ["DiscordBotRestarted", "KubernetesContainerOutOfMemory", "KubernetesPodRestarted"]
EVERY_DAY = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


@pytest.fixture(scope="module")
def everything(tools: Tools) -> Rendered:
    return render_everything(tools)


@cache
def render_everything(tools: Tools) -> Rendered:
    """Render a configuration with every channel, once."""
    return render(RENDERED / f"routes-{tools.end}", every_channel(tools))


def check(tools: Tools, rendered: Rendered, receivers: list[str], **labels: str) -> str:
    """Fail unless an alert goes to these receivers; say which routes it takes."""
    config = f"--config.file={rendered.alertmanager}"
    options = ["--tree", f"--verify.receivers={','.join(receivers)}"]
    given = [f"{name}={value}" for name, value in labels.items()]
    return tools.run("amtool", "config", "routes", "test", config, *options, *given)


def test_a_configuration_with_every_channel_is_valid(tools: Tools, everything: Rendered) -> None:
    said = tools.run("amtool", "check-config", everything.alertmanager)
    assert f" {len(other_channels(tools)) + 5} receivers" in said


def test_no_secret_is_in_the_configuration(tools: Tools, everything: Rendered) -> None:
    text = everything.alertmanager.read_text()
    secrets = {value for name, value in every_channel(tools).items() if name.startswith("vault_")}
    assert [secret for secret in secrets if secret in text] == []
    assert "https://hooks.slack.com" not in text


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("severity", ["critical", "warning", "info"])
def test_all_go_to_slack_and_what_is_critical_goes_everywhere(
    tools: Tools, everything: Rendered, rendered: Rendered, severity: str, service: str
) -> None:
    others = other_channels(tools) if severity == "critical" else []
    labels = {"alertname": "AnyAlert", "severity": severity, "service": service}
    check(tools, everything, [*others, "slack"], **labels)
    check(tools, rendered, ["slack"], **labels)


def test_an_alert_without_labels_goes_to_slack(tools: Tools, rendered: Rendered) -> None:
    check(tools, rendered, ["slack"], alertname="AnyAlert")


def test_every_alert_goes_where_its_labels_send_it(tools: Tools, rendered: Rendered) -> None:
    for alert in rendered.alerts():
        receiver = "slack-once" if alert["alert"] in AT_ANY_HOUR + ONCE else "slack"
        if alert["labels"]["severity"] == "none":
            probe = alert["alert"] == "AlertDeliveryProbe"
            receiver = "delivery-probe" if probe else "nobody"
        plain = {name: text for name, text in alert["labels"].items() if "{{" not in text}
        check(tools, rendered, [receiver], alertname=alert["alert"], **plain)


def test_internal_alerts_are_sent_to_nobody(tools: Tools, everything: Rendered) -> None:
    check(tools, everything, ["heartbeat"], alertname="Watchdog", severity="none")
    check(tools, everything, ["delivery-probe"], alertname="AlertDeliveryProbe", severity="none")
    check(tools, everything, ["nobody"], alertname="AnyOther", severity="none")


def test_without_a_heartbeat_the_watchdog_is_sent_to_nobody(
    tools: Tools, rendered: Rendered
) -> None:
    check(tools, rendered, ["nobody"], alertname="Watchdog", severity="none")


@pytest.mark.parametrize("failing", ["slack", "email", "pagerduty", "telegram", "webhook"])
def test_a_failing_channel_never_receives_its_own_failure(
    tools: Tools, everything: Rendered, failing: str
) -> None:
    receivers = [
        "nobody" if channel == failing else channel for channel in [*other_channels(tools), "slack"]
    ]
    if failing == "slack" and is_old(tools):
        # It counts Discord and Slack as one, so that either may be the one that works.
        receivers = [*other_channels(tools), "slack"]
    labels = {"severity": "critical", "service": "monitoring", "integration": failing}
    check(tools, everything, receivers, alertname="NotificationsFailing", **labels)


def test_with_slack_alone_its_failure_is_sent_to_nobody(tools: Tools, rendered: Rendered) -> None:
    labels = {"alertname": "NotificationsFailing", "severity": "critical"}
    check(tools, rendered, ["nobody"], integration="slack", **labels)


@pytest.mark.parametrize("alert", ONCE)
def test_events_that_do_not_last_are_sent_once(
    tools: Tools, everything: Rendered, rendered: Rendered, alert: str
) -> None:
    check(tools, rendered, ["slack-once"], alertname=alert, severity="info")
    others = other_channels(tools)
    check(tools, everything, [*others, "slack-once"], alertname=alert, severity="critical")


@pytest.mark.parametrize("alert", AT_ANY_HOUR)
def test_what_is_sent_at_any_hour_is_for_slack_alone(
    tools: Tools, everything: Rendered, alert: str
) -> None:
    others = ["nobody"] * len(other_channels(tools))
    check(tools, everything, [*others, "slack-once"], alertname=alert, severity="critical")
    check(tools, everything, ["slack-once"], alertname=alert, severity="warning")


def test_the_severities_for_all_channels_can_be_chosen(tools: Tools) -> None:
    chosen = {"alertmanager_secondary_channel_severities": ["critical", "warning"]}
    wide = render(RENDERED / f"routes-wide-{tools.end}", every_channel(tools) | chosen)
    check(tools, wide, [*other_channels(tools), "slack"], alertname="A", severity="warning")
    check(tools, wide, ["slack"], alertname="A", severity="info")
    none: dict[str, list[str]] = {"alertmanager_secondary_channel_severities": []}
    narrow = render(RENDERED / f"routes-narrow-{tools.end}", every_channel(tools) | none)
    check(tools, narrow, ["slack"], alertname="A", severity="critical")


def test_the_interval_of_an_alert_goes_before_that_of_its_severity(
    tools: Tools, rendered: Rendered
) -> None:
    labels = {"alertname": "DiscordBotHighErrors", "severity": "critical"}
    matched = check(tools, rendered, ["slack"], **labels)
    assert 'alertname="DiscordBotHighErrors"' in matched
    assert 'severity="critical"' not in matched


def test_the_intervals_are_those_of_the_variables(rendered: Rendered) -> None:
    root = read_yaml(rendered.alertmanager)["route"]
    intervals = {
        matcher: route["repeat_interval"]
        for route in root["routes"]
        if "repeat_interval" in route
        for matcher in route["matchers"]
    }
    assert root["repeat_interval"] == "12h"
    assert intervals == {
        'alertname = "DiscordBotHighErrors"': "30m",
        'alertname = "NodeRebootNeeded"': "24h",
        'severity = "critical"': "15m",
        'severity = "warning"': "1h",
    }


# An alert that is sent, one that follows from it and is not, and labels that both have.
FOLLOWS: dict[str, tuple[str, str, dict[str, str]]] = {
    "no bot, so slow": ("DiscordBotDown", "DiscordBotSlowReplies", {}),
    "no bot, so deaf": ("DiscordBotDown", "DiscordBotDeaf", {"service": "discord-bot"}),
    "no node, so no deployment": ("NodeDown", "KubernetesDeploymentNotAvailable", {}),
    "no bot on this host": ("DiscordBotDown", "DiscordBotRateLimited", {"host": "web-1"}),
    "no loop, so deaf": ("DiscordBotEventLoopBlocked", "DiscordBotDeaf", {}),
    "no gateway, so deaf": ("DiscordBotGatewayDisconnected", "DiscordBotDeaf", {}),
    "a crash loop is restarts": ("DiscordBotCrashLooping", "DiscordBotRestarted", {}),
    "all fail, so many": ("DiscordBotEveryCommandFails", "DiscordBotHighErrors", {}),
    "no node": ("NodeDown", "NodeUnitFailed", {"node": "one"}),
    "no node, so no target": ("NodeDown", "TargetMissing", {"node": "one"}),
    "full": (
        "NodeFilesystemFull", "NodeFilesystemFillingUp", {"node": "one", "mountpoint": "/"}
    ),
    "no memory": ("NodeMemoryLow", "NodeMemoryExhaustion", {"node": "one"}),
    "out of memory": (
        "KubernetesContainerOutOfMemory", "KubernetesPodRestarted", {"namespace": "a", "pod": "b"}
    ),
    "not delivered, so late": (
        "NotificationsFailing", "AlertDeliverySlow", {"integration": "webhook"}
    ),
}  # fmt: skip
# What has a cause of its own, or begins before and must send a resolved notification.
STANDS_ALONE: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "errors before": ({"alertname": "DiscordBotDown"}, {"alertname": "DiscordBotHighErrors"}),
    "a hang before": ({"alertname": "DiscordBotDown"}, {"alertname": "DiscordBotEventLoopBlocked"}),
    "no exporter is not no bot": ({"alertname": "NodeDown"}, {"alertname": "DiscordBotDown"}),
    "another node": (
        {"alertname": "NodeDown", "node": "one"}, {"alertname": "NodeUnitFailed", "node": "two"}
    ),
    "itself": (
        {"alertname": "KubernetesVolumeFillingUp", "severity": "critical"},
        {"alertname": "KubernetesVolumeFillingUp", "severity": "critical", "pod": "b"},
    ),
    "another channel than the probe's": (
        {"alertname": "NotificationsFailing", "integration": "email"},
        {"alertname": "AlertDeliveryBroken"},
    ),
    "another host": (
        {"alertname": "DiscordBotDown", "host": "web-1"},
        {"alertname": "DiscordBotSlowReplies", "host": "web-2"},
    ),
    "another bot": (
        {"alertname": "DiscordBotDown", "service": "discord-bot", "bot": "music"},
        {"alertname": "DiscordBotSlowReplies", "service": "discord-bot", "bot": "mod"},
    ),
    "another pod": (
        {"alertname": "KubernetesPodCrashLooping", "namespace": "a", "pod": "b"},
        {"alertname": "KubernetesPodRestarted", "namespace": "a", "pod": "c"},
    ),
}  # fmt: skip


@contextmanager
def running_site(tools: Tools, name: str, **given: object) -> Iterator[Site]:
    """Run an Alertmanager that has nothing to tell yet."""
    skip_unless_services_start()
    with running_slack() as slack:
        site = make_site(tools, slack, RENDERED / f"{name}-{tools.end}", given)
        with running_alertmanager(site):
            yield site


@pytest.fixture(scope="module")
def lone_site(tools: Tools) -> Iterator[Site]:
    with running_site(tools, "inhibition") as site:
        yield site


def titled(title: str) -> Callable[[Message], bool]:
    return lambda message: message.title == title


def make_alert(labels: dict[str, str]) -> dict[str, Any]:
    return {"labels": {"severity": "warning", **labels}, "annotations": {"summary": "…"}}


def is_inhibited(site: Site, effect: dict[str, str]) -> bool:
    """Say whether another alert inhibits one."""
    alerts = ask(site.url("alertmanager", "/api/v2/alerts")).json()
    found = [a["status"] for a in alerts if effect.items() <= a["labels"].items()]
    return bool(found and found[0]["inhibitedBy"])


@contextmanager
def both_fire(site: Site, cause: dict[str, str], effect: dict[str, str]) -> Iterator[None]:
    """Let two alerts fire until the block ends, the cause a moment before."""
    alerts = [make_alert(cause), make_alert(effect)]
    for alert in alerts:
        site.alert(alert)
    try:
        yield
    finally:
        ended = datetime.now(UTC).isoformat()
        site.alert(*[alert | {"endsAt": ended} for alert in alerts])


@pytest.mark.parametrize("case", FOLLOWS)
def test_what_follows_is_not_sent(lone_site: Site, case: str) -> None:
    cause, effect, same = FOLLOWS[case]
    with both_fire(lone_site, {"alertname": cause, **same}, {"alertname": effect, **same}):
        limit = time.monotonic() + 5
        while not is_inhibited(lone_site, {"alertname": effect}):
            assert time.monotonic() < limit, f"{effect} is notified beside {cause}"
            time.sleep(0.05)


@pytest.mark.parametrize("case", STANDS_ALONE)
def test_what_does_not_follow_is_sent(lone_site: Site, case: str) -> None:
    cause, effect = STANDS_ALONE[case]
    mark = {"service": case.replace(" ", "-")}
    with both_fire(lone_site, cause | mark, effect | mark):
        for alert in (cause, effect):
            title = f"🚨 Alert: {alert['alertname']}"
            lone_site.slack.wait_for(titled(title))
        assert not is_inhibited(lone_site, effect | mark)


def test_all_that_is_inhibited_and_all_that_inhibits_exists() -> None:
    cluster = {"botwatch_runtime": "k3s", "kube_state_metrics_enabled": True}
    rendered = render(RENDERED / "names", cluster)
    known = {alert["alert"] for alert in rendered.alerts()}
    for rule in read_yaml(rendered.alertmanager)["inhibit_rules"]:
        for matcher in rule["source_matchers"] + rule["target_matchers"]:
            label, pattern, _ = matcher.split('"')
            if label.startswith("alertname "):
                assert names_of(pattern) <= known, matcher


def names_of(pattern: str) -> set[str]:
    """List what a pattern such as A(b|c)|D stands for."""
    names = set()
    for part in re.findall(r"\w*\([^)]*\)|\w+", pattern):
        start, _, ends = part.rstrip(")").partition("(")
        names |= {start + end for end in ends.split("|")}
    return names


def test_quiet_hours_hold_back_warnings_only(tools: Tools) -> None:
    with running_site(tools, "quiet", alertmanager_quiet_days=EVERY_DAY) as site:
        for alert in ("DiscordBotHighErrors", "AnyAlert"):
            for severity in ("warning", "info"):
                site.alert(make_alert({"alertname": f"{alert}", "severity": severity}))
        # Longer than a warning would take.
        for alert in ("First", "Second", "Third"):
            site.alert(make_alert({"alertname": alert, "severity": "critical"}))
            site.slack.wait_for(titled(f"🚨 Alert: {alert}"))
        site.alert(make_alert({"alertname": "NotificationsMissed"}))
        site.slack.wait_for(lambda message: message.title.endswith("NotificationsMissed"))
        titles = [message.title.rpartition(": ")[2] for message in site.slack.messages]
        assert titles == ["First", "Second", "Third", "NotificationsMissed"]


@pytest.mark.parametrize(
    ("start", "end", "times"),
    [
        ("22:00", "07:30", [("22:00", "24:00"), ("00:00", "07:30")]),
        ("22:00", "00:00", [("22:00", "24:00")]),
        ("00:00", "07:00", [("00:00", "07:00")]),
        ("12:00", "13:00", [("12:00", "13:00")]),
    ],
)
def test_quiet_hours_may_span_midnight(start: str, end: str, times: list[tuple[str, str]]) -> None:
    given = {"alertmanager_quiet_hours_start": start, "alertmanager_quiet_hours_end": end}
    variables = {**role_variables(REPOSITORY), **GIVEN, **given}
    load_plugins()
    spans = evaluate(variables["_alertmanager_quiet_times"], variables)
    assert [(span["start_time"], span["end_time"]) for span in spans] == times
