"""One run of one drill, phase by phase."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botwatch_drill.control import ControlError
from botwatch_drill.fault import Fault
from botwatch_drill.record import Timing
from botwatch_drill.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch_drill.catalogue import Drill, Kill, Limits
    from botwatch_drill.control import ControlRoom
    from botwatch_drill.host import Host
    from botwatch_drill.progress import Line
    from botwatch_drill.record import Record
    from botwatch_drill.stopping import Stop
    from botwatch_drill.verdict import Run

PHASES = ("firing", "delivered", "recovered", "resolved")


@dataclass(frozen=True, slots=True)
class Site:
    """What a run works with.

    Attributes:
        control: observes.
        host: is broken.
        limits: how long everything may take.
        stop: whether somebody asked to end.
    """

    control: ControlRoom
    host: Host
    limits: Limits
    stop: Stop


class Runner:
    """Runs a drill once."""

    def __init__(self, site: Site, drill: Drill, line: Line) -> None:
        self._site = site
        self._drill = drill
        self._line = line
        self._id = 0
        self._shown: set[str] = set()

    def run(self) -> tuple[Run, float | None]:
        """Breaks the site, watches, mends it, and judges.

        Returns:
            The run, and the budget in seconds that the record named.

        Raises:
            ControlError: the control room is gone or refuses.
            HostError: the host is gone, or the fault could not be injected or undone.
            InterruptionError: somebody asked to end; the fault is undone.
        """
        self._site.stop.check()
        if self._drill.kill is None:
            record = self._by_stand_ins()
        else:
            record = self._on_host(self._drill.kill)
        return judge(self._drill, record, self._site.limits), record.budget_s

    def _by_stand_ins(self) -> Record:
        """The stand-ins inject the fault and end the record themselves."""
        limits = self._site.limits
        self._id = self._site.control.run(self._drill).id
        self._line.waits("injecting")
        record = self._watch(lambda seen: seen.injected_at is not None, limits.injected_s)
        if record.injected_at is None:
            return record
        self._line.waits("waiting for the message")
        self._watch(lambda record: record.delivered_at is not None, limits.late_s)
        self._line.waits("waiting until it is over")
        return self._watch(lambda record: not record.running, limits.resolved_within_s)

    def _on_host(self, kill: Kill) -> Record:
        self._id = self._site.control.start(self._drill).id
        try:
            record = self._break_and_mend(kill)
            run = judge(self._drill, record, self._site.limits)
            error = " ".join(run.failures) or None
            return self._site.control.finish(ok=not run.failures, error=error)
        except BaseException as error:
            # The error matters more than a control room that cannot be told.
            with contextlib.suppress(ControlError):
                self._site.control.finish(ok=False, error=f"aborted: {error}")
            raise

    def _break_and_mend(self, kill: Kill) -> Record:
        control, limits = self._site.control, self._site.limits
        fault = Fault(kill, self._site.host, limits.fail_safe_s)
        try:
            control.mark("injected", fault.inject())
            started = time.monotonic()
            record = self._watch_fault()
        finally:
            self._line.waits("undoing the fault")
            undone_at = fault.undo()
        if not kill.stays_down:
            return record
        control.mark("released", undone_at)
        self._line.waits("waiting until it is over")
        expects_more = record.delivered_at is not None
        left_s = started + limits.resolved_within_s - time.monotonic()
        return self._watch(
            lambda seen: (
                seen.recovered_at is not None and (seen.resolved_at is not None or not expects_more)
            ),
            left_s,
        )

    def _watch_fault(self) -> Record:
        """Watches as long as the fault has to stay."""
        limits = self._site.limits
        if self._drill.expect == "message":
            self._line.waits("waiting for the message")
            return self._watch(
                lambda seen: seen.delivered_at is not None or seen.recovered_at is not None,
                limits.late_s,
            )
        self._line.waits("waiting until it is back")
        record = self._watch(
            lambda seen: seen.recovered_at is not None or seen.messages > 0, limits.late_s
        )
        if record.recovered_at is None:
            return record
        self._line.waits(f"no message may come for {limits.quiet_s:g} s")
        return self._watch(lambda seen: seen.messages > 0, limits.quiet_s)

    def _watch(self, done: Callable[[Record], bool], within_s: float) -> Record:
        """Asks for the record until it is done, ended or out of time, and returns it."""
        end = time.monotonic() + within_s
        while True:
            record = self._site.control.current()
            self._check(record)
            self._show(record)
            if done(record) or not record.running or time.monotonic() >= end:
                return record
            self._site.stop.sleep(self._site.limits.poll_s)

    def _check(self, record: Record) -> None:
        if record.id != self._id:
            message = f"the drill '{record.name}' was started meanwhile: run one at a time"
            raise ControlError(message)
        if not record.running and self._drill.kill is not None:
            message = f"the control room ended the drill: {record.error or record.state}"
            raise ControlError(message)

    def _show(self, record: Record) -> None:
        timing = Timing.of(record, self._drill.expect)
        if record.injected_at is not None:
            clock = time.strftime("%H:%M:%S", time.localtime(record.injected_at))
            self._show_once("injected", f"injected {clock}")
        for phase in PHASES:
            seconds = getattr(timing, f"{phase}_s")
            if seconds is not None:
                self._show_once(phase, f"{phase} {seconds:.1f} s")

    def _show_once(self, phase: str, text: str) -> None:
        if phase not in self._shown:
            self._shown.add(phase)
            self._line.says(text)
