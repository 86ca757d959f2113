"""Slack fails while something breaks: which notifications are sent afterwards, and how often."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from botwatch_drill.fault import Fault
from botwatch_drill.injection import Injection
from botwatch_drill.outcome import Outcome

if TYPE_CHECKING:
    from botwatch_drill.breakage import Breakage
    from botwatch_drill.watch import Watch
    from botwatch_sandbox.drills.record import Record

Answer: TypeAlias = Literal[429, 500, 503, "silence"]
# What Alertmanager needs after the end of an alert to let it go without a word.
LET_GO_S = 15.0


@dataclass(frozen=True, slots=True)
class Outage(Fault):
    """An outage of Slack, and what breaks within it.

    Attributes:
        answer: what Slack answers to everything meanwhile.
        lasts_s: how long, from the moment in which the other thing breaks.
        breaks: the other thing.
        ends_within: whether that is over before Slack works again; else it is repaired once a
            notification was sent.
        during: the alert that fires within the outage, where the drill's own comes afterwards.
    """

    answer: Answer
    lasts_s: float
    breaks: Breakage
    ends_within: bool = False
    during: str | None = None
    stays = True

    def run(self, watch: Watch) -> Outcome:
        """Let Slack fail, break the stack, let Slack work again, repair the stack, and watch."""
        observer, limits = watch.stack.control, watch.drill.limits
        injection = Injection(self.breaks, watch.stack.host, limits.fail_safe_s)
        failing = {"status": self.answer, "for_s": limits.fail_safe_s}
        try:
            observer.play("slack/faults", failing)
            observer.mark("injected", injection.inject())
            started = time.monotonic()
            watch.line.waits(f"Slack fails for {self.lasts_s:g} s")
            if self.ends_within:
                self._end_within(watch, injection)
            left_s = self.lasts_s - (time.monotonic() - started)
            watch.until(lambda _: False, max(0.0, left_s))
            observer.play("slack/faults", {"status": None})
            watch.line.says(f"Slack works again {time.monotonic() - started:.1f} s")
            watch.line.waits("waiting for the message")
            watch.until(watch.is_notified, limits.late_s)
        finally:
            try:
                observer.play("slack/faults", {"status": None})
            finally:
                watch.line.waits("undoing the fault")
                undone_at = injection.undo()
        observer.mark("released", undone_at)
        record = watch.until_over(started)
        watch.line.waits(f"no further message may come for {limits.quiet_s:g} s")
        before = record.messages
        return Outcome(watch.until(lambda seen: seen.messages > before, limits.quiet_s))

    def _end_within(self, watch: Watch, injection: Injection) -> None:
        """Wait until Slack has missed the notification, repair it, and wait until that is over."""
        observer, asked_at = watch.stack.control, time.time()

        def fires(_: Record) -> bool:
            state = observer.state()
            return self.during in state.firing and any(at > asked_at for at in state.refused)

        def is_over(_: Record) -> bool:
            return self.during not in observer.state().firing

        watch.until(fires, watch.drill.limits.late_s)
        injection.undo()
        watch.until(is_over, watch.drill.limits.late_s)
        watch.until(lambda _: False, LET_GO_S)
