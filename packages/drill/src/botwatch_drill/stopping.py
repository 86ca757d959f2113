"""The request to end early: Ctrl-C, SIGTERM, a closed terminal.

A signal is only noted, and acted on where the drill waits: an exception out of nowhere could break
off the very clean-up that it calls for.
"""

from __future__ import annotations

import contextlib
import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SLICE_S = 0.1


class InterruptionError(Exception):
    """The session was asked to end; the message names the signal."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(f"interrupted by {number.name}")
        self.number = number


class Stop:
    """Whether the session was asked to end."""

    def __init__(self) -> None:
        self._asked: signal.Signals | None = None

    def check(self) -> None:
        """Do nothing as long as nobody asked.

        Raises:
            InterruptionError: somebody did.
        """
        if self._asked is not None:
            raise InterruptionError(self._asked)

    def sleep(self, seconds: float) -> None:
        """Wait, unless somebody asks to end.

        Raises:
            InterruptionError: somebody did.
        """
        end = time.monotonic() + seconds
        self.check()
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, SLICE_S))
            self.check()

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Listen to the signals; those that the caller ignores stay ignored."""
        before = {number: signal.getsignal(number) for number in SIGNALS}
        heard = [number for number in SIGNALS if before[number] is not signal.SIG_IGN]
        for number in heard:
            signal.signal(number, self._note)
        try:
            yield
        finally:
            for number in heard:
                signal.signal(number, before[number])

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        self._asked = self._asked or signal.Signals(number)
