"""Sees what one client does: its events, its commands and their ends, its connections.

Every event passes through `Client.dispatch`, which is wrapped: a plain `Client` has no listeners,
and a listener for `on_command_error` turns off discord.py's own, which logs the traceback. Hooks
that can only be overridden (`on_error`, the command tree's) are wrapped again whenever they were
replaced, so that it does not matter when a bot defines its own.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import re
import sys
import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from botwatch import _discord, judging
from botwatch.gateway.causes import cause_of
from botwatch.gateway.state import describe
from botwatch.metrics import ErrorType, Intervention, SessionKind, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from botwatch.services import Services

_log = logging.getLogger(__name__)

_COMMAND_LIKE = re.compile(r"[a-zA-Z][\w-]{0,31}", re.ASCII)
_GUILD_EVENTS = {"READY", "GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE"}
_RESUMABLE = 4000
"""A code to close a connection with: by this Discord keeps its session for a while."""

_ATTRIBUTE = "_botwatch_observer"
"""The attribute of a client that holds what observes it."""

_arrived_at: ContextVar[float] = ContextVar("botwatch_arrived_at")


@dataclass(slots=True)
class Running:
    """A command that is running."""

    command: str
    user_id: int
    arrived: float
    task: asyncio.Task[Any] | None


class Observer:
    """Observes one client, from before its login to its end."""

    def __init__(self, services: Services, client: discord.Client) -> None:
        self.accepting = True
        self._services = services
        self._client = client
        self._dispatch = client.dispatch
        self._running: dict[int, Running] = {}
        self._guilds_changed = True
        self._sharded = isinstance(client, discord.AutoShardedClient)
        self._closing: dict[int, asyncio.Task[None]] = {}
        setattr(client, _ATTRIBUTE, self)
        client.dispatch = self.dispatch  # type: ignore[method-assign] # see above
        _discord.reroute(client, self.dispatch)
        self._wrap(client, "on_error", self._observed_on_error)
        self._wrap_tree()

    def reports_to(self, services: Services) -> bool:
        """Return whether this is where it counts what it sees."""
        return self._services is services

    @property
    def running(self) -> tuple[Running, ...]:
        """The commands that are running."""
        return tuple(self._running.values())

    # Events

    def dispatch(self, event: str, /, *args: Any, **named: Any) -> None:  # noqa: ANN401 - as the library has it
        """See an event, then let the client have it."""
        if event == "socket_event_type":
            _arrived_at.set(time.perf_counter())
            self._saw(str(args[0]))
        elif event == "message" and not self.accepting:
            return
        else:
            see = self._EVENTS.get(event)
            if see is not None:
                try:
                    see(self, *args)
                except Exception as error:  # noqa: BLE001 - the bot must not fail by being observed
                    self.failed(error, f"event {event} not counted")
        self._dispatch(event, *args, **named)

    def failed(self, error: BaseException, what: str) -> None:
        """Count and log a fault that is nobody's but the bot's or the library's."""
        self._services.metrics.errors.labels(ErrorType.INTERNAL).inc()
        if self._services.errors.see(error):
            _log.error("%s", what, exc_info=error)

    def _saw(self, name: str) -> None:
        self._services.gateway.event()
        self._services.metrics.gateway_events.count(name)
        if name in _GUILD_EVENTS:
            self._guilds_changed = True
        self._wrap(self._client, "on_error", self._observed_on_error)
        if name == "INTERACTION_CREATE":
            self._wrap_tree()

    # Commands

    def _began(self, ctx: commands.Context[Any]) -> None:
        if ctx.command is not None:
            self._begin(_key(ctx), ctx.command.qualified_name, ctx.author)

    def _completed(self, ctx: commands.Context[Any]) -> None:
        self._rename(ctx)
        # discord.py swallows a cancellation inside a command and only marks the context.
        self._end(_key(ctx), Status.CANCELLED if ctx.command_failed else Status.SUCCESS)

    def _command_failed(self, ctx: commands.Context[Any], error: Exception) -> None:
        if ctx.command is None or judging.is_unknown(error):
            if _COMMAND_LIKE.fullmatch(ctx.invoked_with or ""):
                self._services.metrics.unknown_commands.inc()
            return
        key = _key(ctx)
        if key not in self._running:  # what invokes a command itself need not have announced it
            self._begin(key, ctx.command.qualified_name, ctx.author)
        self._rename(ctx)
        self._judge(key, error)

    def _rename(self, ctx: commands.Context[Any]) -> None:
        """Call a running command by the name of the subcommand, which is known by now."""
        running = self._running.get(_key(ctx))
        if running is not None and ctx.command is not None:
            running.command = ctx.command.qualified_name

    def _app_completed(self, interaction: discord.Interaction[Any], _: object) -> None:
        self._end(interaction.id, Status.SUCCESS)

    def _app_failed(self, interaction: discord.Interaction[Any], error: Exception) -> None:
        if judging.is_unknown(error):
            self._services.metrics.unknown_commands.inc()
            self._running.pop(interaction.id, None)
            return
        self._judge(interaction.id, error)

    def _begin(self, key: int, command: str, user: object) -> None:
        task = asyncio.current_task()
        arrived = _arrived_at.get(time.perf_counter())
        if key not in self._running and task is not None:
            # A command whose end nobody announces was cancelled.
            task.add_done_callback(functools.partial(self._over, key))
        self._running[key] = Running(command, getattr(user, "id", 0), arrived, task)

    def _over(self, key: int, task: asyncio.Task[Any]) -> None:
        if key in self._running and self._running[key].task is task:
            self._end(key, Status.CANCELLED)

    def _end(self, key: int, status: Status) -> None:
        running = self._running.pop(key, None)
        if running is not None:
            self._services.counter.finish(running.command, status, running.user_id, running.arrived)

    def _judge(self, key: int, error: Exception) -> None:
        status, kind = judging.judge(error)
        if kind is not None:
            self._services.metrics.errors.labels(kind).inc()
            self._services.errors.see(judging.unwrap(error))
        self._end(key, status)

    def know_commands(self) -> None:
        """Export every command that the bot has by now; call it now and then."""
        self._services.counter.know(_names(self._client))

    async def drain(self, seconds: float) -> None:
        """Take no more commands and let those that run end, or end them after a moment."""
        self.accepting = False
        tasks = {run.task for run in self._running.values() if run.task is not None}
        tasks.discard(asyncio.current_task())
        if tasks:
            _, unfinished = await asyncio.wait(tasks, timeout=seconds)
            for task in unfinished:
                task.cancel()

    # Hooks that can only be overridden

    def _wrap_tree(self) -> None:
        tree = _discord.tree_of(self._client)
        if tree is not None:
            self._wrap(tree, "on_error", self._observed_tree_error)
            self._wrap(tree, "interaction_check", self._observed_check)

    def _wrap(self, owner: object, name: str, observed: Callable[[Any], Any]) -> None:
        own = getattr(owner, name)
        if getattr(own, "botwatch", None) is not self:
            wrapper: Any = functools.wraps(own)(observed(own))
            wrapper.botwatch = self
            setattr(owner, name, wrapper)

    def _observed_on_error(self, own: Any) -> Any:  # noqa: ANN401 - whatever the bot has
        async def on_error(event: str, /, *args: Any, **named: Any) -> None:  # noqa: ANN401 - as above
            error = sys.exception()
            if error is not None:
                kind = judging.error_type(error, otherwise=ErrorType.INTERNAL)
                self._services.metrics.errors.labels(kind).inc()
                self._services.errors.see(judging.unwrap(error))
            await own(event, *args, **named)

        return on_error

    def _observed_tree_error(self, own: Any) -> Any:  # noqa: ANN401 - whatever the bot has
        async def on_error(
            interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /
        ) -> None:
            self._app_failed(interaction, error)
            await own(interaction, error)

        return on_error

    def _observed_check(self, own: Any) -> Any:  # noqa: ANN401 - whatever the bot has
        async def interaction_check(interaction: discord.Interaction[Any], /) -> bool:
            if interaction.type is not discord.InteractionType.application_command:
                return bool(await own(interaction))
            if not self.accepting:
                return False
            if interaction.command is not None:
                self._begin(interaction.id, interaction.command.qualified_name, interaction.user)
            allowed = bool(await own(interaction))
            if not allowed:
                self._end(interaction.id, Status.USER_ERROR)
            return allowed

        return interaction_check

    # Connections

    def sample(self) -> None:
        """Refresh what changes without an event; call it about once a second."""
        state = self._services.gateway
        state.expect(self._expected())
        for number, socket in _discord.sockets(self._client).items():
            state.sample(number, socket.latency, socket_open=socket.open, sequence=socket.sequence)
        self._services.metrics.commands_running.set(len(self._running))
        if self._guilds_changed:
            self._guilds_changed = False
            self._count_guilds()

    def _expected(self) -> Collection[int]:
        if not self._sharded:
            return [_discord.shard_of(self._client)]
        # One process of several runs some shards only; how many there are is not known before.
        return getattr(self._client, "shard_ids", None) or range(self._client.shard_count or 0)

    def catch_up(self) -> None:
        """Note that the client has logged in already, and the connections that it has."""
        _log.warning(
            "botwatch.watch was called after the login: what came before is not counted; "
            "call it once the bot is made, before it logs in"
        )
        self._services.gateway.begin()
        self._services.gateway.logged_in()
        for number, socket in _discord.sockets(self._client).items():
            if socket.open:
                self._up(number, SessionKind.IDENTIFY)

    def drop_connections(self) -> int:
        """Close every connection without a word to the server; return how many there were."""
        open_now = [n for n, socket in _discord.sockets(self._client).items() if socket.open]
        for number in open_now:
            self.close_to_resume(number, Intervention.DRILL)
        return len(open_now)

    def close_to_resume(self, number: int, why: Intervention) -> None:
        """Close a connection in a way that makes discord.py resume its session."""
        if number in self._closing:
            return
        closing = _discord.closing(self._client, number, _RESUMABLE)
        if closing is None:
            return
        self._services.metrics.gateway_interventions.labels(why).inc()
        _log.warning("closing a connection to have it resumed: shard %d, %s", number, why)
        task = asyncio.ensure_future(closing)
        self._closing[number] = task
        task.add_done_callback(lambda _: self._closing.pop(number, None))

    def resume_zombies(self, quiet_seconds: float) -> None:
        """Resume each connection that no longer seems to receive or to be heard.

        A silent one shows by its RESUMED whether it still has events: this costs no login.
        """
        now = time.monotonic()
        for number, shard in self._services.gateway.shards().items():
            if not shard.socket_open:
                continue
            if shard.unanswered_seconds(now):
                self.close_to_resume(number, Intervention.UNANSWERED)
            elif quiet_seconds and shard.quiet_seconds(now) > quiet_seconds:
                self.close_to_resume(number, Intervention.QUIET)

    def _up(self, number: int, kind: SessionKind) -> None:
        self._services.metrics.gateway_sessions.labels(kind).inc()
        self._services.gateway.shard_up(number, resumed=kind is SessionKind.RESUME)
        self.sample()

    def _down(self, number: int) -> None:
        if self._services.gateway.shard_down(number):
            self._services.metrics.gateway_disconnects.inc()
            _log.warning("disconnected from the gateway: shard %d", number)
        else:
            # It was down already, so this is an attempt to come back that failed.
            self.attempt_failed(f"shard {number} could not reconnect")

    def attempt_failed(self, what: str) -> None:
        """Count an attempt to connect that failed; call it where its exception is handled."""
        # discord.py keeps the cause to itself, but reports from within its `except` clauses.
        cause = sys.exception()
        self._services.metrics.errors.labels(ErrorType.GATEWAY).inc()
        self._services.metrics.gateway_failures.labels(cause_of(cause)).inc()
        self._services.gateway.fail(what if cause is None else f"{what}: {describe(cause)}")

    def _shard_connected(self, number: int) -> None:
        self._up(int(number), SessionKind.IDENTIFY)

    def _shard_resumed(self, number: int) -> None:
        self._up(int(number), SessionKind.RESUME)

    def _shard_disconnected(self, number: int) -> None:
        self._down(int(number))

    def _connected(self) -> None:
        if not self._sharded:
            self._up(_discord.shard_of(self._client), SessionKind.IDENTIFY)

    def _resumed(self) -> None:
        if not self._sharded:
            self._up(_discord.shard_of(self._client), SessionKind.RESUME)

    def _disconnected(self) -> None:
        if not self._sharded:
            self._down(_discord.shard_of(self._client))

    def _count_guilds(self) -> None:
        reachable = [guild for guild in self._client.guilds if not guild.unavailable]
        self._services.gateway.guild_count = len(reachable)
        self._services.metrics.active_guilds.set(len(reachable))
        self._services.metrics.guild_members.set(
            sum(guild.member_count or 0 for guild in reachable)
        )

    _EVENTS: dict[str, Callable[..., None]] = {  # noqa: RUF012 - never changed
        "command": _began,
        "command_completion": _completed,
        "command_error": _command_failed,
        "app_command_completion": _app_completed,
        "connect": _connected,
        "resumed": _resumed,
        "disconnect": _disconnected,
        "shard_connect": _shard_connected,
        "shard_resumed": _shard_resumed,
        "shard_disconnect": _shard_disconnected,
    }


def observer_of(client: discord.Client, services: Services) -> Observer | None:
    """Return what observes a client already and counts for these services; None if nothing does."""
    found = getattr(client, _ATTRIBUTE, None)
    return found if isinstance(found, Observer) and found.reports_to(services) else None


def _key(ctx: commands.Context[Any]) -> int:
    return id(ctx) if ctx.interaction is None else ctx.interaction.id


def _names(client: discord.Client) -> Iterator[str]:
    if isinstance(client, commands.bot.BotBase):
        for prefixed in client.walk_commands():
            yield prefixed.qualified_name
    tree = _discord.tree_of(client)
    if tree is not None:
        for kind in discord.AppCommandType:
            for command in tree.walk_commands(type=kind):
                if not isinstance(command, app_commands.Group):
                    yield command.qualified_name
