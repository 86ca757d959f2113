"""A bot that knows nothing of stand-ins takes the place of the sample bot."""

from __future__ import annotations

from pathlib import Path

import pytest
from testinfra.host import Host

from demos import ROOT, Demo, kill_bot
from waiting import eventually

BOT = str(ROOT / "tests/bots/unchanged")
DOWN = "🚨 Discord Bot Alert: DiscordBotDown"
RESTARTED = "🚨 Discord Bot Alert: DiscordBotRestarted"
# From when a bot of which only the process is watched is stopped or killed.
PROCESS_LIMIT_S = 60.0
# Longer than the alert about a restart looks back.
SETTLED_LIMIT_S = 120.0


@pytest.fixture(scope="module")
def own_bot(demo: Demo) -> str:
    """Deploy it; return what the command shows."""
    made = demo.make("demo", BOT=BOT)
    assert made.returncode == 0, made.stdout
    return made.stdout


@pytest.mark.usefixtures("own_bot")
def test_it_answers_messages_and_slash_commands(demo: Demo) -> None:
    assert demo.ask("!hello") == ["Hello you"]
    assert demo.ask("!note") == ["Here.\n📎 note.txt (6 bytes)"]
    assert demo.ask("!fetch") == ["a note"]
    assert demo.ask("/add first:2 second:3") == ["5"]
    assert demo.state()["discord"]["not_simulated"] == []


def test_the_summary_names_the_bot_and_a_command_of_it(own_bot: str) -> None:
    assert BOT in own_bot
    assert "/add" in own_bot


def test_the_key_of_discords_names_stays_with_root(demo: Demo) -> None:
    found = demo.host().check_output("stat -c '%a %U' /etc/botwatch-sandbox/tls-*/server.key")
    assert found == "600 root"


def test_a_directory_that_does_not_exist_is_named(demo: Demo) -> None:
    made = demo.make("demo", BOT=f"{ROOT}/../no-such-bot")
    words = " ".join(made.stdout.split())
    assert made.returncode != 0
    assert f"{Path(ROOT, '../no-such-bot').resolve()} is not a directory" in words, made.stdout


def test_a_kill_that_heals_is_reported_once(demo: Demo, host: Host) -> None:
    """Nothing but its unit is watched."""
    # The deployment started it, too.
    assert eventually(demo.is_settled, SETTLED_LIMIT_S)
    before = demo.titles()
    killed = kill_bot(host)
    assert eventually(lambda: demo.titles() != before, PROCESS_LIMIT_S)
    assert demo.titles() == [*before, RESTARTED]
    assert demo.notifications()[-1]["at"] - killed <= PROCESS_LIMIT_S


def test_a_bot_that_is_stopped_is_reported_within_a_minute(demo: Demo, host: Host) -> None:
    before = demo.titles()
    stopped = float(host.check_output("date +%s.%N && systemctl stop discord-bot"))
    assert eventually(lambda: demo.titles() != before, PROCESS_LIMIT_S)
    assert demo.titles() == [*before, DOWN]
    assert demo.notifications()[-1]["at"] - stopped <= PROCESS_LIMIT_S
    host.check_output("systemctl start discord-bot")
