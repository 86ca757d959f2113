"""From SIGTERM or SIGINT to the end of the process, within two seconds whatever happens."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

LIMIT_SECONDS = 1.9


class StopRequest:
    """Waits for a signal; from then on the process has LIMIT_SECONDS left to end by itself."""

    def __init__(self) -> None:
        self._requested = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._listener: Callable[[], None] | None = None

    def install(self) -> None:
        """Handle the signals from now on; call it from the main thread.

        A handler of the interpreter's runs between any two instructions, also while the event loop
        is stuck in one callback, where the loop's own signal handling would never get its turn.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._handle)

    def tell(self, listener: Callable[[], None]) -> None:
        """Call the listener when a signal comes, or now if one has come."""
        self._listener = listener
        if self._requested.is_set():
            listener()

    async def wait(self) -> None:
        """Return once a signal has come, also one that came before this call."""
        self._loop = asyncio.get_running_loop()
        if not self._requested.is_set():
            await self._wake.wait()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self._requested.is_set():
            return
        self._requested.set()
        deadline = threading.Timer(LIMIT_SECONDS, _end_now)
        deadline.daemon = True
        deadline.start()
        if self._listener is not None:
            self._listener()
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)


def _end_now() -> None:
    """End without waiting for anything: a stop that was asked for must not hang."""
    sys.stderr.write(f"not closed within {LIMIT_SECONDS} s, ending anyway\n")
    sys.stderr.flush()
    os._exit(0)
