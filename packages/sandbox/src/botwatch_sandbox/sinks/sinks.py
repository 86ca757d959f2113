"""The sinks, and what came to each."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from botwatch_sandbox.post_faults import SILENCE, PostFaults

if TYPE_CHECKING:
    from botwatch_sandbox.changes import Changes
    from botwatch_sandbox.jsonio import JsonObject

PATH = "/sinks/"
SINKS_MAX = 20
ARRIVALS_KEPT = 30
BODY_KEPT = 8192


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that came to a sink.

    Attributes:
        at: when (Unix seconds).
        answer: the status it got; None: no answer at all.
        method: of the request.
        content_type: as it was named.
        body: as text, cut.
    """

    at: float
    answer: int | None
    method: str
    content_type: str
    body: str


@dataclass(slots=True)
class Sink:
    """One sink.

    Attributes:
        faults: what it plays on request.
        taken: how many arrivals it has taken.
        refused: how many it has refused, or not answered.
        last_at: when it took the last one (Unix seconds).
    """

    faults: PostFaults
    taken: int = 0
    refused: int = 0
    last_at: float | None = None
    _arrivals: deque[Arrival] = field(default_factory=lambda: deque(maxlen=ARRIVALS_KEPT))

    def note(self, arrival: Arrival) -> None:
        """Note what came."""
        self._arrivals.append(arrival)
        if arrival.answer == HTTPStatus.OK:
            self.taken += 1
            self.last_at = arrival.at
        else:
            self.refused += 1

    def summary(self) -> JsonObject:
        """Return what the snapshot shows."""
        return {
            "taken": self.taken,
            "refused": self.refused,
            "last_at": self.last_at,
            "faults": self.faults.view(),
        }

    def view(self) -> JsonObject:
        """Return everything there is to know."""
        return {**self.summary(), "arrivals": [asdict(arrival) for arrival in self._arrivals]}


@dataclass(slots=True)
class Sinks:
    """All sinks; each comes into being when it is first named."""

    changes: Changes
    _sinks: dict[str, Sink] = field(default_factory=dict)

    def named(self, name: str) -> Sink | None:
        """Return a sink, None where there are too many already."""
        if name not in self._sinks and len(self._sinks) < SINKS_MAX:
            self._sinks[name] = Sink(PostFaults(self.changes))
        return self._sinks.get(name)

    async def handle(self, request: web.Request) -> web.Response:
        """Take whatever comes, unless a fault is planned."""
        sink = self.named(request.match_info["name"])
        if sink is None:
            return web.Response(status=507, text=f"{SINKS_MAX} sinks are in use already")
        body = (await request.read()).decode("utf-8", "replace")[:BODY_KEPT]
        fault = sink.faults.take()
        answer: int | None = None if fault == SILENCE else fault or HTTPStatus.OK
        arrival = Arrival(time.time(), answer, request.method, request.content_type, body)
        sink.note(arrival)
        self.changes.touch("status")
        if answer is None:
            await sink.faults.keep_silent(request)
            answer = HTTPStatus.SERVICE_UNAVAILABLE  # read by nobody: the connection is gone
        return web.Response(status=answer, text=HTTPStatus(answer).phrase)

    def view(self) -> JsonObject:
        """Return the sinks as the snapshot shows them."""
        return {name: sink.summary() for name, sink in sorted(self._sinks.items())}
