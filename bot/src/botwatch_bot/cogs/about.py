"""`ping` and `info`: what this bot is and how it is doing."""

from __future__ import annotations

import math
import platform
from typing import TYPE_CHECKING

from discord.ext import commands

import botwatch
from botwatch_bot import version
from botwatch_bot.usage import hybrid_command

if TYPE_CHECKING:
    from botwatch_bot.bot import Bot, Context
    from botwatch_bot.texts import Texts

_UNITS = (("unit.d", 86_400), ("unit.h", 3600), ("unit.min", 60), ("unit.s", 1))


class About(commands.Cog):
    """About the bot itself."""

    @hybrid_command()
    async def ping(self, ctx: Context) -> None:
        """Reply with the gateway's latency, or without it while none has been measured."""
        if math.isfinite(ctx.bot.latency):
            await ctx.answer(ctx.texts("ping.pong", ms=_milliseconds(ctx.bot.latency)))
        else:
            await ctx.answer(ctx.texts("ping.pong_unknown"))

    @hybrid_command()
    async def info(self, ctx: Context) -> None:
        """Reply with version, uptime, servers and latency."""
        bot, texts = ctx.bot, ctx.texts
        uptime = botwatch.watch(bot).health.uptime_seconds
        if math.isfinite(bot.latency):
            latency = texts("info.latency", ms=_milliseconds(bot.latency))
        else:
            latency = texts("info.latency_unknown")
        lines = (
            texts("info.title", version=version(), python=platform.python_version()),
            texts("info.uptime", duration=duration(uptime, texts)),
            texts("info.guilds", count=len(bot.guilds)),
            latency,
            texts("info.help", prefix=ctx.typed_prefix),
        )
        await ctx.answer("\n".join(lines))


def duration(seconds: float, texts: Texts) -> str:
    """Return seconds as the two largest units that matter: `3 d 4 h`, `12 s`."""
    rest = int(seconds)
    parts = []
    for unit, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(texts(unit, count=count))
    return " ".join(parts[:2]) or texts("unit.s", count=0)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f}"


async def setup(bot: Bot) -> None:
    """Add the cog."""
    await bot.add_cog(About())
