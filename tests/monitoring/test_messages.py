"""What Slack is sent: by the real Alertmanager of both ends, with what the roles configure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitoring.services import Site
    from monitoring.slack import Message

DESCRIPTION = "Prometheus could not read the bot's metrics for 8s or longer."
STARTED = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)
# In characters: what Slack asks messages to stay below.
TEXT_LIMIT = 4000
LISTED = 10
# As long as one from Prometheus for the longest of our rules.
GENERATOR = "http://127.0.0.1:9090/graph?g0.expr=" + "round%28sum%28increase%28" * 15 + "&g0.tab=1"


def make_alert(mark: str, severity: str = "critical") -> dict[str, Any]:
    """Make an alert as Prometheus posts it; `mark` puts it into a group of its own."""
    return {
        "labels": {"alertname": "DiscordBotDown", "severity": severity, "service": mark},
        "annotations": {
            "summary": f"The Discord bot does not answer ({mark}).",
            "description": DESCRIPTION,
            "runbook_url": "https://example.org/runbooks/DiscordBotDown.md",
        },
        "startsAt": STARTED.isoformat(),
        "generatorURL": GENERATOR,
    }


def ended(alert: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {**alert, "endsAt": at.isoformat()}


def make_group(mark: str, count: int) -> list[dict[str, Any]]:
    """Make alerts of one group that start now: older ones Alertmanager would not wait for."""
    alert = make_alert(mark) | {"startsAt": datetime.now(UTC).isoformat()}
    return [
        alert | {"labels": alert["labels"] | {"instance": f"bot-{number}"}}
        for number in range(count)
    ]


def about(mark: str, start: str = "") -> Callable[[Message], bool]:
    return lambda message: f"({mark})" in message.text and message.title.startswith(start)


@pytest.fixture
def mark() -> str:
    return uuid4().hex[:8]


def test_a_critical_alert_looks_as_promised(site: Site, mark: str) -> None:
    site.alert(make_alert(mark))
    message = site.slack.wait_for(about(mark))
    attachment = message.attachment
    assert message.title == "🚨 Discord Bot Alert: DiscordBotDown"
    assert message.text.splitlines() == [
        f"*Summary:* The Discord bot does not answer ({mark}).",
        f"*Description:* {DESCRIPTION}",
        "*Started:* 2025-03-04 05:06:07 UTC",
        f"<{GENERATOR}|Graph> · <https://example.org/runbooks/DiscordBotDown.md|Runbook>",
    ]
    assert attachment["color"] == "danger"
    assert attachment["fallback"] == message.title
    assert attachment["title_link"] == GENERATOR
    assert "text" in attachment["mrkdwn_in"]


def test_a_message_goes_to_the_channel_under_our_name(site: Site, mark: str) -> None:
    site.alert(make_alert(mark))
    payload = site.slack.wait_for(about(mark)).payload
    assert payload["channel"] == "#alerts"
    assert payload["username"] == "botwatch"
    assert payload["icon_emoji"] == ":rotating_light:"


def test_a_warning_has_a_colour_of_its_own(site: Site, mark: str) -> None:
    site.alert(make_alert(mark, "warning"))
    assert site.slack.wait_for(about(mark)).attachment["color"] == "warning"


def test_without_a_runbook_there_is_no_link_to_one(site: Site, mark: str) -> None:
    alert = make_alert(mark)
    del alert["annotations"]["runbook_url"]
    site.alert(alert)
    assert site.slack.wait_for(about(mark)).text.splitlines()[-1] == f"<{GENERATOR}|Graph>"


def test_the_end_of_an_alert_is_reported(site: Site, mark: str) -> None:
    alert = make_alert(mark)
    site.alert(alert)
    site.slack.wait_for(about(mark))
    end = datetime.now(UTC) - timedelta(seconds=1)
    site.alert(ended(alert, end))
    message = site.slack.wait_for(about(mark, "✅"))
    assert message.title == "✅ Resolved: DiscordBotDown"
    assert message.attachment["color"] == "good"
    assert message.attachment["fallback"] == message.title
    assert message.text.splitlines()[2:4] == [
        "*Started:* 2025-03-04 05:06:07 UTC",
        f"*Ended:* {end:%Y-%m-%d %H:%M:%S} UTC",
    ]


def test_a_message_about_many_alerts_stays_within_what_slack_takes(site: Site, mark: str) -> None:
    for count in (1, 3, 50):
        site.alert(*make_group(f"{mark}-{count}", count))
        message = site.slack.wait_for(about(f"{mark}-{count}"))
        assert message.text.count("*Summary:*") == min(count, LISTED)
        assert (f"{count} alerts in all" in message.text) is (count > LISTED)
        assert len(message.text) <= TEXT_LIMIT


def test_a_new_webhook_is_used_from_the_next_message_on(site: Site, mark: str) -> None:
    site.use_webhook("/services/T2/B2/second")
    site.alert(make_alert(mark))
    assert site.slack.wait_for(about(mark)).path == "/services/T2/B2/second"
    site.use_webhook("/services/T3/B3/third")
    site.alert(make_alert(f"{mark}-next"))
    assert site.slack.wait_for(about(f"{mark}-next")).path == "/services/T3/B3/third"
