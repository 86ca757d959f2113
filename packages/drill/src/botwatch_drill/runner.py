"""One run of one drill, from the record's start to its verdict."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from botwatch_drill.control import ControlError
from botwatch_drill.verdict import judge
from botwatch_drill.watch import Watch

if TYPE_CHECKING:
    from botwatch_drill.drill import Drill
    from botwatch_drill.progress import Notes
    from botwatch_drill.result import Run
    from botwatch_drill.watch import Stack


def run_once(stack: Stack, drill: Drill, line: Notes) -> tuple[Run, float | None]:
    """Run a drill once: break the stack, watch, repair it, and judge.

    Args:
        stack: where.
        drill: what.
        line: shows what is seen.

    Returns:
        The run, and the budget in seconds that the record named.

    Raises:
        ControlError, DeploymentError, HostError, InterruptionError: as Fault.run; the fault is
            undone.
    """
    stack.stop.check()
    watch = Watch(stack, drill, line)
    if drill.breaks.has_own_record:
        return judge(drill, drill.breaks.run(watch).record), None
    watch.record_id = stack.control.start(drill).id
    try:
        outcome = drill.breaks.run(watch)
        failures = judge(drill, outcome.record, outcome.ended).failures
        record = stack.control.finish(ok=not failures, error=" ".join(failures) or None)
    except BaseException as error:
        # The error matters more than an unreachable control room.
        with contextlib.suppress(ControlError):
            stack.control.finish(ok=False, error=f"aborted: {error}")
        raise
    return judge(drill, record, outcome.ended), record.budget_s
