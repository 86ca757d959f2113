"""One run of one drill, from the record's start to its verdict."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from botwatch_drill import breaking, deploying
from botwatch_drill.control import ControlError
from botwatch_drill.deployment import Deployment
from botwatch_drill.verdict import judge

if TYPE_CHECKING:
    from botwatch_drill.breakage import Breakage
    from botwatch_drill.deployment import Ended
    from botwatch_drill.record import Record
    from botwatch_drill.result import Run
    from botwatch_drill.watch import Watch


class Runner:
    """Runs a drill once."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._site = watch.site
        self._drill = watch.drill

    def run(self) -> tuple[Run, float | None]:
        """Breaks the site, watches, mends it, and judges.

        Returns:
            The run, and the budget in seconds that the record named.

        Raises:
            ControlError: the control room is gone or refuses.
            DeploymentError: the command does not start.
            HostError: the host is gone, or the fault could not be injected or undone.
            InterruptionError: somebody asked to end; the fault is undone.
        """
        self._site.stop.check()
        if self._drill.breaks is None:
            record = self._by_stand_ins()
            return judge(self._drill, record), record.budget_s
        return self._recorded(self._drill.breaks)

    def _by_stand_ins(self) -> Record:
        """The stand-ins inject the fault and end the record themselves."""
        watch, limits = self._watch, self._drill.limits
        watch.record_id = self._site.control.run(self._drill).id
        watch.line.waits("injecting")
        record = watch.until(lambda seen: seen.injected_at is not None, limits.injected_s)
        if record.injected_at is None:
            return record
        watch.line.waits("waiting for the message")
        watch.until(lambda record: record.delivered_at is not None, limits.late_s)
        watch.line.waits("waiting until it is over")
        return watch.until(lambda record: not record.running, limits.resolved_within_s)

    def _recorded(self, breaks: Breakage | Deployment) -> tuple[Run, float | None]:
        """The record is started and ended from here."""
        control = self._site.control
        self._watch.record_id = control.start(self._drill).id
        try:
            record, ended = self._act(breaks)
            run = judge(self._drill, record, ended)
            error = " ".join(run.failures) or None
            record = control.finish(ok=not run.failures, error=error)
        except BaseException as error:
            # The error matters more than a control room that cannot be told.
            with contextlib.suppress(ControlError):
                control.finish(ok=False, error=f"aborted: {error}")
            raise
        return judge(self._drill, record, ended), record.budget_s

    def _act(self, breaks: Breakage | Deployment) -> tuple[Record, Ended | None]:
        if isinstance(breaks, Deployment):
            return deploying.deploy(breaks, self._watch)
        return breaking.break_and_mend(breaks, self._watch), None
