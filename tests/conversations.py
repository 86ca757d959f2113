"""Talking to a bot through the stand-in for Discord on its node."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nodes import post_url, read_url
from waiting import eventually

if TYPE_CHECKING:
    from testinfra.host import Host

SANDBOX = "http://127.0.0.1:8008"
ANSWERED_WITHIN_S = 15.0


def replies(host: Host) -> list[str]:
    """List what the bot has written in the stand-in's channel."""
    state = json.loads(read_url(host, f"{SANDBOX}/control/state"))
    messages = state["discord"]["messages"]
    return [message["content"] for message in messages if message["author"]["bot"]]


def ask(host: Host, command: str, wanted: str, tries: int = 5) -> None:
    """Send a command until the bot, which may not be connected yet, gives the reply."""
    answered = any(
        is_answered(host, command, wanted, ANSWERED_WITHIN_S / tries) for _ in range(tries)
    )
    assert answered, replies(host)


def is_answered(host: Host, command: str, wanted: str, limit_s: float) -> bool:
    """Send a command once, and wait for the reply."""
    before = len(replies(host))
    post_url(host, f"{SANDBOX}/control/discord/messages", {"content": command, "author": "visitor"})
    return eventually(lambda: wanted in replies(host)[before:], limit_s)
