"""A fault on the host while it is watched: broken, and mended whatever happens."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from botwatch_drill.fault import Fault

if TYPE_CHECKING:
    from botwatch_drill.breakage import Breakage
    from botwatch_drill.watch import Watch
    from botwatch_sandbox.drills.record import Record


def break_and_mend(breakage: Breakage, watch: Watch) -> Record:
    """Break the site as often as the drill says, watch, mend it, and watch on.

    Raises:
        ControlError, HostError, InterruptionError: as Runner.run; the fault is undone.
    """
    control, drill = watch.site.control, watch.drill
    name = drill.name if drill.together else ""
    fault = Fault(breakage, watch.site.host, drill.limits.fail_safe_s, name=name)
    try:
        control.mark("injected", fault.inject())
        started = time.monotonic()
        for _ in range(drill.strikes - 1):
            if not _is_back(watch):
                break
            control.mark("again", fault.inject())
        record = _watch_fault(breakage, watch)
    finally:
        watch.line.waits("undoing the fault")
        undone_at = fault.undo()
    if drill.expect == "silence":
        return record
    if breakage.replaces:
        control.mark("again", undone_at)  # the new bot's return counts, not that of the old one
    control.mark("released", undone_at)
    return _watch_end(watch, started)


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


def _watch_fault(breakage: Breakage, watch: Watch) -> Record:
    """Watch as long as the fault has to stay."""
    limits = watch.drill.limits
    if watch.drill.expect != "silence":
        watch.line.waits("waiting for the message")
        record = watch.until(
            lambda seen: watch.is_told(seen) or (breakage.stays and seen.recovered_at is not None),
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


def _watch_end(watch: Watch, started: float) -> Record:
    """Watch until the bot is back and Slack knows that everything is over."""
    watch.line.waits("waiting until it is over")
    end = started + watch.drill.limits.resolved_within_s
    return watch.until(watch.is_over, end - time.monotonic())


def _meanwhile(watch: Watch, record: Record) -> Record:
    """Do what the drill does in the middle of the alert, and let it take effect."""
    act = watch.drill.meanwhile
    if act is None or record.delivered_at is None:
        return record
    watch.line.waits(act.title)
    watch.site.host.sh("\n".join(act.lines))
    watch.line.says(act.title)
    watch.line.waits(f"no further message may come for {act.quiet_s:g} s")
    told = record.messages
    return watch.until(lambda seen: seen.messages > told, act.quiet_s)
