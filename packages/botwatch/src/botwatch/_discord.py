"""The private parts of discord.py that are needed, all of them, each with a way to do without.

They are used only with the versions of discord.py that the tests run with. With another one there
is one warning, and what depends on them is off: latency is then measured from the moment a command
starts, connections are looked at once a second, and zombie connections are left to discord.py.
"""

from __future__ import annotations

import functools
import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

import aiohttp
import discord
import discord.gateway
from discord import app_commands, ui

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from botwatch.gateway.state import GatewayState

OLDEST = (2, 4)
NEWEST = (2, 7)
"""The oldest and the newest minor version of discord.py that the tests run with."""

_log = logging.getLogger(__name__)
_warned: set[str] = set()

_Function = TypeVar("_Function", bound="Callable[..., Any]")


def is_tested() -> bool:
    """Return whether this version of discord.py is one that the tests run with."""
    return OLDEST <= discord.version_info[:2] <= NEWEST


def _or_else(otherwise: object) -> Callable[[_Function], _Function]:
    """Return a value where the version is another one, or its private parts are not as expected."""

    def decorate(function: _Function) -> _Function:
        @functools.wraps(function)
        def guarded(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - as the function has it
            if is_tested():
                try:
                    return function(*args, **named)
                except (AttributeError, TypeError):
                    pass
            _warn(function.__name__)
            return otherwise

        return cast("_Function", guarded)

    return decorate


def _warn(what: str) -> None:
    if not _warned:
        _log.warning(
            "discord.py %s is not a version that botwatch is tested with (%s to %s): less is "
            "measured, see its README (%s)",
            discord.__version__,
            ".".join(map(str, OLDEST)),
            ".".join(map(str, NEWEST)),
            what,
        )
    _warned.add(what)


@_or_else(otherwise=False)
def reroute(client: discord.Client, dispatch: Callable[..., None]) -> bool:
    """Hand every event of a client to a function, which hands it to `client.dispatch`."""
    state: Any = client._connection  # noqa: SLF001 - see above
    if not callable(state.dispatch):
        raise TypeError
    state.dispatch = dispatch
    return True


@_or_else(otherwise=False)
def trace(client: discord.Client, config: aiohttp.TraceConfig) -> bool:
    """Trace the requests of a client that has not logged in yet, beside its own `http_trace`."""
    own = client.http.http_trace
    client.http.http_trace = config if own is None else _both(own, config)
    return True


def _both(own: aiohttp.TraceConfig, config: aiohttp.TraceConfig) -> aiohttp.TraceConfig:
    # A third one: clients may share their own, to which nobody can add once it is in use.
    context: Any = own.trace_config_ctx
    both = aiohttp.TraceConfig(context)
    for signal in (name for name in dir(both) if name.startswith("on_")):
        getattr(both, signal).extend([*getattr(own, signal), *getattr(config, signal)])
    return both


def tree_of(client: discord.Client) -> app_commands.CommandTree[Any] | None:
    """Return the tree of a client's slash commands; None where it has none."""
    found = _tree_of(client)
    # A plain Client has its tree under this name by convention only.
    tree = getattr(client, "tree", None) if found is None else found
    return tree if isinstance(tree, app_commands.CommandTree) else None


@_or_else(otherwise=None)
def _tree_of(client: discord.Client) -> Any:  # noqa: ANN401 - private, so untyped
    return client._connection._command_tree  # noqa: SLF001 - see above


@dataclass(frozen=True, slots=True)
class Socket:
    """What a gateway connection shows.

    Attributes:
        latency: heartbeat round trip in seconds, maybe not finite.
        open: whether events can come.
        sequence: the number of the last event; None if unknown.
    """

    latency: float
    open: bool
    sequence: int | None


def shard_of(client: discord.Client) -> int:
    """Return the number of the one shard that a client runs; an unsharded client has shard 0."""
    return client.shard_id or 0


def sockets(client: discord.Client) -> dict[int, Socket]:
    """Return each gateway connection of a client, by shard."""
    found = _sockets(client)
    if found is not None:
        return found
    if isinstance(client, discord.AutoShardedClient):
        return {
            number: Socket(shard.latency, not shard.is_closed(), None)
            for number, shard in client.shards.items()
        }
    return {
        shard_of(client): Socket(client.latency, client.is_ready() and not client.is_closed(), None)
    }


@_or_else(otherwise=None)
def _sockets(client: discord.Client) -> dict[int, Socket] | None:
    return {number: _socket(_websocket(client, number)) for number in _numbers(client)}


def _numbers(client: discord.Client) -> list[int]:
    if isinstance(client, discord.AutoShardedClient):
        return list(client.shards)
    return [] if getattr(client, "ws", None) is None else [shard_of(client)]


def _websocket(client: discord.Client, number: int) -> Any:  # noqa: ANN401 - private, so untyped
    if isinstance(client, discord.AutoShardedClient):
        return client._get_websocket(shard_id=number)  # noqa: SLF001 - see above
    return client.ws


def _socket(websocket: Any) -> Socket:  # noqa: ANN401 - private, so untyped
    return Socket(websocket.latency, websocket.open, websocket.sequence)


@_or_else(otherwise=None)
def closing(client: discord.Client, number: int, code: int) -> Awaitable[None] | None:
    """Return what closes one gateway connection with a code; discord.py then resumes it."""
    closing: Awaitable[None] = _websocket(client, number).close(code)
    return closing


class WitnessedKeepAlive(discord.gateway.KeepAliveHandler):
    """Notes the time before a heartbeat is sent, and when one is answered.

    The library notes the time in its own thread, after the event loop has sent the heartbeat. A
    gateway that is near answers before that, and the latency then contains a whole interval (41 s).
    It does not look for answers that never come either: any event keeps a connection alive for it.
    """

    state: ClassVar[GatewayState | None] = None

    def get_payload(self) -> dict[str, Any]:
        """Return the heartbeat to send now."""
        self._last_send = time.perf_counter()
        return super().get_payload()

    def ack(self) -> None:
        """Take note of an answered heartbeat."""
        super().ack()
        if self.state is not None:
            self.state.acknowledged(self.shard_id or 0, self.interval or 0.0)


@_or_else(otherwise=False)
def witness_heartbeats(state: GatewayState) -> bool:
    """Make every connection from now on note its heartbeats in a state."""
    WitnessedKeepAlive.state = state
    discord.gateway.KeepAliveHandler = WitnessedKeepAlive  # type: ignore[misc] # replaces the class
    return True


_on_view_error: list[Callable[[BaseException], None]] = []


@_or_else(otherwise=False)
def watch_views(seen: Callable[[BaseException], None]) -> bool:
    """Call a function with what a view's or a modal's callback raises, before its `on_error`."""
    first = not _on_view_error
    _on_view_error[:] = [seen]
    if first:
        for kind in (getattr(ui.view, "BaseView", ui.View), ui.Modal):
            _wrap_scheduled(kind)
    return True


def _wrap_scheduled(kind: Any) -> None:  # noqa: ANN401 - private, so untyped
    scheduled = kind.__dict__["_scheduled_task"]

    @functools.wraps(scheduled)
    async def observed(view: Any, *given: Any) -> None:  # noqa: ANN401 - private, so untyped
        _wrap_on_error(view)
        await scheduled(view, *given)

    kind._scheduled_task = observed  # noqa: SLF001 - see above


def _wrap_on_error(view: Any) -> None:  # noqa: ANN401 - private, so untyped
    own = view.on_error
    if hasattr(own, "botwatch"):
        return

    @functools.wraps(own)
    async def on_error(interaction: Any, error: Exception, *rest: Any) -> None:  # noqa: ANN401 - as above
        for seen in _on_view_error:
            seen(error)
        await own(interaction, error, *rest)

    on_error.botwatch = True  # type: ignore[attr-defined] # marks what is wrapped
    with suppress(AttributeError):  # a view with slots
        view.on_error = on_error


@_or_else(otherwise=False)
def guard_parsers(
    client: discord.Client, unguarded: set[str], failed: Callable[[str, Exception], None]
) -> bool:
    """Make a malformed event one event lost: discord.py takes it for the end of all connections."""
    parsers: dict[str, Callable[[Any], Any]] = client._connection.parsers  # noqa: SLF001 - see above

    def guard(name: str, parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def guarded(data: Any) -> None:  # noqa: ANN401 - whatever came
            try:
                parse(data)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
                failed(name, error)

        return guarded

    parsers.update({n: guard(n, parsers[n]) for n in parsers if n not in unguarded})
    return True
