"""Faults on the host: broken, watched, and repaired whatever happens."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botwatch_drill.breakage import Breakage
from botwatch_drill.fault import Fault
from botwatch_drill.injection import Injection
from botwatch_drill.outcome import Outcome

if TYPE_CHECKING:
    from botwatch_drill.watch import Watch
    from botwatch_sandbox.drills.record import Record


@dataclass(frozen=True, slots=True)
class HostFault(Breakage, Fault):
    """A breakage that is run as a fault of its own."""

    def run(self, watch: Watch) -> Outcome:
        """Break the stack as often as the drill says, watch, repair it, and watch on; see Fault."""
        control, drill = watch.stack.control, watch.drill
        name = drill.name if drill.together else ""
        injection = Injection(self, watch.stack.host, drill.limits.fail_safe_s, name=name)
        try:
            control.mark("injected", injection.inject())
            started = time.monotonic()
            for _ in range(drill.strikes - 1):
                if not _is_back(watch):
                    break
                control.mark("again", injection.inject())
            record = _watch_fault(watch, stays=self.stays)
        finally:
            watch.line.waits("undoing the fault")
            undone_at = injection.undo()
        if drill.expect == "silence":
            return Outcome(record)
        if self.replaces:
            control.mark("again", undone_at)  # the new bot's return counts, not that of the old one
        control.mark("released", undone_at)
        return Outcome(watch.until_over(started))


def _is_back(watch: Watch) -> bool:
    """Wait until the bot was ready and seen; say whether it must be broken again."""
    watch.line.waits("waiting until it is back")
    record = watch.until(
        lambda seen: seen.recovered_at is not None or seen.delivered_at is not None,
        watch.drill.limits.late_s,
    )
    if record.recovered_at is None:
        return False
    watch.line.waits("waiting until Prometheus has seen it")
    record = watch.until(lambda seen: seen.delivered_at is not None, watch.drill.limits.seen_s)
    return record.delivered_at is None


def _watch_fault(watch: Watch, *, stays: bool) -> Record:
    """Watch as long as the fault has to stay."""
    limits = watch.drill.limits
    if watch.drill.expect != "silence":
        watch.line.waits("waiting for the message")
        record = watch.until(
            lambda seen: watch.is_notified(seen) or (stays and seen.recovered_at is not None),
            limits.late_s,
        )
        return _meanwhile(watch, record)
    watch.line.waits("waiting until it is back")
    record = watch.until(
        lambda seen: seen.recovered_at is not None or seen.messages > 0, limits.late_s
    )
    if record.recovered_at is None:
        return record
    watch.line.waits(f"no message may come for {limits.quiet_s:g} s")
    return watch.until(lambda seen: seen.messages > 0, limits.quiet_s)


def _meanwhile(watch: Watch, record: Record) -> Record:
    """Do what the drill does in the middle of the alert, and let it take effect."""
    act = watch.drill.meanwhile
    if act is None or record.delivered_at is None:
        return record
    watch.line.waits(act.title)
    watch.stack.host.sh("\n".join(act.lines))
    watch.line.says(act.title)
    watch.line.waits(f"no further message may come for {act.quiet_s:g} s")
    before = record.messages
    return watch.until(lambda seen: seen.messages > before, act.quiet_s)
