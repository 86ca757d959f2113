"""Waiting no longer than needed: between two IDENTIFYs, and between attempts to connect."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

IDENTIFY_SECONDS = 5.0
"""Discord allows one IDENTIFY in this time (for bots without a raised limit)."""


class IdentifyPacer:
    """Spaces IDENTIFYs, across reconnects and clients.

    discord.py sleeps the whole time before every one but the first, however long ago the last was.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._next = -float("inf")

    async def wait(self) -> None:
        """Return when the next IDENTIFY may be sent."""
        now = self._clock()
        turn = max(now, self._next)
        self._next = turn + IDENTIFY_SECONDS
        if turn > now:
            await self._sleep(turn - now)


class Backoff:
    """Delays that double from `first` to `longest` seconds, with jitter, until `reset`."""

    def __init__(self, first: float = 1.0, longest: float = 60.0) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def delay(self) -> float:
        """Return how long to wait now, in seconds, and make the next wait longer."""
        limit = self._next
        self._next = min(self._longest, 2 * limit)
        # Between half and all of it, so that bots cut off together do not come back together.
        return random.SystemRandom().uniform(limit / 2, limit)

    def reset(self) -> None:
        """Start over with the first delay."""
        self._next = self._first
