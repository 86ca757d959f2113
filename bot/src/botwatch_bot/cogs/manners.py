"""How fast one may use commands, and what the bot replies when a command fails."""

from __future__ import annotations

import contextlib
import logging
import re
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from botwatch_bot.cooldown import UserCooldown
from botwatch_bot.mistakes import Mistake, Unavailable
from botwatch_bot.replies import did_you_mean, quote
from botwatch_bot.texts import phrase
from botwatch_bot.usage import Usage

if TYPE_CHECKING:
    from botwatch_bot.bot import Bot, Context
    from botwatch_bot.texts import Phrase

_log = logging.getLogger(__name__)

_COMMAND_LIKE = re.compile(r"[a-zA-Z][\w-]{0,31}", re.ASCII)
_WRAPPERS = (
    commands.CommandInvokeError,
    commands.HybridCommandError,
    app_commands.CommandInvokeError,
)
_SEND_FAILURES = (discord.DiscordException, aiohttp.ClientError, OSError)


class Manners(commands.Cog):
    """Holds back those who are too fast, explains mistakes, and apologises for faults."""

    def __init__(self, bot: Bot) -> None:
        self.cooldown = UserCooldown(bot.settings.user_commands_per_minute)

    async def bot_check(self, ctx: commands.Context[Any]) -> bool:
        """Let nobody use commands faster than they may.

        Raises:
            CommandOnCooldown: the user has to wait.
        """
        self.cooldown.take(ctx)
        return True

    @commands.Cog.listener()
    async def on_command_error(self, ctx: Context, error: commands.CommandError) -> None:
        """Reply to a command that failed, if there is something to say."""
        if ctx.command is None:
            reply = self._unknown(ctx)
        else:
            reply = self._failed(ctx, ctx.command, unwrap(error))
        if reply is not None:
            # Where the bot may not write, nobody expects its reply.
            with contextlib.suppress(commands.BotMissingPermissions):
                await ctx.answer(ctx.texts.say(reply), private=True)

    def _unknown(self, ctx: Context) -> Phrase | None:
        """Return what to say to a word that looks like a command and is none."""
        word = ctx.invoked_with or ""
        if not _COMMAND_LIKE.fullmatch(word):
            return None
        try:
            self.cooldown.take(ctx)
        except commands.CommandOnCooldown as error:
            return self._too_fast(ctx, error)
        hint = did_you_mean(word, ctx.bot.all_commands)
        return phrase(
            "answer.unknown_command", word=quote(word), hint=hint, prefix=ctx.typed_prefix
        )

    def _failed(
        self, ctx: Context, command: commands.Command[Any, ..., Any], error: Exception
    ) -> Phrase | None:
        match error:
            case commands.CommandOnCooldown():
                return self._too_fast(ctx, error)
            case Unavailable():
                return error.phrase
            case commands.UserInputError():
                what = error.phrase if isinstance(error, Mistake) else library_text(error)
                example = Usage(command, ctx.texts, ctx.typed_prefix).example
                return phrase("answer.for_example", mistake=what, example=example)
            case commands.BotMissingPermissions():
                return None
            case commands.CheckFailure() | commands.DisabledCommand():
                return phrase("answer.not_here")
        _log.error("command %s failed", command.name, exc_info=error)
        # What could not be sent, an apology could not be either.
        return None if isinstance(error, _SEND_FAILURES) else phrase("answer.apology")

    def _too_fast(self, ctx: Context, error: commands.CommandOnCooldown) -> Phrase | None:
        # A slash command has to be answered; in a channel a flood need not become two.
        if self.cooldown.warn(ctx) or ctx.interaction is not None:
            return phrase("answer.too_fast", seconds=max(1, round(error.retry_after)))
        return None


def unwrap(error: Exception) -> Exception:
    """Return what a command really raised, without discord.py's wrapping."""
    while isinstance(error, _WRAPPERS):
        error = error.original
    return error


def library_text(error: commands.UserInputError) -> Phrase:
    """Return what discord.py says about an argument, which is in English only."""
    return phrase("answer.library", text=error)


async def setup(bot: Bot) -> None:
    """Add the cog."""
    await bot.add_cog(Manners(bot))
