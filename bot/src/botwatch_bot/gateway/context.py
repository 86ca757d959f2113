"""The context of one command: when its message arrived, and the one way to answer."""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
from discord.ext import commands

from botwatch_bot.commands.text import shorten
from botwatch_bot.texts import Texts, best, texts

if TYPE_CHECKING:
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

    bot: BotClient

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 - the library's own parameters
        super().__init__(**given)
        self.arrived = arrived_at.get(time.perf_counter())
        self.sending = False

    @property
    def texts(self) -> Texts:
        """The language of the answer."""
        default = self.bot.services.settings.locale
        asked = self.interaction
        if asked is None:
            return texts(default)
        guild = None if asked.guild_locale is None else asked.guild_locale.value
        return texts(best(asked.locale.value, guild, otherwise=default))

    @property
    def typed_prefix(self) -> str:
        """What the user types before a command's name, here."""
        return self.bot.prefix if self.interaction is None else "/"

    async def answer(self, text: str, *, private: bool = False) -> None:
        """Send a text, shortened to what Discord takes, and count it: the one place that sends.

        Args:
            text: what to say.
            private: whether only the user shall see it, where Discord can do that.

        Raises:
            SendRefusedError: the bot lacks the right to write there, or the channel is gone.
            SendError: anything else went wrong on the way to Discord.
        """
        self.sending = True
        try:
            if self.interaction is None:
                await self.send(shorten(text))
            else:
                await self._send(self.interaction, shorten(text), private=private)
        except (discord.Forbidden, discord.NotFound) as error:
            if self.interaction is not None:
                # Nobody can forbid the answer to a slash command: we were too late.
                raise SendError(error) from error
            raise SendRefusedError(error) from error
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            raise SendError(error) from error
        self.bot.answering.note_sent(self.channel.id)

    async def _send(
        self, asked: discord.Interaction[commands.AutoShardedBot], text: str, *, private: bool
    ) -> None:
        if asked.response.is_done():
            await asked.followup.send(text, ephemeral=private)
        else:
            await asked.response.send_message(text, ephemeral=private)
