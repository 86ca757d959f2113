"""`errors` and `logs`: what went wrong lately, to the bot's operators by direct message."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, TypeAlias

import discord
from discord import app_commands
from discord.ext import commands

import botwatch
from botwatch_bot.mistakes import Unavailable
from botwatch_bot.operators import OperatorCog
from botwatch_bot.replies import MAX_REPLY, code_block, quote, shorten
from botwatch_bot.slash import translated
from botwatch_bot.texts import phrase
from botwatch_bot.usage import hybrid_command

if TYPE_CHECKING:
    from botwatch_bot.bot import Bot, Context

_ERRORS = 10
_LINES = 20
_MAX_LINES = 200
Lines: TypeAlias = commands.Range[int, 1, _MAX_LINES]
_LIMITS = {"lowest": 1, "highest": _MAX_LINES, "usual": _LINES}


class Diagnostics(OperatorCog):
    """What went wrong lately; the library has masked the secrets in it."""

    @hybrid_command()
    async def errors(self, ctx: Context) -> None:
        """Send the latest distinct errors of this process."""
        found = botwatch.watch(ctx.bot).errors.top(_ERRORS)
        lines = [ctx.texts("errors.title" if found else "errors.none")]
        lines += [
            ctx.texts(
                "errors.line",
                error=quote(error.type),
                where=quote(error.where),
                count=error.count,
                since=round(error.last_seen),
                message=f": {quote(error.message)}" if error.message else "",
            )
            for error in found
        ]
        await send_privately(ctx, "\n".join(lines))

    @hybrid_command(examples=("", "50"), limits=_LIMITS)
    @app_commands.describe(lines=translated("logs.arguments"))
    async def logs(self, ctx: Context, lines: Lines = _LINES) -> None:
        """Send the last lines of the log, in a file if no message holds them."""
        log = "\n".join(botwatch.watch(ctx.bot).logs.tail(lines))
        text = code_block(log) if log else ctx.texts("logs.none")
        if len(text) <= MAX_REPLY:
            await send_privately(ctx, text)
        else:
            await send_privately(ctx, "", discord.File(as_bytes(log), "log.txt"))


def as_bytes(log: str) -> io.BytesIO:
    """Return a log as a file; what people write into it may be no valid Unicode."""
    return io.BytesIO(log.encode(errors="replace"))


async def send_privately(ctx: Context, text: str, *files: discord.File) -> None:
    """Send something by direct message, and say so where the command was used.

    Raises:
        Unavailable: the user takes no direct messages from the bot.
    """
    # Discord waits only 3 s for the reply to a slash command, but longer for that after this.
    await ctx.defer(ephemeral=True)
    try:
        await ctx.author.send(shorten(text), files=files)
    except discord.Forbidden as error:
        raise Unavailable(phrase("diagnostics.refused")) from error
    if ctx.guild is not None or ctx.interaction is not None:
        await ctx.answer(ctx.texts("diagnostics.sent"), private=True)


async def setup(bot: Bot) -> None:
    """Add the cog."""
    await bot.add_cog(Diagnostics())
