"""`ping`: is the bot awake, and how fast is its gateway."""

from __future__ import annotations

from botwatch_bot.commands.spec import Command, Request


async def answer(request: Request) -> str:
    """Answer with the gateway's latency, or without it while none has been measured."""
    latency = request.bot.latency_seconds
    if latency is None:
        return "🏓 Pong! The gateway's latency is not known yet."
    return f"🏓 Pong! The gateway answers in {latency * 1000:.0f} ms."


COMMAND = Command("ping", "shows that I am awake and how fast the gateway answers", answer)
