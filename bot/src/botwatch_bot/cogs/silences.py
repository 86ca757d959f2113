"""`silence`: keeps an alert from sending messages for a while, for the bot's operators."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING

from discord import app_commands

from botwatch_bot.mistakes import Mistake, Unavailable
from botwatch_bot.monitoring.servers import alertmanager_of, prometheus_of
from botwatch_bot.operators import OperatorCog
from botwatch_bot.replies import did_you_mean, quote, shorten
from botwatch_bot.slash import translated
from botwatch_bot.texts import phrase
from botwatch_bot.usage import hybrid_command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botwatch_bot.bot import Bot, Context
    from botwatch_bot.settings import Settings

_SECONDS: Mapping[str, int] = {"m": 60, "h": 3600, "d": 86_400}
_SHORTEST = _SECONDS["m"]
_LONGEST = 7 * _SECONDS["d"]
_LIMITS = {"lowest": "`1m`", "highest": "`7d`"}
_NAME = re.compile(r"[a-zA-Z][\w-]{0,99}", re.ASCII)
_REASON = 200
_CHECK_SECONDS = 0.8


class Silences(OperatorCog):
    """Silences."""

    @hybrid_command(examples=("DiscordBotDown 30m deploying",), limits=_LIMITS)
    @app_commands.describe(alert=translated("silence.arguments"))
    async def silence(self, ctx: Context, *, alert: str = "") -> None:
        """Silence the alert, and reply until when."""
        name, seconds, reason = parse(alert)
        alertmanager = alertmanager_of(ctx.bot.settings)
        await check_that_there_is(name, ctx.bot.settings)
        author = f"{ctx.author.name} ({ctx.author.id})"
        comment = reason or ctx.texts("silence.comment")
        silence = await alertmanager.silence(name, seconds, author, comment)
        until = round(time.time() + seconds)
        await ctx.answer(
            ctx.texts("silence.done", alert=quote(name), until=until, id=quote(silence))
        )


def parse(text: str) -> tuple[str, int, str]:
    """Return the alert's name, for how many seconds, and the reason, which may be empty.

    Raises:
        Mistake: one of the first two is missing or no such thing.
    """
    alert, _, rest = text.partition(" ")
    length, _, reason = rest.strip().partition(" ")
    if not alert or not length:
        raise Mistake(phrase("silence.how"))
    if not _NAME.fullmatch(alert):
        raise Mistake(phrase("silence.name", text=quote(alert)))
    return alert, _duration(length), shorten(" ".join(reason.split()), _REASON)


async def check_that_there_is(alert: str, settings: Settings) -> None:
    """Find a mistyped name; where Prometheus cannot tell, the user is believed.

    Raises:
        Mistake: there is no such alert.
    """
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            known = await prometheus_of(settings).alert_names()
    except (TimeoutError, Unavailable):
        return
    if known and alert not in known:
        hint = did_you_mean(alert, known)
        raise Mistake(phrase("silence.unknown", text=quote(alert), hint=hint))


def _duration(text: str) -> int:
    match = re.fullmatch(r"([0-9]{1,6})([mhd])", text, re.ASCII)
    seconds = int(match[1]) * _SECONDS[match[2]] if match else 0
    if not _SHORTEST <= seconds <= _LONGEST:
        raise Mistake(phrase("silence.duration", text=quote(text), **_LIMITS))
    return seconds


async def setup(bot: Bot) -> None:
    """Add the cog."""
    await bot.add_cog(Silences())
