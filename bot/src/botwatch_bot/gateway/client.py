"""The discord.py client: our commands, and everything it sees reported to our own state."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp
import discord
import structlog
from discord import app_commands
from discord.ext import commands

from botwatch.gateway.causes import cause_of
from botwatch.gateway.state import describe
from botwatch.metrics import ErrorType, Intervention, SessionKind, Sync
from botwatch_bot.gateway import slash
from botwatch_bot.gateway.answering import Answering
from botwatch_bot.gateway.context import BotContext, arrived_at
from botwatch_bot.gateway.handlers import handlers
from botwatch_bot.gateway.slash import SlashTree
from botwatch_bot.monitoring.alertmanager import Alertmanager
from botwatch_bot.monitoring.prometheus import Prometheus
from botwatch_bot.texts import best, texts

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    import yarl

    from botwatch.gateway.pacing import IdentifyPacer
    from botwatch_bot.services import Services

_log = structlog.get_logger(__name__)

_COMMAND_LIKE = re.compile(r"[a-zA-Z][\w-]{0,31}", re.ASCII)
_SESSION_EVENTS = {"READY", "RESUMED"}
_GUILD_EVENTS = {"GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE"}
_LAUNCH_TRIES = 60
_RESUMABLE = 4000
"""A code to close a connection with: by this Discord keeps its session for a while."""
_RATE_LIMIT_SECONDS = 30.0
_CLOSE_SECONDS = 0.5


class GatewayUnreachableError(Exception):
    """A shard could not be launched in many attempts."""


class BotClient(commands.AutoShardedBot):
    """One login to Discord; the session makes a new one when this has ended."""

    def __init__(self, services: Services, pacer: IdentifyPacer, proxy: str | None = None) -> None:
        super().__init__(
            command_prefix=services.settings.prefix,
            intents=_intents(),
            tree_cls=SlashTree,
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
        self.services = services
        self._pacer = pacer
        self._launches: dict[int, int] = {}
        self._guilds_changed = False
        self.answering = Answering(self)
        self._prometheus = _made(Prometheus, services.settings.prometheus_url)
        self._alertmanager = _made(Alertmanager, services.settings.alertmanager_url)
        self._closing: dict[int, asyncio.Task[None]] = {}
        self._count_event = services.metrics.gateway_events.count
        for handler in handlers(self.answering):
            self.add_command(handler)
        parsers = self._connection.parsers
        parsers.update({name: self._guarded(name, parsers[name]) for name in parsers})

    # What commands may know (see commands.spec.Surroundings)

    @property
    def prefix(self) -> str:
        """The text that starts a command."""
        return self.services.settings.prefix

    @property
    def timezone(self) -> ZoneInfo:
        """The zone that `time` shows when none is asked for."""
        return self.services.settings.zone

    @property
    def guild_count(self) -> int:
        """The number of servers that are reachable now."""
        return self.services.gateway.guild_count

    @property
    def uptime_seconds(self) -> float:
        """Seconds since the process started."""
        return self.services.health.uptime_seconds

    @property
    def latency_seconds(self) -> float | None:
        """Gateway latency in seconds; None while it is not known."""
        return self.services.gateway.latency

    @property
    def prometheus(self) -> Prometheus | None:
        """The Prometheus that watches the bot; None where nobody has named one."""
        return self._prometheus

    @property
    def alertmanager(self) -> Alertmanager | None:
        """The Alertmanager that reports on the bot; None where nobody has named one."""
        return self._alertmanager

    # What the gateway tells

    def dispatch(self, event_name: str, /, *args: object, **kwargs: object) -> None:
        """See each event the moment it arrives, before discord.py schedules its handlers."""
        match event_name:
            case "socket_event_type":
                arrived_at.set(time.perf_counter())
                self._saw_event(str(args[0]))
                return  # nobody else listens to it, and it comes with every other event
            case "shard_connect":
                self._shard_up(_shard_id(args), SessionKind.IDENTIFY)
            case "shard_resumed":
                self._shard_up(_shard_id(args), SessionKind.RESUME)
            case "shard_disconnect":
                self._shard_down(_shard_id(args))
        super().dispatch(event_name, *args, **kwargs)

    def sample(self) -> None:
        """Refresh what changes without an event; call it about once a second."""
        state = self.services.gateway
        if self.shard_count:
            state.expect(self.shard_count)
        for shard_id in self.shards:
            socket = self._get_websocket(shard_id=shard_id)
            state.sample(
                shard_id, socket.latency, socket_open=socket.open, sequence=socket.sequence
            )
        self._resume_the_deaf()
        if self._guilds_changed:
            self._guilds_changed = False
            self._count_guilds()
        self.answering.sweep()

    def drop_connections(self) -> int:
        """Close every connection without a word to the server; return how many there were."""
        connected = [number for number, shard in self.shards.items() if not shard.is_closed()]
        for shard_id in connected:
            self._close_to_resume(shard_id, Intervention.DRILL)
        return len(connected)

    def _resume_the_deaf(self) -> None:
        """Resume each connection that no longer seems to hear or to be heard.

        A silent one shows by its RESUMED whether it still has events for us: this costs no login.
        """
        now = time.monotonic()
        quiet = self.services.settings.gateway_quiet
        for shard_id, shard in self.services.gateway.shards().items():
            if shard_id in self._closing or not shard.socket_open:
                continue
            if shard.unanswered_seconds(now):
                self._close_to_resume(shard_id, Intervention.UNANSWERED)
            elif quiet and shard.quiet_seconds(now) > quiet:
                self._close_to_resume(shard_id, Intervention.QUIET)

    def _close_to_resume(self, shard_id: int, why: Intervention) -> None:
        self.services.metrics.gateway_interventions.labels(why).inc()
        _log.warning("closing a connection to have it resumed", shard=shard_id, why=str(why))
        closing = asyncio.create_task(self._get_websocket(shard_id=shard_id).close(_RESUMABLE))
        self._closing[shard_id] = closing
        closing.add_done_callback(lambda _: self._closing.pop(shard_id, None))

    def _saw_event(self, name: str) -> None:
        self.services.gateway.event()
        self._count_event(name)
        if name in _GUILD_EVENTS:
            self._guilds_changed = True

    def _guarded(self, name: str, parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Return a parser for which one malformed event is one event lost.

        The library takes it for the end of the client, and of all its connections.
        """
        if name in _SESSION_EVENTS:
            return parse

        def guarded(data: Any) -> None:  # noqa: ANN401 - whatever came
            try:
                parse(data)
            except Exception:  # noqa: BLE001 - whatever it is, it is counted
                self.services.metrics.errors.labels(ErrorType.INTERNAL).inc()
                _log.exception("gateway event could not be parsed", event_type=name)

        return guarded

    def _shard_up(self, shard_id: int, kind: SessionKind) -> None:
        self.services.metrics.gateway_sessions.labels(kind).inc()
        self.services.gateway.shard_up(shard_id, resumed=kind is SessionKind.RESUME)
        self.sample()

    def _shard_down(self, shard_id: int) -> None:
        if self.services.gateway.shard_down(shard_id):
            self.services.metrics.gateway_disconnects.inc()
            _log.warning("disconnected from the gateway", shard=shard_id)
        else:
            # It was down already, so this is an attempt to come back that failed.
            self._attempt_failed(f"shard {shard_id} could not reconnect")

    def _attempt_failed(self, what: str) -> None:
        # discord.py keeps the cause to itself, but reports from within its `except` clauses.
        cause = sys.exception()
        self.services.metrics.errors.labels(ErrorType.GATEWAY).inc()
        self.services.metrics.gateway_failures.labels(cause_of(cause)).inc()
        self.services.gateway.fail(what if cause is None else f"{what}: {describe(cause)}")

    def _count_guilds(self) -> None:
        reachable = [guild for guild in self.guilds if not guild.unavailable]
        self.services.gateway.guild_count = len(reachable)
        self.services.metrics.active_guilds.set(len(reachable))
        self.services.metrics.guild_members.set(sum(guild.member_count or 0 for guild in reachable))

    # How it connects

    async def sync_slash_commands(self) -> None:
        """Let Discord know our slash commands; without it, `?` commands work all the same."""
        try:
            result = await slash.sync(self, self.services.settings.state_folder)
        except (discord.DiscordException, aiohttp.ClientError, OSError, ValueError) as error:
            result = Sync.FAILED
            _log.warning("slash command sync failed", exc_info=error)
        self.services.metrics.syncs.labels(result).inc()

    async def launch_shard(
        self, gateway: yarl.URL, shard_id: int, *, initial: bool = False
    ) -> None:
        """Launch a shard; discord.py retries by calling this again from within itself.

        Raises:
            GatewayUnreachableError: after many attempts, before that recursion gets too deep.
        """
        tries = self._launches[shard_id] = self._launches.get(shard_id, 0) + 1
        if tries > 1:
            self._attempt_failed(f"the gateway {gateway} did not take shard {shard_id}")
        if tries > _LAUNCH_TRIES:
            message = f"shard {shard_id} could not be launched in {_LAUNCH_TRIES} attempts"
            raise GatewayUnreachableError(message)
        await super().launch_shard(gateway, shard_id, initial=initial)
        self._launches.pop(shard_id, None)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Keep Discord's pace of IDENTIFYs, counted over all shards and sessions."""
        del shard_id, initial
        await self._pacer.wait()

    # How commands run

    async def get_context(
        self,
        origin: discord.Message | discord.Interaction[Any],
        /,
        *,
        cls: Any = BotContext,  # noqa: ANN401 - as the library has it
    ) -> Any:  # noqa: ANN401 - as the library has it
        """Return our own kind of context, also where the library asks for one."""
        return await super().get_context(origin, cls=cls)

    async def on_message(self, message: discord.Message, /) -> None:
        """Run the command in a message, if there is one and it is from a person."""
        if message.author.bot or not self.answering.accepting:
            return
        ctx = await super().get_context(message, cls=BotContext)
        word = ctx.invoked_with or ""
        if ctx.command is not None:
            await self.answering.count(ctx, ctx.command.name, ctx.command.invoke(ctx))
        elif _COMMAND_LIKE.fullmatch(word):
            await self.answering.unknown(ctx, word)

    async def on_command_error(
        self, context: commands.Context[Any], exception: commands.CommandError, /
    ) -> None:
        """Count and answer what stopped a slash command before our own code ran."""
        if isinstance(context, BotContext) and context.command is not None:
            await self.answering.count(context, context.command.name, _raising(exception))

    async def slash_failed(
        self, interaction: discord.Interaction[BotClient], error: app_commands.AppCommandError
    ) -> None:
        """Answer a slash command that Discord knows and we do not, or no longer in that form."""
        self.services.metrics.unknown_commands.inc()
        _log.warning("unknown slash command", why=str(error))
        locale = best(interaction.locale.value, otherwise=self.services.settings.locale)
        try:
            await interaction.response.send_message(
                texts(locale)("answer.out_of_date"), ephemeral=True
            )
        except (discord.DiscordException, aiohttp.ClientError, OSError) as failure:
            self.services.metrics.errors.labels(ErrorType.SEND).inc()
            _log.error("answer not sent", exc_info=failure)
        else:
            self.answering.note_sent(interaction.channel_id or 0)

    async def on_error(self, event_method: str, /, *args: object, **kwargs: object) -> None:
        """Count and log what a handler of discord.py's let through."""
        del args, kwargs
        self.services.metrics.errors.labels(ErrorType.INTERNAL).inc()
        _log.exception("event handler failed", handler=event_method)

    # How it ends

    async def shut_down(self) -> None:
        """Let running commands end, then close; bounded to well under two seconds."""
        await self.answering.drain()
        try:
            # A server that does not answer the closing handshake would hold us for 30 s.
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.close()
        except TimeoutError:
            _log.warning("Discord did not confirm the end of the connection")


def _shard_id(args: tuple[object, ...]) -> int:
    return int(str(args[0]))


_Made = TypeVar("_Made")


def _made(kind: Callable[[str], _Made], url: str | None) -> _Made | None:
    return None if url is None else kind(url)


async def _raising(error: Exception) -> None:
    raise error


def _intents() -> discord.Intents:
    intents = discord.Intents.none()
    intents.guilds = True
    intents.guild_messages = True
    intents.dm_messages = True
    intents.message_content = True
    return intents
