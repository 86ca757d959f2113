"""Gateway sessions: they outlive a connection for a while, so that a bot can resume."""

from __future__ import annotations

import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from botwatch_sandbox.jsonio import JsonObject, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from botwatch_sandbox.discord.connection import Connection

EVENTS_KEPT = 250
SESSIONS_KEPT = 32

Beginning: TypeAlias = Literal["identify", "resume"]


@dataclass(slots=True, eq=False)
class Session:
    """One bot's session: its sequence number and the last events, for a replay.

    Attributes:
        confirmed: the last event that the bot has said it got, by a heartbeat or a RESUME.
    """

    id: str
    shard: tuple[int, int]
    intents: int
    seq: int = 0
    confirmed: int = 0
    connection: Connection | None = None
    detached_at: float | None = None
    _events: deque[tuple[int, str | None]] = field(
        default_factory=lambda: deque(maxlen=EVENTS_KEPT)
    )

    def dispatch(self, event: str, data: JsonObject) -> None:
        """Send an event, and keep it for a later replay."""
        self.dispatch_all(event, [data])

    def dispatch_all(self, event: str, data: Iterable[JsonObject]) -> None:
        """Send events of one kind, however many, and keep the last of them."""
        frames = [self._frame(event, each) for each in data]
        if self.connection is not None:
            self.connection.send(*frames)

    def _frame(self, event: str, data: JsonObject) -> str:
        self.seq += 1
        frame = encode({"op": 0, "s": self.seq, "t": event, "d": data})
        # That a session was resumed concerns the connection of then: it takes a number, but a
        # later connection is not notified.
        self._events.append((self.seq, None if event == "RESUMED" else frame))
        return frame

    def confirm(self, seq: object) -> None:
        """Note a sequence number that the bot named; one that cannot be is none of its events."""
        if isinstance(seq, int) and seq <= self.seq:
            self.confirmed = max(self.confirmed, seq)

    def missed_since(self, seq: int) -> list[str] | None:
        """Return the events after `seq`; None when some of them are not kept any more."""
        missed = [frame for number, frame in self._events if number > seq]
        if len(missed) != self.seq - seq:
            return None
        return [frame for frame in missed if frame is not None]

    def attach(self, connection: Connection) -> None:
        """Bind the session to a connection."""
        self.connection = connection
        self.detached_at = None

    def detach(self) -> None:
        """Take the session off its connection; from now on it waits to be resumed."""
        self.connection = None
        self.detached_at = time.monotonic()


@dataclass(slots=True)
class Sessions:
    """All sessions.

    Attributes:
        kept_s: how many seconds a session without a connection can still be resumed.
        listeners: called after a READY or RESUMED, the session's latest event, went out.
    """

    kept_s: float
    listeners: list[Callable[[Session, Beginning], None]] = field(default_factory=list)
    _all: dict[str, Session] = field(default_factory=dict)

    def create(self, shard: tuple[int, int], intents: int) -> Session:
        """Make a session; the one that has waited longest gives way when there are too many."""
        self._forget_expired()
        waiting = [found for found in self._all.values() if found.connection is None]
        if len(self._all) >= SESSIONS_KEPT and waiting:
            self.discard(min(waiting, key=lambda found: found.detached_at or 0.0))
        session = Session(secrets.token_hex(16), shard, intents)
        self._all[session.id] = session
        return session

    def begin(self, session: Session, beginning: Beginning, data: JsonObject) -> None:
        """Tell the bot, and all listeners, that its session has begun or goes on."""
        session.dispatch("READY" if beginning == "identify" else "RESUMED", data)
        for listener in self.listeners:
            listener(session, beginning)

    def find(self, session_id: str) -> Session | None:
        """Return a session that can still be resumed."""
        self._forget_expired()
        return self._all.get(session_id)

    def discard(self, session: Session) -> None:
        """End a session for good."""
        self._all.pop(session.id, None)

    def of(self, connection: Connection) -> Session | None:
        """Return the session that a connection has."""
        return next((found for found in self._all.values() if found.connection is connection), None)

    def all(self) -> list[Session]:
        """Return every session that lives."""
        self._forget_expired()
        return list(self._all.values())

    def attached(self) -> list[Session]:
        """Return the sessions that have a connection."""
        return [session for session in self._all.values() if session.connection is not None]

    def _forget_expired(self) -> None:
        oldest = time.monotonic() - self.kept_s
        for session in list(self._all.values()):
            if session.detached_at is not None and session.detached_at < oldest:
                self.discard(session)
