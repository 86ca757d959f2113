"""Bots as people write them, in pods: used, replaced with their data, taken back if broken.

These tests come last, as a bot of one's own takes the place of the sample bot.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from testinfra.host import Host

from clusters import kubectl
from k3s.site import ROOT, Run, Site
from nodes import post_url, read_url
from waiting import eventually

# The stand-ins run on the node; pods reach them at this address.
STAND_IN = "198.18.0.1:8008"
ANSWERED_WITHIN_S = 30.0
NOTIFIED_WITHIN_S = 30.0
SETTINGS: dict[str, object] = {
    "discord_bot_environment": {
        "API": f"http://{STAND_IN}/api/v10",
        "GATEWAY": f"ws://{STAND_IN}/gateway",
    },
    "discord_bot_egress": [{"protocol": "TCP", "port": 8008}],
    "discord_bot_writable_paths": ["settings.json", "store/bot.db"],
    "discord_bot_log_files": ["bot.log"],
    "discord_bot_ready_after_s": 5,
}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the script, which tests change."""
    return shutil.copytree(ROOT / "tests/bots/script", tmp_path_factory.mktemp("own") / "script")


def deploy(site: Site, source: Path) -> Run:
    """Deploy the bot."""
    settings = json.dumps({**SETTINGS, "discord_bot_source": str(source)})
    return site.playbook("site.yml", "--extra-vars", settings)


def replies(host: Host) -> list[str]:
    """List what bots have written in the stand-in's channel."""
    state = json.loads(read_url(host, f"http://{STAND_IN}/control/state"))
    messages = state["discord"]["messages"]
    return [message["content"] for message in messages if message["author"]["bot"]]


def ask(host: Host, command: str, wanted: str) -> None:
    """Send a command once, and wait for the reply."""
    before = len(replies(host))
    body = {"content": command, "author": "visitor"}
    post_url(host, f"http://{STAND_IN}/control/discord/messages", body)
    assert eventually(lambda: wanted in replies(host)[before:], ANSWERED_WITHIN_S), replies(host)


def failures(host: Host) -> int:
    """Count the notifications about failed deployments."""
    state = read_url(host, f"http://{STAND_IN}/control/state")
    return state.count("DiscordBotDeploymentFailed")


def test_a_script_runs_in_a_pod_with_its_cogs_and_its_data(
    host: Host, site: Site, source: Path
) -> None:
    run = deploy(site, source)
    assert run.code == 0, run.output
    ask(host, "!version", "version one")
    ask(host, "!count", "1 1")


def test_the_same_again_changes_nothing(site: Site, source: Path) -> None:
    run = deploy(site, source)
    assert run.code == 0, run.output
    assert run.changed == 0, run.output


def test_a_new_version_keeps_the_data(host: Host, site: Site, source: Path) -> None:
    cog = source / "cogs/version.py"
    cog.write_text(cog.read_text().replace('"one"', '"two"'))
    run = deploy(site, source)
    assert run.code == 0, run.output
    ask(host, "!version", "version two")
    ask(host, "!count", "2 2")


def test_a_broken_version_is_rolled_back_with_one_notification(
    host: Host, site: Site, source: Path
) -> None:
    before = failures(host)
    program = source / "bot.py"
    program.write_text("raise KeyError('broken on purpose')\n")
    run = deploy(site, source)
    assert run.code != 0
    assert "broken on purpose" in run.output
    ask(host, "!version", "version two")
    ask(host, "!count", "3 3")
    assert eventually(lambda: failures(host) > before, NOTIFIED_WITHIN_S)


def test_the_code_is_read_only_and_the_token_is_nowhere_to_be_read(host: Host) -> None:
    pod = kubectl(host, "--namespace discord-bot get pods --output yaml")
    assert "readOnlyRootFilesystem: true" in pod
    assert "molecule.scenario" not in pod
