"""What tests let people say and Discord do."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botwatch_sandbox.testing.server import RunningSandbox


async def say(box: RunningSandbox, content: str) -> None:
    """Say something as a person."""
    body = {"content": content, "author": "you"}
    await box.done("/control/discord/messages", body, HTTPStatus.CREATED)


async def play(box: RunningSandbox, **fault: object) -> None:
    """Let Discord play a fault."""
    await box.done("/control/discord/faults", fault)
