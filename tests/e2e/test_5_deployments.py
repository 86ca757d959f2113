"""A new version of the bot makes no noise; one that fails is taken back, with one notification."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from testinfra.host import Host

import soak
from demos import Demo
from nodes import read_url, unit_property
from versions import MISSPELT, NEVER_READY, ON_PURPOSE, make
from waiting import eventually

DEPLOY = ("ansible-playbook", "--inventory", "inventory/demo", "playbooks/deploy.yml")
ALERTMANAGER = "http://127.0.0.1:9093/api/v2"
FAILED = "🚨 Discord Bot Alert: DiscordBotDeploymentFailed"
QUIET_S = 15.0


def messages(demo: Demo) -> list[dict[str, Any]]:
    """All that was posted to Slack."""
    return [message["attachments"][0] for message in demo.state()["slack"]["messages"]]


def titles(demo: Demo) -> list[str]:
    """The titles of all that was posted to Slack."""
    return [message["title"] for message in messages(demo)]


def program(host: Host) -> str:
    """Name the release that the unit starts."""
    return unit_property(host, "discord-bot", "ExecStart").split(";")[0]


def active_silences(host: Host) -> set[str]:
    """Name the alerts that are silenced."""
    found = json.loads(read_url(host, f"{ALERTMANAGER}/silences"))
    active = [silence for silence in found if silence["status"]["state"] == "active"]
    return {matcher["value"] for silence in active for matcher in silence["matchers"]}


@pytest.fixture(scope="module")
def before(demo: Demo) -> list[str]:
    """The titles of what was posted to Slack before the deployments."""
    return titles(demo)


def test_versions_forth_and_back_make_no_noise(demo: Demo, host: Host, before: list[str]) -> None:
    first = program(host)
    programs: dict[str, str] = {}
    for version in ["a", *soak.choose(short=[], long=soak.dice().choices("abc", k=50))]:
        run = demo.run(*DEPLOY, "--extra-vars", f"discord_bot_source={make(version)}")
        assert run.returncode == 0, run.stdout
        assert programs.setdefault(version, program(host)) == program(host)
    assert len({first, *programs.values()}) == 1 + len(programs)
    back = demo.run(*DEPLOY)
    assert back.returncode == 0, back.stdout
    assert program(host) == first
    assert not any("DiscordBotDown" in value for value in active_silences(host))
    assert not eventually(lambda: titles(demo) != before, QUIET_S), titles(demo)


def test_a_version_that_does_not_become_ready_is_taken_back_and_reported(
    demo: Demo, host: Host, before: list[str]
) -> None:
    running = program(host)
    run = demo.run(*DEPLOY, "--extra-vars", f"discord_bot_source={make(NEVER_READY)}")
    assert run.returncode != 0
    assert "so the previous version runs again. A notification was sent." in run.stdout, run.stdout
    assert ON_PURPOSE in run.stdout
    assert program(host) == running
    assert demo.state()["status"]["bot"]["ready"] is True
    assert_reported(demo, [*before, FAILED], f"RuntimeError: {ON_PURPOSE}")


def test_a_version_that_cannot_be_compiled_is_refused_while_the_bot_runs_on(
    demo: Demo, host: Host, before: list[str]
) -> None:
    process = unit_property(host, "discord-bot", "MainPID")
    run = demo.run(*DEPLOY, "--extra-vars", f"discord_bot_source={make(MISSPELT)}")
    assert run.returncode != 0
    assert "the running version was not touched. A notification was sent." in run.stdout, run.stdout
    assert unit_property(host, "discord-bot", "MainPID") == process
    assert_reported(demo, [*before, FAILED, FAILED], "SyntaxError")


def test_each_failure_was_reported_once_and_nothing_else(demo: Demo, before: list[str]) -> None:
    wanted = [*before, FAILED, FAILED]
    assert not eventually(lambda: titles(demo) != wanted, QUIET_S), titles(demo)


def assert_reported(demo: Demo, wanted: list[str], reason: str) -> None:
    """Assert that a notification was sent, with the reason and a start in the past."""
    assert eventually(lambda: titles(demo) == wanted, QUIET_S), titles(demo)
    seen = datetime.now(UTC)
    text = messages(demo)[-1]["text"]
    assert reason in text
    assert "*Host:* demo" in text.splitlines()
    (started,) = re.findall(r"\*Started:\* (.+) UTC", text)
    assert datetime.strptime(started, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) <= seen
