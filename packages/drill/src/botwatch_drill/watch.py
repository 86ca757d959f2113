"""Watching the control room's record while a run goes on."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botwatch_drill.control import ControlError
from botwatch_drill.timing import Timing

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch_drill.host import Host
    from botwatch_drill.observer import Observer
    from botwatch_drill.progress import Notes
    from botwatch_drill.stopping import Stop
    from botwatch_drill.terms import Terms
    from botwatch_sandbox.drills.record import Record

PHASES = ("firing", "delivered", "recovered", "resolved")


@dataclass(frozen=True, slots=True)
class Stack:
    """What a run works with.

    Attributes:
        control: observes.
        host: is broken.
        stop: whether somebody asked to end.
    """

    control: Observer
    host: Host
    stop: Stop


@dataclass(slots=True)
class Watch:
    """Watches the record of one run.

    Attributes:
        stack: where it runs.
        drill: what runs.
        line: shows what is seen.
        record_id: the record that belongs to this run.
    """

    stack: Stack
    drill: Terms
    line: Notes
    record_id: int = 0
    _shown: set[str] = field(default_factory=set)

    def is_notified(self, seen: Record) -> bool:
        """Say whether what must come has come: the message, or the alert without one."""
        moment = seen.firing_at if self.drill.expect == "firing" else seen.delivered_at
        return moment is not None

    def is_over(self, seen: Record) -> bool:
        """Say whether the stack has recovered, and all resolved notifications were sent."""
        unsent = seen.delivered_at is None or not self.drill.resolves
        is_resolved = unsent or seen.resolved_at is not None
        unresolved = [name for name in seen.unresolved if name != self.drill.alert]
        return seen.recovered_at is not None and is_resolved and not unresolved

    def until(self, done: Callable[[Record], bool], within_s: float) -> Record:
        """Ask for the record until it is done, ended or out of time, and return it.

        Raises:
            ControlError: the control room is gone, or has another record.
            InterruptionError: somebody asked to end.
        """
        end = time.monotonic() + within_s
        while True:
            record = self.stack.control.current()
            self._check(record)
            self._show(record)
            if done(record) or not record.running or time.monotonic() >= end:
                return record
            self.stack.stop.sleep(self.drill.limits.poll_s)

    def until_over(self, started: float) -> Record:
        """Watch until the bot is back and all resolved notifications were sent.

        Args:
            started: when the stack was broken (monotonic seconds).

        Raises:
            ControlError, InterruptionError: as until().
        """
        self.line.waits("waiting until it is over")
        left_s = self.drill.limits.resolved_within_s - (time.monotonic() - started)
        return self.until(self.is_over, left_s)

    def _check(self, record: Record) -> None:
        if record.id != self.record_id:
            message = f"the drill '{record.name}' was started meanwhile: run one at a time"
            raise ControlError(message)
        if not record.running:
            message = f"the control room ended the drill: {record.error or record.state}"
            raise ControlError(message)

    def _show(self, record: Record) -> None:
        timing = Timing.of(record, self.drill.expect)
        if record.injected_at is not None:
            clock = time.strftime("%H:%M:%S", time.localtime(record.injected_at))
            self._show_once("injected", f"injected {clock}")
        # Before the last of several strikes the bot comes back only to be broken again.
        early = self.drill.strikes > 1 and record.released_at is None
        for phase in PHASES:
            seconds = getattr(timing, f"{phase}_s")
            if seconds is not None and not (early and phase == "recovered"):
                self._show_once(phase, f"{phase} {seconds:.1f} s")

    def _show_once(self, phase: str, text: str) -> None:
        if phase not in self._shown:
            self._shown.add(phase)
            self.line.says(text)
