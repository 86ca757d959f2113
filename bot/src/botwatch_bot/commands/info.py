"""`info`: what this bot is and how it is doing."""

from __future__ import annotations

import platform

from botwatch_bot import version
from botwatch_bot.commands.spec import Command, Request

_UNITS = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))


def duration(seconds: float) -> str:
    """Return seconds as the two largest units that matter: `3 d 4 h`, `12 s`."""
    rest = int(seconds)
    parts = []
    for unit, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


async def answer(request: Request) -> str:
    """Answer with version, uptime, servers and latency."""
    bot = request.bot
    latency = bot.latency_seconds
    measured = "not known yet" if latency is None else f"{latency * 1000:.0f} ms"
    return "\n".join(
        (
            f"**botwatch** {version()} on Python {platform.python_version()}",
            f"Up for {duration(bot.uptime_seconds)}",
            f"Servers: {bot.guild_count}",
            f"Gateway latency: {measured}",
            f"Write `{bot.prefix}help` to see what I can do.",
        )
    )


COMMAND = Command("info", "tells what I am and how I am doing", answer)
