"""Wraps how a client logs in, connects and starts, and what its event loop reports."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Protocol

from botwatch.masking import mask

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine

    import discord

    from botwatch.exits import FatalError


class Life(Protocol):
    """What has to know of a client's life."""

    @property
    def fatal(self) -> FatalError | None:
        """Why the bot is being ended; None while it is not."""

    async def begin(self) -> None:
        """Begin to observe."""

    def login_begins(self, client: discord.Client) -> None:
        """Note that a client starts to log in."""

    def logged_in(self) -> None:
        """Note that it has."""

    def note_failure(self, error: BaseException) -> None:
        """Note that logging in or connecting failed."""

    async def until_stopped(self, running: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine to its end, or until the bot has been stopped."""


def hook(watch: Life, client: discord.Client, *, keep_logging: bool) -> None:
    """Wrap the methods of a client that has not logged in yet, whatever arguments they take.

    Args:
        watch: what is told of them.
        client: whose methods.
        keep_logging: whether `Client.run` may set up no logging of its own.
    """
    hooks: Any = client
    hooks.login = _login(watch, client)
    hooks.connect = _connect(watch, client)
    hooks.start = _start(watch, client)
    if keep_logging:
        hooks.run = _run_without_logging(client)


def _login(watch: Life, client: discord.Client) -> Any:  # noqa: ANN401 - a method of the client
    login = client.login

    async def observed(*given: Any, **named: Any) -> None:  # noqa: ANN401 - as the bot has it
        token = given[0] if given else named.get("token")
        if isinstance(token, str):
            mask(token)
        await watch.begin()
        watch.login_begins(client)
        try:
            await login(*given, **named)
        except Exception as error:
            watch.note_failure(error)
            raise
        watch.logged_in()

    return observed


def _connect(watch: Life, client: discord.Client) -> Any:  # noqa: ANN401 - a method of the client
    connect = client.connect

    async def observed(*given: Any, **named: Any) -> None:  # noqa: ANN401 - as the bot has it
        try:
            await connect(*given, **named)
        except Exception as error:
            watch.note_failure(error)
            raise
        if watch.fatal is not None:
            raise watch.fatal

    return observed


def _start(watch: Life, client: discord.Client) -> Any:  # noqa: ANN401 - a method of the client
    start = client.start

    async def observed(*given: Any, **named: Any) -> None:  # noqa: ANN401 - as the bot has it
        await watch.until_stopped(start(*given, **named))

    return observed


def _run_without_logging(client: discord.Client) -> Any:  # noqa: ANN401 - a method of the client
    """Keep `Client.run` from setting up logging beside ours, which would double each line."""
    run = client.run

    parameters = inspect.signature(run).parameters.values()
    takes_handler = any(
        known.name == "log_handler" or known.kind is known.VAR_KEYWORD for known in parameters
    )
    quiet_options = {"log_handler": None} if takes_handler else {}

    def quiet(*args: Any, **named: Any) -> None:  # noqa: ANN401 - as the bot has it
        run(*args, **{**quiet_options, **named})

    return quiet


def count_stray_errors(
    loop: asyncio.AbstractEventLoop, count: Callable[[BaseException | None], None]
) -> None:
    """Count what an event loop reports, such as exceptions that nobody awaits."""
    before = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        count(context.get("exception"))
        if before is None:
            loop.default_exception_handler(context)
        else:
            before(loop, context)

    loop.set_exception_handler(handle)
