"""The context of one command: when its message arrived, and the one way to answer."""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import TYPE_CHECKING

import aiohttp
import discord
from discord.ext import commands

from botwatch_bot.commands.text import shorten

if TYPE_CHECKING:
    from discord.ext.commands.view import StringView

    from botwatch_bot.gateway.client import BotClient

arrived_at: ContextVar[float] = ContextVar("arrived_at")
"""`time.perf_counter()` when the message being handled came off the socket."""


class SendError(Exception):
    """Discord did not take a message although it should have."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")


class SendRefusedError(SendError):
    """The bot may not write there, or the channel is gone: the server's owner wants it so."""


class BotContext(commands.Context[commands.AutoShardedBot]):
    """A context that knows when its message arrived, and answers within Discord's limits."""

    def __init__(
        self,
        *,
        message: discord.Message,
        bot: BotClient,
        view: StringView,
        prefix: str | None = None,
    ) -> None:
        super().__init__(message=message, bot=bot, view=view, prefix=prefix)
        self.arrived = arrived_at.get(time.perf_counter())
        self.sending = False
        self._note_sent = bot.note_sent

    async def answer(self, text: str) -> None:
        """Send a text, shortened to what Discord takes, and count it: the one place that sends.

        Raises:
            SendRefusedError: the bot lacks the right to write there, or the channel is gone.
            SendError: anything else went wrong on the way to Discord.
        """
        self.sending = True
        try:
            await self.send(shorten(text))
        except (discord.Forbidden, discord.NotFound) as error:
            raise SendRefusedError(error) from error
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            raise SendError(error) from error
        self._note_sent(self.channel.id)
