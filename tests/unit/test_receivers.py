"""What users add to Alertmanager's configuration is checked for what amtool cannot know."""

from __future__ import annotations

from typing import Any

import pytest
from plugins.plugin_utils.receivers import faults, inline_secrets, ports

from monitoring.rendering import read_role_variables
from repo.roles import REPOSITORY

DIRECTORY = "/etc/alertmanager-secrets"
PUSHOVER = {
    "name": "on-call",
    "pushover_configs": [
        {"token_file": f"{DIRECTORY}/token", "user_key_file": f"{DIRECTORY}/user", "retry": "1m"}
    ],
}
GIVEN = ("token", "user")


def said(receivers: list[Any], secrets: tuple[str, ...] = GIVEN) -> str:
    given = dict.fromkeys(secrets, "x")
    return "\n".join(faults(receivers, given, DIRECTORY, ["slack"], ["webhook-url"]))


def test_what_is_sound_is_let_through() -> None:
    assert said([PUSHOVER]) == ""
    assert inline_secrets([PUSHOVER]) == []


@pytest.mark.parametrize(
    ("receivers", "secrets", "words"),
    [
        ([{"name": "slack"}], GIVEN, "botwatch has a receiver slack itself: choose another name"),
        ([PUSHOVER], ("token",), f"names {DIRECTORY}/user, but alertmanager_secret_files has no"),
        ([PUSHOVER], (*GIVEN, "webhook-url"), "botwatch has a file webhook-url itself"),
        ([PUSHOVER], (*GIVEN, "../token"), "'../token' is no file name"),
    ],
)
def test_what_cannot_work_is_named(
    receivers: list[Any], secrets: tuple[str, ...], words: str
) -> None:
    assert words in said(receivers, secrets)


@pytest.mark.parametrize(
    ("kind", "options", "secret"),
    [
        ("slack", {"api_url": "https://hooks.example.org/x"}, "api_url"),
        ("slack", {"api_url_file": "/x"}, ""),
        ("webhook", {"url": "https://example.org/hook"}, "url"),
        (
            "webhook",
            {"http_config": {"basic_auth": {"password": "x"}}},
            "password",
        ),
        ("discord", {"webhook_url": "https://example.org/hook"}, "webhook_url"),
        ("msteams", {"webhook_url": "https://example.org/hook"}, "webhook_url"),
        ("opsgenie", {"api_key": "x", "api_url": "https://api.example.org"}, "api_key"),
        ("opsgenie", {"api_key_file": "/x", "api_url": "https://api.example.org"}, ""),
        ("pagerduty", {"routing_key": "x"}, "routing_key"),
        ("email", {"to": "a@example.org", "auth_password": "x"}, "auth_password"),
        ("email", {"to": "a@example.org", "auth_password": ""}, ""),
        ("slack", {"http_config": {"proxy_url": "http://user:pw@proxy:1"}}, "proxy_url"),
        ("incidentio", {"alert_source_token": "x"}, "alert_source_token"),
    ],
)
def test_secrets_in_the_configuration_are_found(
    kind: str, options: dict[str, Any], secret: str
) -> None:
    receiver = {"name": "own", f"{kind}_configs": [options]}
    found = inline_secrets([receiver])
    assert [path.rpartition(".")[2] for path in found] == ([secret] if secret else [])


@pytest.mark.parametrize(
    ("options", "secrets", "found"),
    [
        ({"url": "https://example.org/hook"}, {}, [443]),
        ({"url": "http://192.0.2.7:8080/hook"}, {}, [8080]),
        ({"url_file": f"{DIRECTORY}/hook"}, {"hook": "http://192.0.2.7/hook"}, [80]),
        ({"to": "a@example.org", "smarthost": "mail.example.org:2525"}, {}, [2525]),
        ({"smarthost": "[2001:db8::7]:587", "text": "see http://"}, {}, [587]),
        ({"token_file": f"{DIRECTORY}/t"}, {"t": "abc"}, []),
        ({"smarthost": "mail.example.org"}, {"t": None}, [25]),
        ({"url": "https://example.org:{{ .Port }}/"}, {}, []),
    ],
)
def test_the_ports_of_receivers_are_known(
    options: dict[str, Any], secrets: dict[str, str], found: list[int]
) -> None:
    assert ports([{"name": "own", "webhook_configs": [options]}], secrets) == found


def test_every_channel_is_described_for_messages_and_counters() -> None:
    variables = read_role_variables(REPOSITORY / "roles/alertmanager")
    known = variables["_alertmanager_known_channels"].keys()
    assert variables["_alertmanager_described_channels"].keys() == known
    # Mail is sent to a server, which is no URL.
    assert variables["_alertmanager_urls"].keys() >= known - {"email"}
