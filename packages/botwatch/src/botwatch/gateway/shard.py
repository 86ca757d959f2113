"""What is known about one gateway connection."""

from __future__ import annotations

import math
from dataclasses import dataclass

_USUAL_INTERVAL = 41.25
_INTERVALS = 1.5
_GRACE_SECONDS = 10.0


@dataclass(slots=True)
class Shard:
    """One gateway connection. Times are monotonic seconds, durations are in seconds.

    Attributes:
        seen: whether it has been up, or tried, since the client was made.
        up: whether it had a READY or RESUMED and no disconnect since.
        since: when it last came up or went down.
        latency: heartbeat round trip; not finite while not known.
        socket_open: whether its socket was open when last looked at.
        acked: when a heartbeat was last answered.
        interval: how often a heartbeat is sent.
        last_event: when it last had an event.
        sequence: the number of that event, by which the next is told.
        identifies: how often it began a new session.
        resumes: how often it took up a session again.
        disconnects: how often it was lost.
        witnessed: whether answers to heartbeats are noted at all.
    """

    seen: bool = False
    up: bool = False
    since: float = 0.0
    latency: float = math.nan
    socket_open: bool = False
    acked: float = 0.0
    interval: float = _USUAL_INTERVAL
    last_event: float = 0.0
    sequence: int | None = None
    identifies: int = 0
    resumes: int = 0
    disconnects: int = 0
    witnessed: bool = True

    def forget(self) -> None:
        """Forget the connection, but not how often there was one."""
        self.seen = self.up = self.socket_open = False
        self.latency = math.nan
        self.sequence = None

    def unanswered_seconds(self, now: float) -> float:
        """Return for how long its heartbeats have not been acknowledged; 0 while that is normal."""
        if not self.up or not self.witnessed:
            return 0.0
        age = now - max(self.acked, self.since)
        return age if age > _INTERVALS * self.interval + _GRACE_SECONDS else 0.0

    def quiet_seconds(self, now: float) -> float:
        """Return for how long it has sent no event; 0 while it is down."""
        return now - max(self.last_event, self.since) if self.up else 0.0

    def trouble(self, now: float) -> str:
        """Return what is wrong with it, in words that follow its name; empty when nothing is."""
        if not self.up:
            return f"has been disconnected for {now - self.since:.0f} s"
        if not self.socket_open:
            return "has a closed socket"
        if not math.isfinite(self.latency):
            return "has not measured its latency yet"
        unanswered = self.unanswered_seconds(now)
        if unanswered:
            return f"has had no heartbeat answered for {unanswered:.0f} s"
        return ""
