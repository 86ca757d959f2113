"""A bot with everything: observed, quick to reconnect, its slash commands kept in sync."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
from discord.ext import commands

from botwatch import _discord, syncing
from botwatch.current import watch
from botwatch.gateway.pacing import IdentifyPacer
from botwatch.metrics import Sync

if TYPE_CHECKING:
    import yarl

    from botwatch.watching import Watch

_log = logging.getLogger(__name__)

_SESSION_EVENTS = {"READY", "RESUMED"}
_LAUNCH_TRIES = 60
_pacer = IdentifyPacer()


class GatewayUnreachableError(Exception):
    """A shard could not be launched in many attempts."""


class Bot(commands.AutoShardedBot):
    """A `commands.AutoShardedBot` that is observed.

    Besides, it waits no longer than needed before an IDENTIFY, resumes zombie connections, survives
    events that cannot be parsed, and tells Discord about its slash commands when they have changed.
    """

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - as the base class has it
        sync_commands: bool = True,
        version: str = "",
        **options: Any,  # noqa: ANN401 - as the base class has it
    ) -> None:
        """Make a bot.

        Args:
            args: as for `commands.AutoShardedBot`.
            sync_commands: whether to tell Discord about the slash commands after each login.
            version: the bot's version, for `discord_bot_build_info` and `/health`.
            options: as for `commands.AutoShardedBot`.

        Raises:
            FatalError: a setting of the library is invalid.
        """
        super().__init__(*args, **options)
        self.watch: Watch = watch(self, version=version)
        self._launches: dict[int, int] = {}
        self._sync_commands = sync_commands
        self._syncing: asyncio.Task[None] | None = None
        _discord.guard_parsers(self, _SESSION_EVENTS, self._event_lost)

    def _event_lost(self, name: str, error: Exception) -> None:
        if self.watch.observer is not None:
            self.watch.observer.failed(error, f"gateway event {name} could not be parsed")

    async def connect(self, *, reconnect: bool = True) -> None:
        """Connect to the gateway, and sync the slash commands meanwhile."""
        if self._sync_commands:
            self._syncing = asyncio.create_task(self.sync_slash_commands())
        zombies = asyncio.create_task(self._resume_zombies())
        try:
            await super().connect(reconnect=reconnect)
        finally:
            zombies.cancel()
            if self._syncing is not None:
                self._syncing.cancel()

    async def sync_slash_commands(self) -> None:
        """Tell Discord about the slash commands if they have changed; a failure is logged."""
        try:
            result = await syncing.sync(self, self.watch.settings.state_directory)
        except (discord.DiscordException, aiohttp.ClientError, OSError, ValueError) as error:
            result = Sync.FAILED
            _log.warning("slash command sync failed", exc_info=error)
        self.watch.metrics.syncs.labels(result).inc()

    async def _resume_zombies(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            if self.watch.observer is not None:
                self.watch.observer.resume_zombies(self.watch.settings.gateway_quiet)

    async def launch_shard(
        self, gateway: yarl.URL, shard_id: int, *, initial: bool = False
    ) -> None:
        """Launch a shard; discord.py retries by calling this again from within itself.

        Raises:
            GatewayUnreachableError: after many attempts, before that recursion gets too deep.
        """
        tries = self._launches[shard_id] = self._launches.get(shard_id, 0) + 1
        if tries > 1 and self.watch.observer is not None:
            what = f"the gateway {gateway} did not take shard {shard_id}"
            self.watch.observer.attempt_failed(what)
        if tries > _LAUNCH_TRIES:
            message = f"shard {shard_id} could not be launched in {_LAUNCH_TRIES} attempts"
            raise GatewayUnreachableError(message)
        await super().launch_shard(gateway, shard_id, initial=initial)
        self._launches.pop(shard_id, None)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Keep Discord's pace of IDENTIFYs, counted over all shards and clients."""
        del shard_id, initial
        await _pacer.wait()
