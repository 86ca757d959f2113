"""One run of one drill, from the record's start to its verdict."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TypeAlias

from botwatch_drill import breaking, deploying
from botwatch_drill.control import ControlError
from botwatch_drill.deployment import Deployment
from botwatch_drill.faults import outage, played, reboot, rotation
from botwatch_drill.verdict import judge

if TYPE_CHECKING:
    from botwatch_drill.breakage import Breakage
    from botwatch_drill.deployment import Ended
    from botwatch_drill.faults.outage import Outage
    from botwatch_drill.faults.played import Played
    from botwatch_drill.faults.rotation import Rotation
    from botwatch_drill.result import Run
    from botwatch_drill.watch import Watch
    from botwatch_sandbox.drills.record import Record

    Recorded: TypeAlias = Breakage | Deployment | Outage | Played | Rotation


class Runner:
    """Runs a drill once."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._site = watch.site
        self._drill = watch.drill

    def run(self) -> tuple[Run, float | None]:
        """Break the site, watch, mend it, and judge.

        Returns:
            The run, and the budget in seconds that the record named.

        Raises:
            ControlError: the control room is gone or refuses.
            DeploymentError: the command does not start.
            HostError: the host is gone, or the fault could not be injected or undone.
            InterruptionError: somebody asked to end; the fault is undone.
        """
        self._site.stop.check()
        if isinstance(self._drill.breaks, reboot.Reboot):
            return judge(self._drill, reboot.play(self._watch)), None
        return self._recorded(self._drill.breaks)

    def _recorded(self, breaks: Recorded) -> tuple[Run, float | None]:
        """Start and end the record around the fault."""
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

    def _act(self, breaks: Recorded) -> tuple[Record, Ended | None]:
        if isinstance(breaks, Deployment):
            return deploying.deploy(breaks, self._watch)
        if isinstance(breaks, outage.Outage):
            return outage.play(breaks, self._watch), None
        if isinstance(breaks, rotation.Rotation):
            return rotation.play(breaks, self._watch), None
        if isinstance(breaks, played.Played):
            return played.play(breaks, self._watch), None
        return breaking.break_and_mend(breaks, self._watch), None
