"""Any channel can be the main one: it gets what Slack gets by default, and none needs Slack."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from monitoring.channels import NEWER, ROUTING_KEY, every_channel, is_old, other_channels
from monitoring.inbox import Inbox
from monitoring.loopback import ADDRESS, serving
from monitoring.rendering import GIVEN, RENDERED, Rendered, read_yaml, render
from monitoring.services import make_site, running_alertmanager
from monitoring.slack import Message, running_slack
from monitoring.test_channels import NEW, OLD, TELEGRAM, WEBHOOK, at, faults
from monitoring.test_messages import ended, make_alert
from monitoring.test_routes import AT_ANY_HOUR, ONCE, check
from monitoring.tools import Tools, skip_unless_services_start

MAIN = ["email", "discord", "pagerduty", "telegram", "webhook"]
NO_SLACK = {"vault_slack_webhook_url": ""}
DISCORD = {"vault_discord_alert_webhook_url": "https://discord.com/api/webhooks/1/made-up"}
PAGERDUTY = {"vault_pagerduty_routing_key": ROUTING_KEY}
HEARTBEAT = {"vault_heartbeat_url": "https://example.org/beat"}
LABELS = {"slack": "Slack", "email": "E-mail", "discord": "Discord", "webhook": "The webhook"}


@pytest.fixture(params=MAIN)
def main(request: pytest.FixtureRequest, tools: Tools) -> str:
    """A main channel that an end can have."""
    if request.param not in other_channels(tools):
        pytest.skip("this Alertmanager reads its secret from no file; the role refuses it")
    return str(request.param)


@cache
def render_main(tools: Tools, main: str, *, slack: bool) -> Rendered:
    """Render every channel, with one of them as the main one, and with Slack or without."""
    given = every_channel(tools) | {"alertmanager_main_channel": main}
    name = f"main-{tools.end}-{main}-{'with' if slack else 'without'}-slack"
    return render(RENDERED / name, given | ({} if slack else NO_SLACK))


def others(tools: Tools, main: str) -> list[str]:
    """Name the other channels, in the order of their routes."""
    return [channel for channel in ["slack", *other_channels(tools)] if channel != main]


def test_it_gets_everything_and_the_others_what_is_critical(tools: Tools, main: str) -> None:
    rendered = render_main(tools, main, slack=True)
    check(tools, rendered, [main], alertname="AnyAlert")
    for severity in ("info", "warning"):
        check(tools, rendered, [main], alertname="AnyAlert", severity=severity)
    everywhere = [*others(tools, main), main]
    check(tools, rendered, everywhere, alertname="AnyAlert", severity="critical")
    check(tools, rendered, [main, *others(tools, main)], alertname="TestAlert")


def test_events_are_sent_to_it_once(tools: Tools, main: str) -> None:
    rendered = render_main(tools, main, slack=True)
    for alert in ONCE + AT_ANY_HOUR:
        check(tools, rendered, [f"{main}-once"], alertname=alert, severity="warning")
    receivers = {one.pop("name"): one for one in read_yaml(rendered.alertmanager)["receivers"]}
    (always,), (once,) = receivers[main].values(), receivers[f"{main}-once"].values()
    assert always[0]["send_resolved"]
    # Further events would be added to an incident that is still open.
    assert once[0]["send_resolved"] is (main == "pagerduty")
    assert [{**one, "send_resolved": True} for one in once] == always


def test_its_failure_is_reported_by_the_others(tools: Tools, main: str) -> None:
    labels = {"alertname": "NotificationsFailing", "severity": "critical"}
    rendered = render_main(tools, main, slack=False)
    secondary = [channel for channel in others(tools, main) if channel != "slack"]
    # The oldest sends to Discord as to Slack, and counts it so.
    counted = "slack" if main == "discord" and is_old(tools) else main
    check(tools, rendered, [*secondary, "nobody"], integration=counted, **labels)
    if main == "discord" and is_old(tools):
        # With Slack in use, too, either may be the one that works.
        rendered = render_main(tools, main, slack=True)
        check(tools, rendered, [*others(tools, main), main], integration="slack", **labels)


def test_without_slack_nothing_is_left_of_it(tools: Tools, main: str) -> None:
    rendered = render_main(tools, main, slack=False)
    said = tools.run("amtool", "check-config", rendered.alertmanager)
    assert f" {len(other_channels(tools)) + 4} receivers" in said
    tools.run("promtool", "check", "rules", *rendered.rule_files)
    assert "slack-secrets" not in rendered.alertmanager.read_text()
    assert not list(rendered.root.glob("etc/slack-secrets/*"))
    names = {one["name"] for one in read_yaml(rendered.alertmanager)["receivers"]}
    assert not names & {"slack", "slack-once"}
    texts = [path.read_text() for path in rendered.rule_files]
    assert "Slack" not in "".join(texts)


@pytest.mark.parametrize("tools", ["newest"], indirect=True)
@pytest.mark.parametrize("channel", LABELS)
def test_what_it_missed_is_found(tools: Tools, channel: str) -> None:
    given = every_channel(tools) | {"alertmanager_main_channel": channel}
    rendered = render(RENDERED / f"missed-by-{channel}", given, with_rule_tests=True)
    (test,) = [path for path in rendered.rule_tests if path.name == "notifications_missed.yml"]
    assert f"{LABELS[channel]} accepted no notifications" in test.read_text()
    tools.run("promtool", "test", "rules", test)


def test_without_slack_the_oldest_counts_discord_as_slack() -> None:
    given = DISCORD | PAGERDUTY | NO_SLACK | {"_alertmanager_version": "0.25.0"}
    rendered = render(RENDERED / "main-counts", given | {"alertmanager_main_channel": "discord"})
    (missed,) = [one for one in rendered.alerts() if one["alert"] == "NotificationsMissed"]
    assert missed["labels"]["integration"] == "slack"
    assert "Discord accepted no notifications" in missed["annotations"]["description"]


def test_discord_gets_warnings_and_their_end(tools: Tools) -> None:
    skip_unless_services_start()
    discord: Inbox[Message] = Inbox()

    def take(path: str, body: bytes) -> str:
        discord.accept(Message(path, json.loads(body)))
        return "ok"

    with serving(take) as port, running_slack() as slack:
        given = (
            NO_SLACK
            | PAGERDUTY
            | {
                "_alertmanager_version": every_channel(tools)["_alertmanager_version"],
                "alertmanager_main_channel": "discord",
                "vault_discord_alert_webhook_url": f"http://{ADDRESS}:{port}/api/webhooks/1/made-up",
                "alertmanager_pagerduty_url": f"http://{ADDRESS}:{port}/v2/enqueue",
            }
        )
        site = make_site(tools, slack, RENDERED / f"discord-{tools.end}", given)
        with running_alertmanager(site):
            alert = make_alert("NodeLoadHigh", "warning")
            site.alert(alert)
            discord.wait_for(at("/api/webhooks/", "🚨"))
            site.alert(ended(alert, datetime.now(UTC)))
            discord.wait_for(at("/api/webhooks/", "✅"))
        assert not [message for message in discord.messages if message.path.startswith("/v2/")]
        assert not slack.messages


def main_channel(name: str, *given: dict[str, Any]) -> list[str]:
    """Give the faults of a configuration without Slack."""
    return faults(NEW, NO_SLACK, {"alertmanager_main_channel": name}, *given)


@pytest.mark.parametrize(
    ("channel", "secret"),
    [
        ("slack", "vault_slack_webhook_url"),
        ("email", "vault_smtp_password"),
        ("discord", "vault_discord_alert_webhook_url"),
        ("pagerduty", "vault_pagerduty_routing_key"),
        ("telegram", "vault_telegram_bot_token"),
        ("webhook", "vault_alert_webhook_url"),
    ],
)
def test_the_secret_of_the_main_channel_is_required(channel: str, secret: str) -> None:
    (fault,) = main_channel(channel)
    assert fault.startswith(f"alertmanager_main_channel is {channel}, but alertmanager_")
    assert f"put {secret} into the vault (ansible-vault edit)" in fault


@pytest.mark.parametrize("given", [{}, HEARTBEAT])
def test_discord_alone_is_refused(given: dict[str, Any]) -> None:
    (fault,) = main_channel("discord", DISCORD, given)
    assert "Discord cannot report its own outage" in fault
    secrets = {name for name in (*GIVEN, *NEWER, *PAGERDUTY) if name.startswith("vault_")}
    assert [secret for secret in secrets if secret not in fault] == []
    assert "vault_discord_alert_webhook_url" not in fault


@pytest.mark.parametrize("given", [TELEGRAM, WEBHOOK, PAGERDUTY])
def test_discord_with_another_channel_is_fine(given: dict[str, Any]) -> None:
    assert main_channel("discord", DISCORD, given) == []
    assert faults(NEW, DISCORD, {"alertmanager_main_channel": "discord"}) == []


def test_the_other_channel_must_hear_of_an_outage_of_discord() -> None:
    narrow = {"alertmanager_secondary_channel_severities": ["warning"]}
    (fault,) = main_channel("discord", DISCORD, PAGERDUTY, narrow)
    assert fault.startswith("alertmanager_secondary_channel_severities does not contain critical")


@pytest.mark.parametrize(("channel", "given"), [("telegram", TELEGRAM), ("webhook", WEBHOOK)])
def test_a_main_channel_whose_secret_cannot_be_read_from_a_file_is_refused(
    channel: str, given: dict[str, Any]
) -> None:
    (fault,) = faults(OLD, NO_SLACK, {"alertmanager_main_channel": channel}, given)
    assert "Alertmanager 0.25.0" in fault
    assert "choose another main channel" in fault
    assert main_channel(channel, given) == []
