"""What the channels beside Slack are sent: by the real Alertmanager of both ends."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from mail_server import USER
from monitoring.channels import RECIPIENT, ROUTING_KEY, TELEGRAM_TOKEN, is_old
from monitoring.rendering import (
    GIVEN,
    REPOSITORY,
    evaluate,
    load_plugins,
    read_yaml,
    render,
    role_variables,
)
from monitoring.test_messages import (
    BOT,
    DASHBOARD,
    DESCRIPTION,
    HOST,
    RUNBOOK,
    WORDS,
    ended,
    is_about_all,
    make_alert,
    make_group,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import EmailMessage
    from pathlib import Path

    from monitoring.channels import Channels
    from monitoring.slack import Message

TEMPLATES = REPOSITORY / "roles/alertmanager/templates/etc/prometheus/alertmanager_templates"
DISCORD = "/api/webhooks/1/made-up"
# In characters; Alertmanager itself cuts what is longer, and then the links would be lost.
DISCORD_LIMIT, TELEGRAM_LIMIT, PAGERDUTY_LIMIT = 2000, 4096, 1024


@pytest.fixture
def name() -> str:
    return f"DiscordBotDown{uuid4().hex[:8]}"


@pytest.fixture
def words(channels: Channels) -> dict[str, str]:
    return WORDS[channels.language]


def at(path: str, name: str) -> Callable[[Message], bool]:
    """Tell of a message whether it was posted to a path and is about an alert."""
    return lambda message: message.path.startswith(path) and name in str(message.payload)


def part(mail: EmailMessage, kind: str) -> str:
    """Give a mail's text in plain or html."""
    body = mail.get_body((kind,))
    assert body is not None
    text: str = body.get_content()
    return text


def mail_about(channels: Channels, start: str, name: str) -> EmailMessage:
    return channels.mail.wait_for(
        lambda mail: name in str(mail["Subject"]) and str(mail["Subject"]).startswith(start)
    )


def test_a_mail_looks_as_promised(channels: Channels, words: dict[str, str], name: str) -> None:
    channels.site.alert(make_alert(name))
    mail = mail_about(channels, "🚨", name)
    assert str(mail["Subject"]) == f"🚨 {words['discord-bot']}: {name}"
    assert USER in str(mail["From"])
    assert RECIPIENT in str(mail["To"])
    plain, page = part(mail, "plain"), part(mail, "html")
    for text in (f"{words['description']}: {DESCRIPTION}", f"{words['runbook']}: {RUNBOOK}"):
        assert text in plain
    assert f"{words['host']}: {HOST}" in plain.splitlines()
    assert f"<b>{words['host']}:</b> {HOST}</p>" in page
    assert f"{words['started']}:</b> 2025-03-04 05:06:07 UTC" in page
    assert f'href="{DASHBOARD}">{words["dashboard"]}</a>' in page
    assert f'<html lang="{channels.language}">' in page
    assert "#a30200" in page
    assert ("/#/silences/new?filter=%7Balertname%3D%22" in page) is channels.web_page
    assert "ZgotmplZ" not in page
    assert channels.mail.logins


def test_the_end_of_an_alert_is_mailed(
    channels: Channels, words: dict[str, str], name: str
) -> None:
    alert = make_alert(name)
    channels.site.alert(alert)
    mail_about(channels, "🚨", name)
    channels.site.alert(ended(alert, datetime.now(UTC)))
    mail = mail_about(channels, "✅", name)
    assert str(mail["Subject"]) == f"✅ {words['resolved']}: {name}"
    assert f"{words['ended']}: " in part(mail, "plain")
    assert "#2eb886" in part(mail, "html")


@pytest.mark.parametrize("count", [1, 3, 50])
def test_no_message_is_longer_than_its_channel_takes(
    channels: Channels, words: dict[str, str], name: str, count: int
) -> None:
    channels.site.alert(*make_group(name, count, "디스코드 봇이 <대답하지 않습니다>. " * 60))

    def whole(text: str) -> bool:
        return is_about_all(text, words, count)

    discord = channels.elsewhere.wait_for(
        lambda m: at(DISCORD, name)(m) and whole(said_to_discord(m))
    )
    assert len(said_to_discord(discord)) <= DISCORD_LIMIT
    assert f"[{words['runbook']}]({RUNBOOK})" in said_to_discord(discord)
    event = channels.elsewhere.wait_for(
        lambda m: at("/v2/", name)(m) and whole(m.payload["payload"]["custom_details"]["text"])
    )
    assert len(event.payload["payload"]["summary"]) <= PAGERDUTY_LIMIT
    channels.mail.wait_for(lambda mail: name in str(mail["Subject"]) and whole(part(mail, "plain")))
    if not is_old(channels.site.tools):
        sent = channels.elsewhere.wait_for(
            lambda m: at("/bot", name)(m) and whole(m.payload["text"])
        )
        assert len(sent.payload["text"]) <= TELEGRAM_LIMIT
        assert RUNBOOK in sent.payload["text"]


def said_to_discord(message: Message) -> str:
    """Give the message in Discord below the headline, in its own format or in Slack's."""
    in_slacks_way = message.payload.get("attachments")
    if in_slacks_way:
        return str(in_slacks_way[0]["text"])
    return str(message.payload["embeds"][0]["description"])


def discord_text(channels: Channels, name: str) -> str:
    return said_to_discord(channels.elsewhere.wait_for(at(DISCORD, name)))


def test_discord_messages_use_its_own_markup(
    channels: Channels, words: dict[str, str], name: str
) -> None:
    channels.site.alert(make_alert(name))
    lines = discord_text(channels, name).splitlines()
    assert lines[0] == f"**{words['summary']}:** The Discord bot is down."
    assert lines[-2] == f"**{words['host']}:** {HOST}"
    assert lines[-1].endswith(
        f"[{words['runbook']}]({RUNBOOK}) · [{words['dashboard']}]({DASHBOARD})"
    )
    message = channels.elsewhere.wait_for(at(DISCORD, name))
    title = f"🚨 {words['discord-bot']}: {name}"
    if is_old(channels.site.tools):
        assert message.path == "/api/webhooks/1/made-up/slack"
        assert message.payload["attachments"][0]["title"] == title
        assert message.payload["attachments"][0]["color"] == "#a30200"
    else:
        assert message.path == "/api/webhooks/1/made-up"
        assert message.payload["embeds"][0]["title"] == title


def test_other_channels_name_the_bot_too(
    channels: Channels, words: dict[str, str], name: str
) -> None:
    alert = make_alert(name)
    alert["labels"] |= {"bot": BOT}
    channels.site.alert(alert)
    mail = mail_about(channels, "🚨", name)
    assert f"{words['bot']}: {BOT}" in part(mail, "plain").splitlines()
    assert f"<b>{words['bot']}:</b> {BOT}</p>" in part(mail, "html")
    assert f"**{words['bot']}:** {BOT}" in discord_text(channels, name).splitlines()


def test_pagerduty_opens_an_incident_and_closes_it(
    channels: Channels, words: dict[str, str], name: str
) -> None:
    alert = make_alert(name)
    channels.site.alert(alert)
    opened = channels.elsewhere.wait_for(at("/v2/enqueue", name)).payload
    assert opened["routing_key"] == ROUTING_KEY
    assert opened["event_action"] == "trigger"
    assert opened["payload"]["severity"] == "critical"
    assert opened["payload"]["summary"] == (
        f"🚨 {words['discord-bot']}: {name} – The Discord bot is down. [{HOST}]"
    )
    assert DESCRIPTION in str(opened["payload"]["custom_details"])
    assert f"{words['host']}: {HOST}" in str(opened["payload"]["custom_details"])
    channels.site.alert(ended(alert, datetime.now(UTC)))
    key = opened["dedup_key"]
    channels.elsewhere.wait_for(
        lambda message: (
            message.payload.get("dedup_key") == key and message.payload["event_action"] == "resolve"
        )
    )


def test_telegram_messages_are_plain_text(
    channels: Channels, words: dict[str, str], name: str
) -> None:
    if is_old(channels.site.tools):
        pytest.skip("this Alertmanager reads no token of Telegram from a file; the role refuses it")
    channels.site.alert(make_alert(name))
    message = channels.elsewhere.wait_for(at("/bot", name))
    assert message.path == f"/bot{TELEGRAM_TOKEN}/sendMessage"
    assert str(message.payload["chat_id"]) == "-100"
    title, _, *lines = message.payload["text"].splitlines()
    assert title == f"🚨 {words['discord-bot']}: {name}"
    assert lines[0] == f"{words['summary']}: The Discord bot is down."
    assert f"{words['host']}: {HOST}" in lines


def test_anything_else_gets_alertmanagers_own_json(channels: Channels, name: str) -> None:
    if is_old(channels.site.tools):
        pytest.skip(
            "this Alertmanager reads no address of a webhook from a file; the role refuses it"
        )
    channels.site.alert(make_alert(name))
    message = channels.elsewhere.wait_for(at("/hook", name))
    assert message.payload["receiver"] == "webhook"
    assert message.payload["commonLabels"]["alertname"] == name
    assert message.payload["groupLabels"]["host"] == HOST


def test_warnings_are_for_slack_alone(channels: Channels, name: str) -> None:
    channels.site.alert(make_alert(name, "warning"))
    channels.site.slack.wait_for(lambda message: message.title.endswith(name))
    # A critical one that came later has gone everywhere.
    channels.site.alert(make_alert(f"{name}later"))
    mail_about(channels, "🚨", f"{name}later")
    discord_text(channels, f"{name}later")
    assert not [m for m in channels.elsewhere.messages if f'"{name}"' in str(m.payload)]
    assert not [m for m in channels.mail.messages if str(m["Subject"]).endswith(name)]


def test_each_failed_deployment_is_reported_however_soon_it_follows(channels: Channels) -> None:
    name, slack = "DiscordBotDeploymentFailed", channels.site.slack
    reported = 0

    def is_next(_: Message) -> bool:
        return len([m for m in slack.messages if name in m.title]) == reported

    for moment in ("2025-03-04T05:06:07Z", "2025-03-04T05:06:27Z"):
        alert = make_alert(name)
        channels.site.alert(alert | {"labels": alert["labels"] | {"deployment": moment}})
        reported += 1
        slack.wait_for(is_next)


def test_the_heartbeat_beats_as_long_as_the_watchdog_fires(channels: Channels) -> None:
    watchdog: dict[str, Any] = {"labels": {"alertname": "Watchdog", "severity": "none"}}
    before = len(beats(channels))
    channels.site.alert(watchdog)
    channels.elsewhere.wait_for(lambda _: len(beats(channels)) >= before + 4)
    channels.site.alert(ended(watchdog, datetime.now(UTC)))
    assert not [m for m in channels.site.slack.messages if m.title.endswith("Watchdog")]


def beats(channels: Channels) -> list[Message]:
    return [message for message in channels.elsewhere.messages if message.path == "/beat"]


def faults(*given: dict[str, Any], runtime: str = "systemd") -> list[str]:
    """Give what the role says against a configuration before anything is changed."""
    load_plugins()
    variables = {**role_variables(REPOSITORY), **GIVEN, "botwatch_runtime": runtime}
    for more in given:
        variables |= more
    found: list[str] = evaluate(variables["_alertmanager_channel_faults"], variables)
    return found


def on(distribution: str, release: str) -> dict[str, Any]:
    """Give the facts of a host without Alertmanager."""
    major = release.split(".", maxsplit=1)[0]
    return {
        "ansible_facts": {
            "distribution": distribution,
            "distribution_version": release,
            "distribution_major_version": major,
            "packages": {},
        }
    }


OLD, NEW = on("Debian", "12.9"), on("Debian", "13.1")
TELEGRAM = {"vault_telegram_bot_token": TELEGRAM_TOKEN, "alertmanager_telegram_chat_id": "1"}
WEBHOOK = {"vault_alert_webhook_url": "https://example.org/hook"}


@pytest.mark.parametrize("given", [TELEGRAM, WEBHOOK])
def test_a_secret_that_cannot_be_read_from_a_file_is_refused(given: dict[str, Any]) -> None:
    (fault,) = faults(given, OLD)
    assert "Alertmanager 0.25.0" in fault
    assert not any(str(secret) in fault for secret in given.values() if len(str(secret)) > 1)
    assert faults(given, on("Ubuntu", "24.04")) == []
    assert faults(given, NEW) == []
    assert faults(given, OLD, runtime="k3s") == []


def test_an_installed_version_goes_before_the_one_of_the_release() -> None:
    facts = on("Debian", "12.9")
    facts["ansible_facts"]["packages"] = {"prometheus-alertmanager": [{"version": "0.28.1+ds-1"}]}
    assert faults(TELEGRAM, facts) == []


@pytest.mark.parametrize(
    ("given", "variable"),
    [
        ({"vault_smtp_password": "x", "alertmanager_email_from": "a@b",
          "alertmanager_email_to": ["a@b"]}, "alertmanager_smtp_server"),
        ({"vault_smtp_password": "x", "alertmanager_smtp_server": "a:25",
          "alertmanager_email_to": ["a@b"]}, "alertmanager_email_from"),
        ({"vault_smtp_password": "x", "alertmanager_smtp_server": "a:25",
          "alertmanager_email_from": "a@b"}, "alertmanager_email_to"),
        ({"vault_telegram_bot_token": TELEGRAM_TOKEN}, "alertmanager_telegram_chat_id"),
        ({"alertmanager_quiet_hours_start": "22:00"}, "alertmanager_quiet_hours_start"),
        ({"alertmanager_quiet_hours_start": "22:00", "alertmanager_quiet_hours_end": "22:00"},
         "alertmanager_quiet_hours_start"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(given: dict[str, Any], variable: str) -> None:
    (fault,) = faults(given, NEW)
    assert fault.startswith(variable)


def test_what_is_complete_has_no_fault() -> None:
    hours = {"alertmanager_quiet_hours_start": "22:00", "alertmanager_quiet_hours_end": "07:00"}
    assert faults(NEW) == faults(OLD) == faults(hours, NEW) == []


@pytest.mark.parametrize(("port", "starttls"), [(587, True), (465, False)])
def test_starttls_is_asked_for_where_tls_is_not_there_from_the_start(
    tmp_path: Path, port: int, *, starttls: bool
) -> None:
    given = {
        "_alertmanager_version": "1.0.0",
        "vault_smtp_password": "x",
        "alertmanager_smtp_server": f"mail.example.org:{port}",
    }
    receivers = read_yaml(render(tmp_path, given).alertmanager)["receivers"]
    (mail,) = next(one for one in receivers if one["name"] == "email")["email_configs"]
    assert mail["require_tls"] is starttls


def test_both_languages_have_all_words() -> None:
    said = [
        re.findall(r'define "([\w.]+)"', (TEMPLATES / f"words.{language}.tmpl.j2").read_text())
        for language in WORDS
    ]
    assert said[0] == said[1] != []
