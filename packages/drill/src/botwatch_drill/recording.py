"""A record that is kept here, of what is seen of a stack from look to look.

The control room keeps one record of its own. This one serves where there is no control room, and
where several drills run at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botwatch_drill.control import ControlError
from botwatch_sandbox.drills.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botwatch_drill.snapshot import Notification, Snapshot
    from botwatch_sandbox.drills.record import DrillSpec, Mark, Record


@dataclass(slots=True)
class Recording:
    """Observes one drill; see Observer.

    Attributes:
        look: returns what is seen now.
        player: lets the stand-ins do something; None: there are none.
    """

    look: Callable[[], Snapshot]
    player: Callable[[str, Mapping[str, object]], None] | None = None
    _recorder: Recorder = field(default_factory=Recorder)
    _seen: set[Notification] = field(default_factory=set)

    def state(self) -> Snapshot:
        """See Observer."""
        return self.look()

    def start(self, spec: DrillSpec) -> Record:
        """See Observer."""
        self._seen = set(self.look().notifications)
        return self._recorder.start(spec)

    def mark(self, mark: Mark, at: float | None = None) -> Record:
        """See Observer."""
        record = self._record()
        self._recorder.mark(mark, self.look().now if at is None else at)
        return record

    def finish(self, *, ok: bool, error: str | None) -> Record:
        """See Observer."""
        record = self._record()
        self._recorder.finish(ok=ok, error=error)
        return record

    def current(self) -> Record:
        """See Observer; look at the stack."""
        record = self._record()
        if record.injected_at is not None and record.running:
            self._see(self.look())
        return record

    def play(self, what: str, body: Mapping[str, object]) -> None:
        """See Observer."""
        if self.player is None:
            message = f"{what} is for stand-ins, and there are none here"
            raise ControlError(message)
        self.player(what, body)

    def _record(self) -> Record:
        record = self._recorder.record
        if record is None:
            message = "no drill was started"
            raise ControlError(message)
        return record

    def _see(self, snapshot: Snapshot) -> None:
        now = snapshot.now
        self._recorder.saw_health(
            ready=snapshot.ready, asked_at=now, at=now, started_at=snapshot.started_at
        )
        self._recorder.saw_alerts(snapshot.firing, now)
        for notification in snapshot.notifications:
            if notification not in self._seen:
                self._seen.add(notification)
                self._recorder.saw_message(notification)
