"""A record that is kept here, of what is seen of a site from look to look.

The control room keeps one record of its own. This one serves where there is no control room, and
where several drills run at once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from botwatch_drill.control import ControlError
from botwatch_drill.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botwatch_drill.drill import Drill
    from botwatch_drill.observer import Mark
    from botwatch_drill.snapshot import Snapshot, Told


@dataclass(slots=True)
class Recording:
    """Observes one drill; see Observer.

    Attributes:
        look: returns what is seen now.
        player: lets the stand-ins do something; None: there are none.
    """

    look: Callable[[], Snapshot]
    player: Callable[[str, Mapping[str, object]], None] | None = None
    _drill: Drill | None = None
    _record: Record | None = None
    _heard: set[Told] = field(default_factory=set)
    _before: set[Told] = field(default_factory=set)
    _down: bool = False
    _away: bool = False
    _again_at: float | None = None

    def state(self) -> Snapshot:
        """See Observer."""
        return self.look()

    def start(self, drill: Drill) -> Record:
        """See Observer."""
        self._drill, self._heard = drill, set()
        self._down, self._away, self._again_at = False, False, None
        self._before = set(self.look().told)
        number = 1 if self._record is None else self._record.id + 1
        self._record = Record.begin(number, drill)
        return self._record

    def mark(self, mark: Mark, at: float | None = None) -> Record:
        """See Observer."""
        record, when = self._running(), time.time() if at is None else at
        if mark == "injected":
            record = replace(record, injected_at=when)
        elif mark == "released":
            record = replace(record, released_at=when)
        else:
            # A bot that was not ready when last seen is down still, or back from there.
            record, self._down = replace(record, recovered_at=None), self._away
            self._again_at = when
        self._record = record
        return record

    def finish(self, *, ok: bool, error: str | None) -> Record:
        """See Observer."""
        self._record = replace(self._running(), state="passed" if ok else "failed", error=error)
        return self._record

    def current(self) -> Record:
        """See Observer; look at the site."""
        record = self._running()
        if record.injected_at is not None and record.running:
            self._record = record = self._seen(record, self.look())
        return record

    def play(self, what: str, body: Mapping[str, object]) -> None:
        """See Observer."""
        if self.player is None:
            message = f"{what} is for stand-ins, and there are none here"
            raise ControlError(message)
        self.player(what, body)

    def _running(self) -> Record:
        if self._record is None:
            message = "no drill was started"
            raise ControlError(message)
        return self._record

    def _seen(self, record: Record, snapshot: Snapshot) -> Record:
        record = self._alert(record, snapshot)
        for told in snapshot.told:
            if told not in self._heard and told not in self._before:
                self._heard.add(told)
                record = self._message(record, told)
        return record

    def _alert(self, record: Record, snapshot: Snapshot) -> Record:
        fires, now = record.alert in snapshot.firing, snapshot.now
        if fires and record.firing_at is None:
            record = replace(record, firing_at=now)
        self._away = not snapshot.ready
        if self._away:
            self._down = True
        over = snapshot.ready if self._down else record.firing_at is not None and not fires
        over |= snapshot.ready and self._is_new(record, snapshot)
        if over and record.recovered_at is None:
            record = replace(record, recovered_at=now)
        return record

    def _is_new(self, record: Record, snapshot: Snapshot) -> bool:
        """Say whether the bot is another one: it may be ready before anybody looks."""
        since = self._again_at or record.injected_at
        return since is not None and (snapshot.started_at or 0.0) > since

    def _message(self, record: Record, told: Told) -> Record:
        record = replace(record, messages=record.messages + 1)
        followed = (record.alert, *(self._drill.also if self._drill else ()))
        named = [alert for alert in followed if alert is not None and told.names(alert)]
        others = [alert for alert in record.unresolved if alert not in named]
        record = replace(record, unresolved=[*others, *(named if told.state == "firing" else [])])
        if not told.names(record.alert):
            return record
        if told.state == "firing":
            fired_at = record.firing_at or told.at
            record = replace(record, told_firing=record.told_firing + 1, firing_at=fired_at)
            if record.delivered_at is None:
                record = replace(record, delivered_at=told.at, said=told.words)
            return record
        record = replace(record, told_resolved=record.told_resolved + 1)
        return record if record.resolved_at is not None else replace(record, resolved_at=told.at)
