"""A new version of the bot makes no noise; one that does not start is taken back, and told once."""

from __future__ import annotations

from testinfra.host import Host

from demos import Demo
from nodes import unit_property
from versions import BROKEN, make
from waiting import eventually

DEPLOY = ("ansible-playbook", "--inventory", "inventory/demo", "playbooks/deploy.yml")
QUIET_S = 15.0


def messages(demo: Demo) -> list[str]:
    """The titles of all that Slack was told."""
    told = demo.state()["slack"]["messages"]
    return [message["attachments"][0]["title"] for message in told]


def program(host: Host) -> str:
    """Which release runs."""
    return unit_property(host, "discord-bot", "ExecStart").split(";")[0]


def test_a_new_version_makes_no_noise(demo: Demo, host: Host) -> None:
    before, running = messages(demo), program(host)
    run = demo.run(*DEPLOY, "--extra-vars", f"discord_bot_source={make('a')}")
    assert run.returncode == 0, run.stdout
    assert program(host) != running
    assert not eventually(lambda: messages(demo) != before, QUIET_S), messages(demo)


def test_a_version_that_does_not_start_is_taken_back_and_told_once(demo: Demo, host: Host) -> None:
    before, running = messages(demo), program(host)
    run = demo.run(*DEPLOY, "--extra-vars", f"discord_bot_source={make(BROKEN)}")
    assert run.returncode != 0
    assert "so the one before runs again. Slack has been told." in run.stdout, run.stdout
    assert "This version is broken on purpose." in run.stdout
    assert program(host) == running
    assert demo.state()["status"]["bot"]["ready"] is True
    assert not eventually(lambda: len(messages(demo)) > len(before) + 1, QUIET_S), messages(demo)
    assert messages(demo)[len(before) :] == ["🚨 Discord Bot Alert: DiscordBotDeploymentFailed"]
    last = demo.state()["slack"]["messages"][-1]
    assert "*Host:* demo" in last["attachments"][0]["text"].splitlines()
