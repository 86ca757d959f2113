"""A bot that knows nothing of stand-ins takes the place of the sample bot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from demos import ROOT, Demo
from waiting import eventually

BOT = str(ROOT / "tests/bots/unchanged")
ANSWER_LIMIT_S = 10.0


@pytest.fixture(scope="module")
def own_bot(demo: Demo) -> str:
    """Deploy it; return what the command shows."""
    made = demo.make("demo", BOT=BOT)
    assert made.returncode == 0, made.stdout
    return made.stdout


def discord(demo: Demo) -> dict[str, Any]:
    """Read the control room's view of Discord."""
    found: dict[str, Any] = demo.state()["discord"]
    return found


def assert_answered(demo: Demo, content: str, expected: str) -> None:
    """Send a message, and wait for the bot's answer."""
    before = len(discord(demo)["messages"])
    url = demo.url(8008, "/control/discord/messages")
    requests.post(url, json={"content": content, "author": "you"}, timeout=5).raise_for_status()

    def is_answered() -> bool:
        return any(
            message["author"]["bot"] and message["content"] == expected
            for message in discord(demo)["messages"][before:]
        )

    assert eventually(is_answered, ANSWER_LIMIT_S), discord(demo)


@pytest.mark.usefixtures("own_bot")
def test_it_answers_messages_and_slash_commands(demo: Demo) -> None:
    assert_answered(demo, "!hello", "Hello you")
    assert_answered(demo, "!note", "Here.\n📎 note.txt (6 bytes)")
    assert_answered(demo, "!fetch", "a note")
    assert_answered(demo, "/add first:2 second:3", "5")
    assert discord(demo)["not_simulated"] == []


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


def test_the_sample_bot_takes_its_place_again(demo: Demo) -> None:
    made = demo.make("demo")
    assert made.returncode == 0, made.stdout
    assert eventually(lambda: demo.state()["status"]["bot"]["ready"], ANSWER_LIMIT_S)
    assert "?ping" in discord(demo)["suggestions"]
    assert_answered(demo, "?add 1 2", "1 + 2 = **3**")
