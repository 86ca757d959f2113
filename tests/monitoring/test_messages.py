"""What Slack is sent: by the real Alertmanager of both ends, in both languages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from uuid import uuid4

import pytest

from monitoring.loopback import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitoring.channels import Channels
    from monitoring.services import Site
    from monitoring.slack import Message

DESCRIPTION = "Prometheus could not read the bot's metrics for 8s or longer."
STARTED = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)
# In characters: what Slack asks messages to stay below, and where it cuts a headline.
TEXT_LIMIT, TITLE_LIMIT = 4000, 1024
LISTED = 5
# As long as one from Prometheus for the longest of our rules.
GENERATOR = "http://127.0.0.1:9090/graph?g0.expr=" + "round%28sum%28increase%28" * 15 + "&g0.tab=1"
HOST = "web-1"
BOT = "music-bot"
RUNBOOK = "https://example.org/runbooks/DiscordBotDown.md"
DASHBOARD = "https://example.org/grafana/d/botwatch-bot?viewPanel=1"
WORDS = {
    "en": {
        "discord-bot": "Discord Bot Alert", "node": "Node Alert", "kubernetes": "Kubernetes Alert",
        "monitoring": "Monitoring Alert", "": "Alert", "resolved": "Resolved",
        "summary": "Summary", "description": "Description", "started": "Started", "ended": "Ended",
        "bot": "Bot", "host": "Host",
        "graph": "Graph", "runbook": "Runbook", "dashboard": "Dashboard", "silence": "Silence",
        "in all": "50 alerts in total",
    },
    "ko": {
        "discord-bot": "디스코드 봇 알림", "node": "서버 알림", "kubernetes": "쿠버네티스 알림",
        "monitoring": "모니터링 알림", "": "알림", "resolved": "해결됨",
        "summary": "요약", "description": "설명", "started": "발생", "ended": "종료",
        "bot": "봇", "host": "호스트",
        "graph": "그래프", "runbook": "대응 절차", "dashboard": "대시보드", "silence": "알림 중지",
        "in all": "알림 모두 50건",
    },
}  # fmt: skip


def make_alert(
    name: str, severity: str = "critical", service: str = "discord-bot"
) -> dict[str, Any]:
    """Make an alert as Prometheus posts it; its name puts it into a group of its own."""
    return {
        "labels": {"alertname": name, "severity": severity, "service": service, "host": HOST},
        "annotations": {
            "summary": "The Discord bot is down.",
            "description": DESCRIPTION,
            "runbook_url": RUNBOOK,
            "dashboard_url": DASHBOARD,
        },
        "startsAt": STARTED.isoformat(),
        "generatorURL": GENERATOR,
    }


def ended(alert: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {**alert, "endsAt": at.isoformat()}


def make_group(name: str, count: int, text: str) -> list[dict[str, Any]]:
    """Make alerts of one group that start now: older ones Alertmanager would not wait for."""
    alert = make_alert(name) | {"startsAt": datetime.now(UTC).isoformat()}
    alert["annotations"] |= {"summary": text, "description": text}
    return [
        alert | {"labels": alert["labels"] | {"instance": f"bot-{number}"}}
        for number in range(count)
    ]


def about(name: str, start: str = "") -> Callable[[Message], bool]:
    return lambda message: message.title.endswith(f": {name}") and message.title.startswith(start)


def is_about_all(text: str, words: dict[str, str], count: int) -> bool:
    """Tell whether a text is about the complete group: the first one may lack some alerts."""
    listed = len(re.findall(rf"^\**{words['summary']}:", text, re.MULTILINE))
    return listed == min(count, LISTED) and (words["in all"] in text) is (count > LISTED)


@pytest.fixture
def name() -> str:
    return f"DiscordBotDown{uuid4().hex[:8]}"


@pytest.fixture
def words(channels: Channels) -> dict[str, str]:
    return WORDS[channels.language]


def test_a_critical_alert_looks_as_promised(
    channels: Channels, words: dict[str, str], name: str
) -> None:
    channels.site.alert(make_alert(name))
    message = channels.site.slack.wait_for(about(name))
    lines = message.text.splitlines()
    assert message.title == f"🚨 {words['discord-bot']}: {name}"
    assert lines[:4] == [
        f"*{words['summary']}:* The Discord bot is down.",
        f"*{words['description']}:* {DESCRIPTION}",
        f"*{words['started']}:* 2025-03-04 05:06:07 UTC",
        f"*{words['host']}:* {HOST}",
    ]
    assert lines[-1].startswith(
        f"<{GENERATOR}|{words['graph']}> · <{RUNBOOK}|{words['runbook']}>"
        f" · <{DASHBOARD}|{words['dashboard']}>"
    )
    assert len(lines) == (5 if channels.web_page else 6)
    assert message.attachment["color"] == "danger"
    assert message.attachment["fallback"] == message.title
    assert message.attachment["title_link"] == GENERATOR
    assert "text" in message.attachment["mrkdwn_in"]


def test_a_silence_is_prepared(channels: Channels, words: dict[str, str], name: str) -> None:
    alert = make_alert(name)
    alert["labels"] |= {"path": "/a b+c", "quote": "it's"}
    channels.site.alert(alert)
    *_, before, links = channels.site.slack.wait_for(about(name)).text.splitlines()
    if channels.web_page:
        link, label = links.rsplit(" · <", 1)[1].rstrip(">").split("|")
        page, query = link.split("/#/silences/new?filter=")
        assert label == words["silence"]
        assert page == channels.site.url("alertmanager")
        assert unquote(query) == (
            f'{{alertname="{name}",host="{HOST}",path="/a b+c",quote="it\'s"'
            ',service="discord-bot",severity="critical"}'
        )
    else:
        assert before == (
            f"*{words['silence']}:* `amtool silence add alertname={name} host={HOST}"
            " 'path=\"/a b+c\"' 'quote=~\"it.s\"' service=discord-bot severity=critical"
            " --duration=2h`"
        )


def test_a_message_goes_to_the_channel_under_our_name(site: Site, name: str) -> None:
    site.alert(make_alert(name))
    payload = site.slack.wait_for(about(name)).payload
    assert payload["channel"] == "#alerts"
    assert payload["username"] == "botwatch"
    assert payload["icon_emoji"] == ":rotating_light:"


@pytest.mark.parametrize(
    ("severity", "colour"), [("critical", "danger"), ("warning", "warning"), ("info", "#439fe0")]
)
def test_each_severity_has_a_colour_of_its_own(
    site: Site, name: str, severity: str, colour: str
) -> None:
    site.alert(make_alert(name, severity))
    assert site.slack.wait_for(about(name)).attachment["color"] == colour


@pytest.mark.parametrize("service", ["discord-bot", "node", "kubernetes", "monitoring", ""])
def test_each_service_has_a_headline_of_its_own(
    site: Site, words: dict[str, str], name: str, service: str
) -> None:
    site.alert(make_alert(name, service=service))
    assert site.slack.wait_for(about(name)).title == f"🚨 {words[service]}: {name}"


def test_what_is_not_there_is_not_linked(
    channels: Channels, words: dict[str, str], name: str
) -> None:
    alert = make_alert(name)
    del alert["annotations"]["runbook_url"], alert["annotations"]["dashboard_url"]
    channels.site.alert(alert)
    links = channels.site.slack.wait_for(about(name)).text.splitlines()[-1]
    assert links.split(" · ")[0] == f"<{GENERATOR}|{words['graph']}>"
    assert len(links.split(" · ")) == (2 if channels.web_page else 1)


def test_an_alert_without_a_host_names_none(site: Site, words: dict[str, str], name: str) -> None:
    alert = make_alert(name)
    del alert["labels"]["host"]
    site.alert(alert)
    assert words["host"] not in site.slack.wait_for(about(name)).text


def test_an_alert_about_a_bot_names_it(site: Site, words: dict[str, str], name: str) -> None:
    alert = make_alert(name)
    alert["labels"] |= {"bot": BOT}
    site.alert(alert)
    lines = site.slack.wait_for(about(name)).text.splitlines()
    assert lines[3:5] == [f"*{words['bot']}:* {BOT}", f"*{words['host']}:* {HOST}"]


def test_the_alerts_of_two_hosts_are_two_messages(
    site: Site, words: dict[str, str], name: str
) -> None:
    hosts = (HOST, "web-2")
    alert = make_alert(name)

    def from_host(host: str) -> Callable[[Message], bool]:
        line = f"*{words['host']}:* {host}"
        return lambda message: about(name)(message) and line in message.text.splitlines()

    site.alert(*[alert | {"labels": alert["labels"] | {"host": host}} for host in hosts])
    for host in hosts:
        message = site.slack.wait_for(from_host(host))
        assert message.text.count(f"*{words['summary']}:*") == 1


def test_what_means_something_to_slack_is_escaped(site: Site, name: str) -> None:
    alert = make_alert(name)
    alert["annotations"]["description"] = "<!channel> a & b > c"
    site.alert(alert)
    assert "&lt;!channel&gt; a &amp; b &gt; c" in site.slack.wait_for(about(name)).text


def test_the_end_of_an_alert_is_reported(site: Site, words: dict[str, str], name: str) -> None:
    alert = make_alert(name)
    site.alert(alert)
    site.slack.wait_for(about(name))
    end = datetime.now(UTC) - timedelta(seconds=1)
    site.alert(ended(alert, end))
    message = site.slack.wait_for(about(name, "✅"))
    assert message.title == f"✅ {words['resolved']}: {name}"
    assert message.attachment["color"] == "good"
    assert message.attachment["fallback"] == message.title
    assert message.text.splitlines()[2:5] == [
        f"*{words['started']}:* 2025-03-04 05:06:07 UTC",
        f"*{words['ended']}:* {end:%Y-%m-%d %H:%M:%S} UTC",
        f"*{words['host']}:* {HOST}",
    ]
    assert words["silence"] not in message.text


@pytest.mark.parametrize(
    "text", ["The bot does not answer.", "디스코드 봇이 <대답하지 않습니다>. " * 60]
)
@pytest.mark.parametrize("count", [1, 3, 50])
def test_a_message_stays_within_what_slack_takes(
    site: Site, words: dict[str, str], name: str, count: int, text: str
) -> None:
    site.alert(*make_group(name, count, text))
    message = site.slack.wait_for(
        lambda message: about(name)(message) and is_about_all(message.text, words, count)
    )
    assert len(message.text) <= TEXT_LIMIT
    assert len(message.title) <= TITLE_LIMIT
    assert f"|{words['runbook']}>" in message.text


def test_a_graph_whose_address_is_too_long_is_in_the_headline_only(
    site: Site, words: dict[str, str], name: str
) -> None:
    alert = make_alert(name) | {"generatorURL": GENERATOR + "x" * TEXT_LIMIT}
    site.alert(alert)
    message = site.slack.wait_for(about(name))
    assert len(message.text) <= TEXT_LIMIT
    assert message.text.splitlines()[-1].startswith(f"<{RUNBOOK}|{words['runbook']}>")
    assert message.attachment["title_link"] == alert["generatorURL"]


def test_a_new_webhook_is_used_from_the_next_message_on(site: Site, name: str) -> None:
    site.use_webhook("/services/T2/B2/second")
    site.alert(make_alert(name))
    assert site.slack.wait_for(about(name)).path == "/services/T2/B2/second"
    site.use_webhook("/services/T3/B3/third")
    site.alert(make_alert(f"{name}next"))
    assert site.slack.wait_for(about(f"{name}next")).path == "/services/T3/B3/third"


def test_alertmanager_has_found_no_fault_with_a_template(site: Site) -> None:
    metrics = ask(site.url("alertmanager", "/metrics")).text
    failed = [
        line
        for line in metrics.splitlines()
        if line.startswith("alertmanager_notifications_failed_total") and not line.endswith(" 0")
    ]
    assert failed == []
