"""`info`: what this bot is and how it is doing."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from botwatch_bot import version
from botwatch_bot.commands.spec import Command, Request

if TYPE_CHECKING:
    from botwatch_bot.texts import Texts

_UNITS = (("unit.d", 86_400), ("unit.h", 3600), ("unit.min", 60), ("unit.s", 1))


def duration(seconds: float, texts: Texts) -> str:
    """Return seconds as the two largest units that matter: `3 d 4 h`, `12 s`."""
    rest = int(seconds)
    parts = []
    for unit, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(texts(unit, count=count))
    return " ".join(parts[:2]) or texts("unit.s", count=0)


async def answer(request: Request) -> str:
    """Answer with version, uptime, servers and latency."""
    bot, texts = request.bot, request.texts
    latency = bot.latency_seconds
    if latency is None:
        measured = texts("info.latency_unknown")
    else:
        measured = texts("info.latency", ms=f"{latency * 1000:.0f}")
    return "\n".join(
        (
            texts("info.title", version=version(), python=platform.python_version()),
            texts("info.uptime", duration=duration(bot.uptime_seconds, texts)),
            texts("info.guilds", count=bot.guild_count),
            measured,
            texts("info.help", prefix=request.prefix),
        )
    )


COMMAND = Command("info", answer)
