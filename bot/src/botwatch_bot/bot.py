"""The bot: its intents, its cogs, and how it replies."""

from __future__ import annotations

import asyncio
import time
from math import inf
from typing import TYPE_CHECKING, Any

import discord
from discord.ext import commands

import botwatch
from botwatch_bot.replies import shorten
from botwatch_bot.slash import CatalogueTranslator, Tree
from botwatch_bot.texts import Texts, best, texts

if TYPE_CHECKING:
    from botwatch_bot.settings import Settings

EXTENSIONS = (
    *("about", "sums", "dice", "clock", "choices", "helping"),
    *("status", "silences", "diagnostics", "manners"),
)
"""The modules in cogs/, in the order in which `help` lists their commands."""

REPLY_SECONDS = 60.0
"""A reply that waits longer for Discord, rate limits included, is dropped."""

_RATE_LIMIT_SECONDS = 30.0
"""A request that Discord wants to wait longer fails."""


class Bot(botwatch.Bot):
    """The sample bot."""

    def __init__(self, settings: Settings, proxy: str | None = None) -> None:
        super().__init__(
            command_prefix=settings.prefix,
            intents=_intents(),
            tree_cls=Tree,
            help_command=None,
            case_insensitive=True,
            allowed_mentions=discord.AllowedMentions.none(),
            # Commands need none of these caches, which grow with every server and message.
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            max_ratelimit_timeout=_RATE_LIMIT_SECONDS,
            proxy=proxy,
        )
        self.settings = settings
        self._replied_at: dict[int, float] = {}

    async def setup_hook(self) -> None:
        """Load the cogs."""
        await self.tree.set_translator(CatalogueTranslator())
        for name in EXTENSIONS:
            await self.load_extension(f"botwatch_bot.cogs.{name}")

    def note_reply(self, channel_id: int) -> None:
        """Note that Discord took a reply in a channel."""
        now = time.monotonic()
        self._replied_at.pop(channel_id, None)
        self._replied_at[channel_id] = now
        # The oldest is the first.
        while now - self._replied_at[first := next(iter(self._replied_at))] > REPLY_SECONDS:
            del self._replied_at[first]

    def replies_lately(self, channel_id: int) -> bool:
        """Return whether Discord took a reply in a channel while another one may have waited."""
        return time.monotonic() - self._replied_at.get(channel_id, -inf) < REPLY_SECONDS

    async def get_context(
        self,
        origin: discord.Message | discord.Interaction[Any],
        /,
        *,
        cls: Any = None,  # noqa: ANN401 - as discord.py has it
    ) -> Any:  # noqa: ANN401 - as discord.py has it
        """Return our own kind of context, also where discord.py asks for one."""
        return await super().get_context(origin, cls=cls or Context)


class Context(commands.Context[Bot]):
    """A context that knows its user's language, and replies within Discord's limits."""

    @property
    def texts(self) -> Texts:
        """The language of the reply."""
        locale = self.bot.settings.locale
        if self.interaction is not None:
            guild = self.interaction.guild_locale
            wanted = (self.interaction.locale.value, guild.value if guild else None)
            locale = best(*wanted, otherwise=locale)
        return texts(locale)

    @property
    def typed_prefix(self) -> str:
        """What the user types before a command's name, here."""
        return self.bot.settings.prefix if self.interaction is None else "/"

    async def answer(self, text: str, *, private: bool = False) -> None:
        """Reply with a text, shortened to what Discord takes.

        Args:
            text: the reply.
            private: whether only the user shall see it, where Discord can do that.

        Raises:
            BotMissingPermissions: the bot may not write in the channel, or the channel is gone.
            TimeoutError: Discord did not take the reply in time.
        """
        try:
            async with asyncio.timeout(REPLY_SECONDS) as patience:
                await self.send(shorten(text), ephemeral=private)
        except TimeoutError:
            if patience.expired() and self.bot.replies_lately(self.channel.id):
                # Discord took other replies, and this one stood in line behind them: people ask
                # faster than a bot may reply in one channel. discord.py ends the command.
                raise asyncio.CancelledError from None
            raise
        except (discord.Forbidden, discord.NotFound) as error:
            if self.interaction is not None:
                # Nobody can forbid the reply to a slash command: we were too late.
                raise
            raise commands.BotMissingPermissions(["send_messages"]) from error
        self.bot.note_reply(self.channel.id)


def _intents() -> discord.Intents:
    intents = discord.Intents.none()
    intents.guilds = True
    intents.guild_messages = True
    intents.dm_messages = True
    intents.message_content = True
    return intents
