"""`ping`: is the bot awake, and how fast is its gateway."""

from __future__ import annotations

from botwatch_bot.commands.spec import Command, Request


async def answer(request: Request) -> str:
    """Answer with the gateway's latency, or without it while none has been measured."""
    latency = request.bot.latency_seconds
    if latency is None:
        return request.texts("ping.pong_unknown")
    return request.texts("ping.pong", ms=f"{latency * 1000:.0f}")


COMMAND = Command("ping", answer)
