"""The whole host restarts."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botwatch_drill.control import ControlError
from botwatch_drill.fault import Fault
from botwatch_drill.host import HostError
from botwatch_drill.outcome import Outcome
from botwatch_sandbox.drills.record import Record

if TYPE_CHECKING:
    from botwatch_drill.snapshot import Snapshot
    from botwatch_drill.watch import Watch


# Which boot this is: a container that restarts keeps the kernel, but not its first process.
WHICH_BOOT = "cat /proc/sys/kernel/random/boot_id; cut -d ' ' -f 22 /proc/1/stat"
# The first answer comes long before the end of the boot: /tmp may still be emptied. `degraded` is
# for alerts to judge.
BOOTED = """state=$(systemctl is-system-running) || [ "$state" = degraded ]"""


@dataclass(frozen=True, slots=True)
class Reboot(Fault):
    """A restart of the host; there is nothing to undo.

    The stand-ins may be on that host, and lose their record with it.
    """

    stays = False
    has_own_record = True

    def run(self, watch: Watch) -> Outcome:
        """Restart the host, wait until the stack is well, and for a while longer; see Fault."""
        limits = watch.drill.limits
        boot = watch.stack.host.sh(WHICH_BOOT)
        before = watch.stack.control.state().notifications
        started_at = time.time()
        started = time.monotonic()
        watch.stack.host.restart()
        watch.line.says(f"restarted {time.monotonic() - started:.1f} s")
        watch.line.waits("waiting until everything is back")
        record = Record.begin(0, watch.drill, started_at)
        record.injected_at = started_at
        state = _well(watch, limits.late_s) if _booted(watch, boot) else None
        if state is not None:
            record.recovered_at = time.time()
            watch.line.says(f"recovered {time.monotonic() - started:.1f} s")
            watch.line.waits(f"no message may come for {limits.quiet_s:g} s")
            watch.stack.stop.sleep(limits.quiet_s)
            state = watch.stack.control.state()
            mild = watch.drill.also
            new = [
                sent
                for sent in state.notifications
                if sent not in before and sent.state == "firing" and not any(map(sent.names, mild))
            ]
            record.messages, record.said = len(new), new[0].words if new else None
        return Outcome(record)


def _booted(watch: Watch, before: str) -> bool:
    """Wait until another boot than the one before is complete; say whether it was, in time."""
    end = time.monotonic() + watch.drill.limits.late_s
    while time.monotonic() < end:
        with contextlib.suppress(HostError):
            if watch.stack.host.sh(f"{BOOTED}\n{WHICH_BOOT}") != before:
                return True
        watch.stack.stop.sleep(watch.drill.limits.poll_s)
    return False


def _well(watch: Watch, within_s: float) -> Snapshot | None:
    """Wait until nothing is wrong any more; None: not in time."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            state = watch.stack.control.state()
            if not state.problems:
                return state
        except ControlError:
            pass
        watch.stack.stop.sleep(watch.drill.limits.poll_s)
    return None
