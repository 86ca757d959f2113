"""The faults that a webhook of the stand-ins plays on request."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from aiohttp import web

    from botwatch_sandbox.changes import Changes
    from botwatch_sandbox.jsonio import JsonObject

SILENCE: Final = "silence"
"""Instead of a status: the post is taken and never answered."""
Answer: TypeAlias = Literal[429, 500, 503, "silence"]
LOOK_S = 0.1


@dataclass(slots=True)
class PostFaults:
    """How the next posts are answered.

    Attributes:
        changes: notified when that changes.
        status: the answer; None: as it should be.
        remaining: how many posts get it; None: as many as come.
        until: when it ends by itself (Unix seconds); None: not by time.
    """

    changes: Changes
    status: Answer | None = None
    remaining: int | None = 0
    until: float | None = None

    def set(
        self, status: Answer | None, remaining: int | None = None, for_s: float | None = None
    ) -> None:
        """Plan a fault; no status, or none remaining, takes it back.

        Args:
            status: what is answered.
            remaining: how many posts; None: all.
            for_s: for how long; None: until the posts are used up, or it is taken back.
        """
        if status is None or remaining == 0:
            self.status, self.remaining, self.until = None, 0, None
        else:
            self.status, self.remaining = status, remaining
            self.until = None if for_s is None else time.time() + for_s
        self.changes.touch("status")

    def current(self) -> Answer | None:
        """Return the faulty answer that is due; None when a post may pass."""
        if self.until is not None and time.time() >= self.until:
            self.set(None)
        return self.status

    def take(self) -> Answer | None:
        """Use up one faulty answer; return it, None when the post may pass."""
        status = self.current()
        if status is not None and self.remaining is not None:
            left = self.remaining - 1
            self.set(status if left else None, left, self._left_s())
        return status

    async def keep_silent(self, request: web.Request) -> None:
        """Hold a post as long as there is silence, or its sender waits; then hang up on it."""
        with self.changes.listen() as listener:
            while self.current() == SILENCE and not _is_gone(request):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await listener.next()
        if request.transport is not None:
            request.transport.abort()

    def view(self) -> JsonObject:
        """Return the fault as the snapshot shows it."""
        status = self.current()
        return {"status": status, "remaining": self.remaining, "until": self.until}

    def _left_s(self) -> float | None:
        return None if self.until is None else self.until - time.time()


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()
