"""What is known about the gateway connection, readable from any thread.

The event loop writes, the web server's threads read. Nothing here imports discord.py, so that
health can be answered before the library is loaded and while a login fails.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botwatch_bot.commands.text import shorten

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_REASON = 200


def describe(error: BaseException) -> str:
    """Return an error as one short line (characters: MAX_REASON)."""
    # An answer that is no JSON is quoted whole, and can be a page of HTML.
    return shorten(" ".join(str(error).split()), MAX_REASON) or type(error).__name__


@dataclass(frozen=True, slots=True)
class Shard:
    """One gateway connection. Times are monotonic seconds, latency is in seconds."""

    up: bool = False
    since: float = 0.0
    latency: float = math.nan
    socket_open: bool = False


class GatewayState:
    """Which shards are connected, since when, and why the bot is not ready."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._shards: dict[int, Shard] = {}
        self._expected = 0
        self._phase = "the bot is starting"
        self._failure = ""
        self._last_progress = clock()
        self._last_event: float | None = None
        self.guild_count = 0

    # Written by the event loop

    def begin(self) -> None:
        """Note that a new client starts to log in; nothing is known of its shards yet."""
        with self._lock:
            self._phase = "not logged in to Discord yet"
            self._shards = {}
            self._expected = 0
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
            self._shards = {}
            self._expected = 0

    def shard_up(self, shard_id: int) -> None:
        """Note a READY or RESUMED."""
        now = self._clock()
        with self._lock:
            known = self._shards.get(shard_id, Shard())
            self._shards[shard_id] = replace(known, up=True, since=now, socket_open=True)
            self._failure = ""
            self._last_progress = now

    def shard_down(self, shard_id: int) -> bool:
        """Note a lost connection; returns whether it was up until now."""
        with self._lock:
            known = self._shards.get(shard_id, Shard())
            if known.up or shard_id not in self._shards:
                self._shards[shard_id] = Shard(since=self._clock())
            return known.up

    def sample(self, shard_id: int, latency: float, *, socket_open: bool) -> None:
        """Note a shard's latency (seconds, maybe not finite) and whether its socket is open."""
        with self._lock:
            known = self._shards.get(shard_id)
            if known is not None:
                self._shards[shard_id] = replace(known, latency=latency, socket_open=socket_open)

    def expect(self, shards: int) -> None:
        """Note how many shards this bot has."""
        with self._lock:
            self._expected = shards

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

    def stalled_seconds(self) -> float:
        """Return for how long nothing has come up although something is down; 0 when ready."""
        with self._lock:
            lost = [shard.since for shard in self._shards.values() if not shard.up]
            if self._expected and len(self._shards) >= self._expected and not lost:
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
                    for shard_id, shard in sorted(self._shards.items())
                ],
            }

    def _reasons(self) -> list[str]:
        failure = f"; the last attempt failed: {self._failure}" if self._failure else ""
        if not self._shards:
            return [self._phase + failure]
        reasons = [
            f"shard {shard_id} {trouble}{failure}"
            for shard_id, shard in sorted(self._shards.items())
            if (trouble := self._trouble(shard))
        ]
        missing = self._expected - len(self._shards)
        if missing > 0:
            reasons.append(f"{missing} of {self._expected} shards not connected yet{failure}")
        return reasons

    def _trouble(self, shard: Shard) -> str:
        if not shard.up:
            return f"has been disconnected for {self._clock() - shard.since:.0f} s"
        if not shard.socket_open:
            return "has a closed socket"
        if not math.isfinite(shard.latency):
            return "has not measured its latency yet"
        return ""
