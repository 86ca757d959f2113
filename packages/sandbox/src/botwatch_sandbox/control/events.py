"""The event stream: Server-Sent Events with whatever changed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from botwatch_sandbox.control.errors import ControlError
from botwatch_sandbox.jsonio import encode

if TYPE_CHECKING:
    from botwatch_sandbox.changes import Changes
    from botwatch_sandbox.control.snapshot import Snapshot

STREAMS_MAX = 32
KEEP_ALIVE_S = 15.0
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}


@dataclass(slots=True)
class Events:
    """All open streams.

    Attributes:
        changes: wakes the streams.
        snapshot: what they send.
        keep_alive_s: after so many quiet seconds a comment line is sent.
    """

    changes: Changes
    snapshot: Snapshot
    keep_alive_s: float = KEEP_ALIVE_S
    _streams: set[asyncio.Task[object]] = field(default_factory=set)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Send the whole snapshot, then every part that changes, until the page goes away."""
        task = asyncio.current_task()
        if task is None or len(self._streams) >= STREAMS_MAX:
            sentence = f"{STREAMS_MAX} pages are open already; close one and load this one again."
            raise ControlError(503, sentence)
        self._streams.add(task)
        try:
            return await self._stream(request)
        finally:
            self._streams.discard(task)

    async def close(self) -> None:
        """End all streams."""
        for task in list(self._streams):
            task.cancel()

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers=HEADERS)
        with self.changes.listen() as listener:
            try:
                await response.prepare(request)
                await response.write(_event("state", self.snapshot.whole()))
                while True:
                    try:
                        async with asyncio.timeout(self.keep_alive_s):
                            parts = await listener.next()
                    except TimeoutError:
                        await response.write(b": still here\n\n")
                        continue
                    for part in parts:
                        await response.write(_event(part, self.snapshot.part(part)))
            except ConnectionError:  # the page is gone
                return response


def _event(name: str, value: object) -> bytes:
    return f"event: {name}\ndata: {encode(value)}\n\n".encode("ascii")
