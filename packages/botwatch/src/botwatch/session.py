"""Keeps a bot logged in: one client after another, until Discord refuses it for good."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from botwatch import current, judging, watching
from botwatch.endings import handle_stop_signals
from botwatch.exits import ExitCode
from botwatch.gateway.causes import SessionStalledError
from botwatch.gateway.pacing import Backoff
from botwatch.masking import mask

if TYPE_CHECKING:
    from collections.abc import Callable

    import discord

    from botwatch.watching import Watch

_log = logging.getLogger(__name__)

LOGIN_SECONDS = 60.0
STALL_SECONDS = 120.0
"""A client that is not fully connected and makes no progress for so long is replaced.

discord.py's own delays grow to 17 minutes, long after Discord is back.
"""
STEADY_SECONDS = 60.0
STOP_SECONDS = 1.9
"""So long the process may take to end after a signal."""
_CANCEL_SECONDS = 0.2


class SessionEndedError(Exception):
    """The client ended without being asked to and without saying why."""

    def __init__(self) -> None:
        super().__init__("the connection ended")


def run(
    make_bot: Callable[[], discord.Client],
    token: str | Callable[[], str],
    *,
    version: str = "",
) -> NoReturn:
    """Run a bot until it is stopped or Discord refuses it, then end the process.

    Whenever a client cannot connect or ends by itself, a new one is made, after a delay that grows
    from a second to a minute. SIGTERM and SIGINT end the process within two seconds.

    Args:
        make_bot: returns a new client; observed if it is not yet. May raise FatalError.
        token: the bot's token, or what returns it. May raise FatalError.
        version: the bot's version, for `discord_bot_build_info` and `/health`.

    Raises:
        SystemExit: always, with one of the codes of ExitCode.
    """
    watch: Watch | None = None
    code = ExitCode.OK
    try:
        watch = current.current(version)
        watch.endings.seconds = STOP_SECONDS
        handle_stop_signals(watch.endings, watch.stop_soon, (signal.SIGTERM, signal.SIGINT))
        text = token if isinstance(token, str) else token()
        mask(text)
        asyncio.run(Session(watch, make_bot, text, make_bot()).run())
    except Exception as error:
        if watch is None:
            raise  # a wrong setting, which the hook of the process reports
        code = watch.endings.report(error)
        if code is ExitCode.INTERNAL:
            _log.exception("internal error")
    sys.exit(int(code))


class Session:
    """Logs in, connects, and starts over with a new client whenever one ends."""

    def __init__(
        self,
        watch: Watch,
        make_bot: Callable[[], discord.Client],
        token: str,
        first: discord.Client | None = None,
    ) -> None:
        self._watch = watch
        self._make_bot = make_bot
        self._token = token
        self._next = first
        self._backoff = Backoff()

    async def run(self) -> None:
        """Stay connected until the bot is stopped.

        Raises:
            FatalError: Discord refuses the token or the intents, or the bot has been without
                Discord for too long.
        """
        await self._watch.until_stopped(self._stay_connected())

    async def _stay_connected(self) -> NoReturn:
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            try:
                await self._serve_one_client()
            except Exception as error:
                if judging.is_final(error):
                    raise
                if self._watch.failure is not error:
                    self._watch.note_failure(error)
                _log.error("connection lost, reconnecting", exc_info=error)
            if loop.time() - started > STEADY_SECONDS:
                self._backoff.reset()
            await asyncio.sleep(self._backoff.delay())

    async def _serve_one_client(self) -> NoReturn:
        client = self._make_bot() if self._next is None else self._next
        self._next = None
        current.watch(client)
        try:
            async with asyncio.timeout(LOGIN_SECONDS):
                await client.login(self._token)
            await self._connect(client)
        finally:
            await self._close(client)

    async def _connect(self, client: discord.Client) -> NoReturn:
        connecting = asyncio.create_task(client.connect(reconnect=True))
        stalling = asyncio.create_task(self._until_stalled())
        try:
            done, _ = await asyncio.wait(
                (connecting, stalling), return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                task.result()
            raise SessionEndedError
        finally:
            connecting.cancel()
            stalling.cancel()
            # Bounded: a cancellation can get lost inside discord.py, and closing ends it anyway.
            await asyncio.wait((connecting, stalling), timeout=_CANCEL_SECONDS)

    async def _close(self, client: discord.Client) -> None:
        observer = self._watch.observer
        if observer is not None:
            await observer.drain(watching.DRAIN_SECONDS)
        try:
            # A server that does not answer the closing handshake would hold us for 30 s.
            async with asyncio.timeout(watching.CLOSE_SECONDS):
                await client.close()
        except TimeoutError:
            _log.warning("Discord did not confirm the end of the connection")

    async def _until_stalled(self) -> NoReturn:
        while True:
            left = STALL_SECONDS - self._watch.gateway.stalled_seconds()
            if left <= 0:
                message = f"no shard has come back for {STALL_SECONDS:.0f} s"
                raise SessionStalledError(message)
            await asyncio.sleep(left)
