"""What is known about the gateway connection, readable from any thread.

The event loop writes, the web server's threads read. Nothing here imports discord.py, so that
health can be answered before the library is loaded and while a login fails.
"""

from __future__ import annotations

import math
import threading
import time
from copy import copy
from typing import TYPE_CHECKING, Any

from botwatch.gateway.shard import Shard
from botwatch.masking import masked
from botwatch.text import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

MAX_REASON = 200


def describe(error: BaseException) -> str:
    """Return an error as one short, masked line (characters: MAX_REASON)."""
    # An answer that is no JSON is quoted whole, and can be a page of HTML.
    return shorten(" ".join(masked(str(error)).split()), MAX_REASON) or type(error).__name__


class GatewayState:
    """Which shards are connected, since when, and why the bot is not ready."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._shards: dict[int, Shard] = {}
        self._expected: frozenset[int] = frozenset()
        self._phase = "the bot is starting"
        self._failure = ""
        self._last_progress = clock()
        self._last_event: float | None = None
        self._broken_since: float | None = clock()
        self._last_up = clock()
        self.guild_count = 0
        self.witnessed = True

    # Written by the event loop

    def wait(self) -> None:
        """Note that somebody waits for a connection from now on."""
        with self._lock:
            self._last_up = self._clock()

    def begin(self) -> None:
        """Note that a new client starts to log in; nothing is known of its shards yet."""
        with self._lock:
            self._phase = "not logged in to Discord yet"
            self._forget_connections()
            self._last_progress = self._clock()

    def logged_in(self) -> None:
        """Note that Discord took the token and the gateway is next."""
        with self._lock:
            self._phase = "not connected to the gateway yet"
            self._last_progress = self._clock()

    def fail(self, reason: str) -> None:
        """Note why the last attempt to connect failed."""
        with self._lock:
            self._failure = reason

    def stop(self) -> None:
        """Note that the bot is ending."""
        with self._lock:
            self._phase = "the bot is stopping"
            self._forget_connections()

    def shard_up(self, shard_id: int, *, resumed: bool = False) -> None:
        """Note a READY or RESUMED."""
        now = self._clock()
        with self._lock:
            shard = self._known(shard_id)
            shard.seen = shard.up = shard.socket_open = True
            shard.since = now
            shard.resumes += resumed
            shard.identifies += not resumed
            self._failure = ""
            self._last_progress = self._last_up = now
            self._note_wholeness()

    def shard_down(self, shard_id: int) -> bool:
        """Note a lost connection; returns whether it was up until now."""
        with self._lock:
            shard = self._known(shard_id)
            was_up = shard.up
            if was_up or not shard.seen:
                shard.forget()
                shard.seen = True
                shard.since = self._clock()
                shard.disconnects += was_up
            self._note_wholeness()
            return was_up

    def sample(
        self, shard_id: int, latency: float, *, socket_open: bool, sequence: int | None = None
    ) -> None:
        """Note what a connection shows when it is looked at.

        Args:
            shard_id: whose connection.
            latency: in seconds, maybe not finite.
            socket_open: whether events can come.
            sequence: the number of its last event.
        """
        with self._lock:
            shard = self._shards.get(shard_id)
            if shard is not None:
                shard.latency = latency
                shard.socket_open = socket_open
                if sequence != shard.sequence:
                    shard.sequence = sequence
                    shard.last_event = self._clock()

    def acknowledged(self, shard_id: int, interval: float) -> None:
        """Note an answered heartbeat, of which one is sent in each interval (seconds)."""
        with self._lock:
            shard = self._known(shard_id)
            shard.acked = self._clock()
            shard.interval = interval

    def expect(self, shards: Collection[int]) -> None:
        """Note which shards this bot has."""
        expected = frozenset(shards)
        with self._lock:
            if expected != self._expected:
                self._expected = expected
                self._shards = {number: self._known(number) for number in sorted(expected)}
                self._note_wholeness()

    def event(self) -> None:
        """Note that the gateway sent an event."""
        self._last_event = self._clock()

    # Read by anyone

    def reasons(self) -> list[str]:
        """Return why the bot is not ready, in words; empty when it is."""
        with self._lock:
            return self._reasons()

    @property
    def ready(self) -> bool:
        """Whether every shard is up, with an open socket and a known latency."""
        return not self.reasons()

    @property
    def latency(self) -> float | None:
        """The slowest shard's latency in seconds; None unless known for a connected shard."""
        with self._lock:
            known = [
                shard.latency
                for shard in self._shards.values()
                if shard.up and math.isfinite(shard.latency)
            ]
        return max(known, default=None)

    def last_event_age(self) -> float | None:
        """Return the seconds since the last event; None before the first."""
        last = self._last_event
        return None if last is None else self._clock() - last

    def disconnected_seconds(self) -> float:
        """Return for how long not every shard has been up and none has come up; 0 when all are.

        Unlike `stalled_seconds` this does not start again with a new client.
        """
        with self._lock:
            if self._broken_since is None:
                return 0.0
            return self._clock() - max(self._broken_since, self._last_up)

    def shards(self) -> dict[int, Shard]:
        """Return a copy of what is known of each shard."""
        with self._lock:
            return {shard_id: copy(shard) for shard_id, shard in sorted(self._shards.items())}

    def unix_time(self, moment: float) -> float:
        """Return a moment of this state's clock as Unix time."""
        return time.time() - (self._clock() - moment)

    def stalled_seconds(self) -> float:
        """Return for how long nothing has come up although something is down; 0 when ready."""
        with self._lock:
            seen = self._seen()
            lost = [shard.since for shard in seen.values() if not shard.up]
            if self._expected and len(seen) >= len(self._expected) and not lost:
                return 0.0
            return self._clock() - max([self._last_progress, *lost])

    def report(self) -> dict[str, Any]:
        """Return the state for `/health`; latency in milliseconds, ages in seconds."""
        latency = self.latency
        event_age = self.last_event_age()
        now = self._clock()
        with self._lock:
            return {
                "ready": not self._reasons(),
                "latency_ms": None if latency is None else round(latency * 1000, 1),
                "guilds": self.guild_count,
                "last_event_age_seconds": None if event_age is None else round(event_age, 1),
                "shards": [
                    {"id": shard_id, "connected": shard.up, "for_seconds": round(now - shard.since)}
                    for shard_id, shard in self._seen().items()
                ],
            }

    def _reasons(self) -> list[str]:
        failure = f"; the last attempt failed: {self._failure}" if self._failure else ""
        seen = self._seen()
        if not seen:
            return [self._phase + failure]
        now = self._clock()
        reasons = [
            f"shard {shard_id} {trouble}{failure}"
            for shard_id, shard in seen.items()
            if (trouble := shard.trouble(now))
        ]
        missing = len(self._expected) - len(seen)
        if missing > 0:
            reasons.append(f"{missing} of {len(self._expected)} shards not connected yet{failure}")
        return reasons

    # Only with the lock held

    def _known(self, shard_id: int) -> Shard:
        return self._shards.setdefault(shard_id, Shard(witnessed=self.witnessed))

    def _seen(self) -> dict[int, Shard]:
        return {number: shard for number, shard in sorted(self._shards.items()) if shard.seen}

    def _forget_connections(self) -> None:
        self._expected = frozenset()
        for shard in self._shards.values():
            shard.forget()
        self._note_wholeness()

    def _note_wholeness(self) -> None:
        seen = self._seen()
        whole = 0 < len(seen) >= len(self._expected) and all(shard.up for shard in seen.values())
        if whole:
            self._broken_since = None
        elif self._broken_since is None:
            self._broken_since = self._clock()
