"""Ways to break the bot on purpose; the web server's threads call them for drills."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING

from botwatch.exits import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch.runs import Run

MAX_HANG_SECONDS = 120
"""Longer than any watchdog waits."""

MAX_GROWTH_MEBIBYTES = 512
MAX_GROWTH_SECONDS = 600
"""Longer than any rule of a drill looks back."""

_DROP_SECONDS = 2.0
_MEBIBYTE = 1 << 20


class NothingToBreakError(Exception):
    """What a drill would break is not there, or does not answer; the message says so."""


class Faults:
    """Breaks this run of the bot: its process, its event loop, its connection."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._loop: asyncio.AbstractEventLoop | None = None
        self._drop: Callable[[], int] | None = None
        self._growth: threading.Event | None = None

    def attach(self, drop_connections: Callable[[], int]) -> None:
        """Give access to the running event loop, and to what drops the gateway's connections."""
        self._loop = asyncio.get_running_loop()
        self._drop = drop_connections

    def crash(self) -> None:
        """End the process immediately, as a crash does."""
        self._run.crash_for_a_drill()
        logging.shutdown()
        # An exception would only end one request; the drill is about a process that is gone.
        os._exit(ExitCode.INTERNAL)

    def hang(self, seconds: int) -> None:
        """Let the event loop stand still for some time.

        Raises:
            NothingToBreakError: no event loop runs yet.
        """
        if self._loop is None:
            message = "no event loop runs yet"
            raise NothingToBreakError(message)
        self._loop.call_soon_threadsafe(time.sleep, seconds)

    def grow(self, mebibytes: int, seconds: int) -> None:
        """Take up memory, evenly over some time; let go of it as much later, or when asked again.

        Args:
            mebibytes: how much; 0 only lets go of what an earlier call has taken.
            seconds: how long it takes to get there, and then how long it is kept.
        """
        if self._growth is not None:
            self._growth.set()
            self._growth = None
        if mebibytes:
            self._growth = threading.Event()
            threading.Thread(
                target=_grow,
                args=(mebibytes, seconds, self._growth),
                name="memory drill",
                daemon=True,
            ).start()

    def drop_gateway(self) -> int:
        """Close every connection to the gateway without a word; return how many there were.

        Raises:
            NothingToBreakError: there is no connection, or the event loop does not answer.
        """
        dropped: Future[int] = Future()
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._drop_into, dropped)
            try:
                count = dropped.result(_DROP_SECONDS)
            except FutureTimeoutError:
                message = "the event loop does not answer"
                raise NothingToBreakError(message) from None
            if count:
                return count
        message = "there is no connection to the gateway"
        raise NothingToBreakError(message)

    def _drop_into(self, dropped: Future[int]) -> None:
        dropped.set_result(self._drop() if self._drop is not None else 0)


def _grow(mebibytes: int, seconds: int, over: threading.Event) -> None:
    held: list[bytearray] = []
    while len(held) < mebibytes and not over.wait(seconds / mebibytes):
        # Memory that nobody has written to is not there.
        held.append(bytearray(b"\x01" * _MEBIBYTE))
    over.wait(seconds)
