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

from botwatch_bot.commands import COMMANDS, Command, Request, UnavailableError
from botwatch_bot.commands.text import did_you_mean, quote
from botwatch_bot.cooldown import Cooldown
from botwatch_bot.gateway import slash
from botwatch_bot.gateway.causes import cause_of
from botwatch_bot.gateway.context import BotContext, SendError, SendRefusedError, arrived_at
from botwatch_bot.gateway.handlers import handlers
from botwatch_bot.gateway.slash import SlashTree
from botwatch_bot.gateway.state import describe
from botwatch_bot.gateway.verdicts import CooldownError, judge, unwrap
from botwatch_bot.metrics import ErrorType, Intervention, SessionKind, Status, Sync
from botwatch_bot.monitoring.alertmanager import Alertmanager
from botwatch_bot.monitoring.prometheus import Prometheus
from botwatch_bot.texts import best, phrase, texts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from zoneinfo import ZoneInfo

    import yarl

    from botwatch_bot.gateway.pacing import IdentifyPacer
    from botwatch_bot.services import Services

_log = structlog.get_logger(__name__)

_COMMAND_LIKE = re.compile(r"[a-zA-Z][\w-]{0,31}", re.ASCII)
_SESSION_EVENTS = {"READY", "RESUMED"}
_GUILD_EVENTS = {"GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE"}
COMMAND_SECONDS = 60.0
"""A command that takes longer, waits for rate limits included, is ended."""
_LAUNCH_TRIES = 60
_RESUMABLE = 4000
"""A code to close a connection with: by this Discord keeps its session for a while."""
_RATE_LIMIT_SECONDS = 30.0
_DRAIN_SECONDS = 0.8
_CLOSE_SECONDS = 0.5


class GatewayUnreachableError(Exception):
    """A shard could not be launched in many attempts."""


class BotClient(commands.AutoShardedBot):
    """One login to Discord; the session makes a new one when this has ended."""

    def __init__(self, services: Services, pacer: IdentifyPacer) -> None:
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
        )
        self.services = services
        self._pacer = pacer
        self._launches: dict[int, int] = {}
        self._guilds_changed = False
        self._running: dict[asyncio.Task[Any] | None, BotContext] = {}
        self._overdue: dict[asyncio.Task[Any] | None, Status] = {}
        self._sent_to: dict[int, float] = {}
        self._accepting = True
        self._cooldown = Cooldown(services.settings.user_commands_per_minute)
        self._prometheus = _made(Prometheus, services.settings.prometheus_url)
        self._alertmanager = _made(Alertmanager, services.settings.alertmanager_url)
        self._closing: dict[int, asyncio.Task[None]] = {}
        self._count_event = services.metrics.gateway_events.count
        for handler in handlers(self):
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
        self.services.metrics.commands_running.set(len(self._running))
        if self._guilds_changed:
            self._guilds_changed = False
            self._count_guilds()
        self._end_overdue_commands()
        self._cooldown.sweep()

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
                _log.exception("event of the gateway not understood", event_type=name)

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
            _log.warning("Discord could not be told of the slash commands", exc_info=error)
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
        if message.author.bot or not self._accepting:
            return
        ctx = await super().get_context(message, cls=BotContext)
        word = ctx.invoked_with or ""
        if ctx.command is not None:
            await self._count(ctx, ctx.command.name, ctx.command.invoke(ctx))
        elif _COMMAND_LIKE.fullmatch(word):
            task = asyncio.current_task()
            self._running[task] = ctx
            try:
                await self._unknown(ctx, word)
            finally:
                self._leave(task)

    async def serve(self, ctx: BotContext, command: Command, text: str) -> None:
        """Answer one use of a command, with the text after its name.

        Raises:
            Exception: whatever a command raises; for a slash command it is counted already.
        """
        if ctx.interaction is None:
            await self._serve(ctx, command, text)
        elif self._accepting:
            await self._count(ctx, command.name, self._serve(ctx, command, text))

    async def on_command_error(
        self, context: commands.Context[Any], exception: commands.CommandError, /
    ) -> None:
        """Count and answer what stopped a slash command before our own code ran."""
        if isinstance(context, BotContext) and context.command is not None:
            await self._count(context, context.command.name, _raising(exception))

    async def slash_failed(
        self, interaction: discord.Interaction[BotClient], error: app_commands.AppCommandError
    ) -> None:
        """Answer a slash command that Discord knows and we do not, or no longer in that form."""
        self.services.metrics.unknown_commands.inc()
        _log.warning("a slash command that is none of ours", why=str(error))
        locale = best(interaction.locale.value, otherwise=self.services.settings.locale)
        try:
            await interaction.response.send_message(
                texts(locale)("answer.out_of_date"), ephemeral=True
            )
        except (discord.DiscordException, aiohttp.ClientError, OSError) as failure:
            self.services.metrics.errors.labels(ErrorType.SEND).inc()
            _log.error("answer not sent", exc_info=failure)
        else:
            self.note_sent(interaction.channel_id or 0)

    def note_sent(self, channel_id: int) -> None:
        """Count a message that Discord accepted in a channel."""
        self.services.metrics.messages_sent.inc()
        self._sent_to[channel_id] = time.perf_counter()

    async def _serve(self, ctx: BotContext, command: Command, text: str) -> None:
        self._hold_back(ctx)
        author = ""
        if command.operators_only:
            if not self._is_operator(ctx.author):
                raise UnavailableError(phrase("answer.operators_only"))
            author = f"{ctx.author.name} ({ctx.author.id})"
        request = Request(
            text=text,
            bot=self,
            commands=COMMANDS,
            texts=ctx.texts,
            prefix=ctx.typed_prefix,
            author=author,
        )
        await ctx.answer(await command.answer(request))

    def _hold_back(self, ctx: BotContext) -> None:
        """Let nobody use commands faster than they may.

        Raises:
            CooldownError: the user has to wait.
        """
        user = ctx.author.id
        seconds = self._cooldown.take(user)
        if seconds:
            # A slash command has to be answered; in a channel a flood need not become two.
            tell = self._cooldown.tell(user) or ctx.interaction is not None
            raise CooldownError(seconds, tell=tell)

    def _is_operator(self, user: discord.User | discord.Member) -> bool:
        role = self.services.settings.operator_role
        if role is not None and isinstance(user, discord.Member) and user.get_role(role):
            return True
        return self.application is not None and user.id in _owners(self.application)

    def _leave(self, task: asyncio.Task[Any] | None) -> None:
        """Let go of a task that was watched over, as it took no longer than it may."""
        del self._running[task]
        self._overdue.pop(task, None)

    async def _count(self, ctx: BotContext, name: str, running: Awaitable[None]) -> None:
        """Run a command and count it once, however it ends."""
        status = Status.CANCELLED
        task = asyncio.current_task()
        self._running[task] = ctx
        try:
            status = await self._run(ctx, name, running)
        finally:
            status = self._overdue.get(task, status)
            self.services.counter.finish(name, status, ctx.author.id, ctx.arrived)
            self._leave(task)

    async def _run(self, ctx: BotContext, name: str, running: Awaitable[None]) -> Status:
        try:
            await running
        except Exception as error:  # noqa: BLE001 - whatever it is, it is judged and counted
            return await self._failed(ctx, name, unwrap(error))
        # discord.py swallows a cancellation inside a command and only marks the context.
        return Status.CANCELLED if ctx.command_failed else Status.SUCCESS

    def _end_overdue_commands(self) -> None:
        # Looked for once a second: a timeout around each command would cost more than its parsing.
        horizon = time.perf_counter() - COMMAND_SECONDS
        self._sent_to = {channel: at for channel, at in self._sent_to.items() if at > horizon}
        for task, ctx in self._running.items():
            if task is not None and ctx.arrived < horizon and task not in self._overdue:
                self._overdue[task] = self._judge_overdue(ctx)
                task.cancel()

    def _judge_overdue(self, ctx: BotContext) -> Status:
        if ctx.sending and ctx.channel.id in self._sent_to:
            # Discord took other answers meanwhile, so this one stood in line behind them: people
            # ask faster than a bot may answer in one channel, which is no fault.
            _log.warning("answer given up: too many wait in its channel", seconds=COMMAND_SECONDS)
            return Status.CANCELLED
        self.services.metrics.errors.labels(ErrorType.COMMAND).inc()
        _log.error("command took too long", seconds=COMMAND_SECONDS)
        return Status.ERROR

    async def _failed(self, ctx: BotContext, name: str, error: Exception) -> Status:
        verdict = judge(error, COMMANDS[name].example(ctx.typed_prefix))
        if verdict.error_type is not None:
            self.services.metrics.errors.labels(verdict.error_type).inc()
            _log.error("command failed", command=name, exc_info=error.__cause__ or error)
        else:
            _log.debug("command refused", command=name, why=str(error))
        if verdict.reply is not None:
            await self._tell(ctx, ctx.texts.say(verdict.reply))
        return verdict.status

    async def _unknown(self, ctx: BotContext, word: str) -> None:
        self.services.metrics.unknown_commands.inc()
        try:
            self._hold_back(ctx)
        except CooldownError as error:
            verdict = judge(error, "")
            if verdict.reply is not None:
                await self._tell(ctx, ctx.texts.say(verdict.reply))
            return
        hint = did_you_mean(word, COMMANDS)
        await self._tell(
            ctx,
            ctx.texts("answer.unknown_command", word=quote(word), hint=hint, prefix=self.prefix),
        )

    async def _tell(self, ctx: BotContext, text: str) -> None:
        """Send an answer about a failure; that this fails too is counted, not raised."""
        try:
            await ctx.answer(text, private=True)
        except SendRefusedError as error:
            _log.debug("answer refused", why=str(error))
        except SendError as error:
            self.services.metrics.errors.labels(ErrorType.SEND).inc()
            _log.error("answer not sent", exc_info=error.__cause__)

    async def on_error(self, event_method: str, /, *args: object, **kwargs: object) -> None:
        """Count and log what a handler of discord.py's let through."""
        del args, kwargs
        self.services.metrics.errors.labels(ErrorType.INTERNAL).inc()
        _log.exception("event handler failed", handler=event_method)

    # How it ends

    async def shut_down(self) -> None:
        """Let running commands end, then close; bounded to well under two seconds."""
        self._accepting = False
        running = list(filter(None, self._running))
        if running:
            _, unfinished = await asyncio.wait(running, timeout=_DRAIN_SECONDS)
            for task in unfinished:
                task.cancel()
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


def _owners(application: discord.AppInfo) -> set[int]:
    """Return who owns the bot, or in a team may change it."""
    if application.team is None:
        return {application.owner.id}
    trusted = {discord.TeamMemberRole.admin, discord.TeamMemberRole.developer}
    members = application.team.members
    return {application.team.owner_id or 0, *(m.id for m in members if m.role in trusted)}


def _intents() -> discord.Intents:
    intents = discord.Intents.none()
    intents.guilds = True
    intents.guild_messages = True
    intents.dm_messages = True
    intents.message_content = True
    return intents
