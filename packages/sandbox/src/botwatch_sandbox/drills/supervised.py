"""The control room's recorder: one drill at a time, whose runner may not vanish."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botwatch_sandbox.drills.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Collection

    from botwatch_sandbox.changes import Changes
    from botwatch_sandbox.drills.record import DrillSpec, Mark, Record
    from botwatch_sandbox.slack.store import SlackStore

log = logging.getLogger(__name__)

CLOCK_TOLERANCE_S = 5.0


class DrillConflictError(Exception):
    """The drill does not fit what is going on; the message is one sentence."""


class DrillTimeError(Exception):
    """A mark's time lies outside of the drill; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class RunnerLimits:
    """When a runner counts as gone, in seconds.

    Attributes:
        silent_s: after so long without any call about the drill.
        total_s: after so long altogether.
        check_s: how often that is looked at.
    """

    silent_s: float = 120.0
    total_s: float = 1800.0
    check_s: float = 1.0


@dataclass(kw_only=True)
class SupervisedRecorder(Recorder):
    """Records one drill at a time, of the control room itself or of a runner elsewhere.

    Attributes:
        changes: notified when the record changes.
        slack: the channel in which messages are looked for.
        limits: when a runner counts as gone.
    """

    changes: Changes
    slack: SlackStore
    limits: RunnerLimits = field(default_factory=RunnerLimits)
    _own: bool = False
    _firing: frozenset[str] = frozenset()
    _last_contact: float = 0.0

    def __post_init__(self) -> None:
        self.slack.listeners.append(self.saw_message)

    def start(self, spec: DrillSpec, *, own: bool = False) -> Record:
        """Start a drill; `own` ones are run by the control room itself.

        Raises:
            DrillConflictError: one runs already, or its alert fires already.
        """
        if self.record is not None and self.record.running:
            message = (
                f"The drill '{self.record.name}' is still running; wait until it has ended, or end "
                "it with POST /control/drills/current/finish."
            )
            raise DrillConflictError(message)
        if spec.alert in self._firing:
            message = (
                f"{spec.alert} is firing already, so that nothing could be measured; wait until "
                "it is resolved."
            )
            raise DrillConflictError(message)
        self._own = own
        self.contact()
        record = super().start(spec)
        log.info("drill %d (%s) started", record.id, record.name)
        return record

    def contact(self) -> None:
        """Note a sign of life of the runner."""
        self._last_contact = time.monotonic()

    def runners_record(self) -> Record:
        """Return the running drill for its runner to change.

        Raises:
            DrillConflictError: none runs, or the control room itself runs it.
        """
        if self.record is None or not self.record.running:
            message = "No drill is running; start one with POST /control/drills."
            raise DrillConflictError(message)
        if self._own:
            message = (
                f"The drill '{self.record.name}' is run by the control room itself; wait until it "
                "has ended."
            )
            raise DrillConflictError(message)
        self.contact()
        return self.record

    def mark(self, mark: Mark, at: float | None = None) -> None:
        """Note that the fault is in place, came again, or was taken away.

        Args:
            mark: what happened.
            at: when, in Unix seconds; now when None.

        Raises:
            DrillConflictError: the mark is set already, or out of order.
            DrillTimeError: the time lies before the drill or in the future.
        """
        if self.record is None:
            return
        when = time.time() if at is None else at
        _check_time(self.record, mark, when)
        _check_order(self.record, mark)
        super().mark(mark, when)
        if mark == "injected":
            for earlier in self.slack.since(when):  # messages that came before the mark did
                self.saw_message(earlier)

    def finish(self, *, ok: bool, error: str | None = None) -> None:
        """End the drill with its verdict."""
        super().finish(ok=ok, error=error)
        self._log_end()

    def saw_alerts(self, firing: Collection[str], at: float) -> None:
        """Note which alerts fire in Prometheus (`at` in Unix seconds)."""
        self._firing = frozenset(firing)
        super().saw_alerts(self._firing, at)

    def changed(self) -> None:
        """Tell the open pages."""
        self.changes.touch("drill")

    async def watch_runner(self) -> None:
        """Abort a drill whose runner is gone; run until it is cancelled."""
        while True:
            await asyncio.sleep(self.limits.check_s)
            record = self.record
            if record is None or not record.running or self._own:
                continue
            if time.monotonic() - self._last_contact > self.limits.silent_s:
                cause = f"gave no sign of life for {self.limits.silent_s:g} s"
            elif time.time() - record.started_at > self.limits.total_s:
                cause = f"did not finish within {self.limits.total_s:g} s"
            else:
                continue
            record.state = "aborted"
            record.error = f"The runner of the drill {cause}; run it again."
            self.changed()
            self._log_end()

    def _log_end(self) -> None:
        if self.record is not None:
            record = self.record
            log.info(
                "drill %d (%s) %s: %s",
                record.id,
                record.name,
                record.state,
                record.error or "no error",
            )


def _check_time(record: Record, mark: Mark, when: float) -> None:
    if not record.started_at - CLOCK_TOLERANCE_S <= when <= time.time() + CLOCK_TOLERANCE_S:
        message = (
            f"The time of '{mark}' lies outside of the drill; give Unix seconds of a clock "
            "that agrees with this machine's."
        )
        raise DrillTimeError(message)


def _check_order(record: Record, mark: Mark) -> None:
    if mark == "injected":
        if record.injected_at is not None:
            message = "'injected' is marked already; mark it once, when the fault is in place."
            raise DrillConflictError(message)
    elif record.injected_at is None or record.released_at is not None:
        message = (
            "'injected' comes first, 'again' any number of times, 'released' once and last; "
            "mark them in this order."
        )
        raise DrillConflictError(message)
