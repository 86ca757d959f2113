"""Faults that the stand-ins play, and what people ask the bot meanwhile."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botwatch_drill.fault import Fault
from botwatch_drill.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botwatch_drill.watch import Watch


@dataclass(frozen=True, slots=True)
class Played(Fault):
    """What the stand-ins play.

    Attributes:
        discord: the faults of the Discord stand-in.
        back: what takes them back.
        asks: what somebody asks the bot meanwhile; None: nobody does.
        every_s: how often.
        still: how often it is asked immediately when the fault comes.
    """

    discord: Mapping[str, object]
    back: Mapping[str, object]
    asks: str | None = None
    every_s: float = 1.0
    still: int = 1
    stays = True

    def run(self, watch: Watch) -> Outcome:
        """Let the stand-ins play, watch, take it back, and watch on; see Fault."""
        observer, limits = watch.stack.control, watch.drill.limits
        # Whatever becomes of this drill, the stand-ins end it by themselves.
        observer.play("discord/faults", {**self.discord, "for_s": limits.fail_safe_s})
        try:
            observer.mark("injected")
            started = time.monotonic()
            questions = Questions(self, watch)
            watch.line.waits("waiting for the message")
            silence = watch.drill.expect == "silence"
            watch.until(
                lambda seen: (
                    questions.asked()
                    and (seen.recovered_at is not None if silence else watch.is_notified(seen))
                ),
                limits.late_s,
            )
        finally:
            observer.play("discord/faults", self.back)
        observer.mark("released")
        if silence:
            watch.line.waits(f"no message may come for {limits.quiet_s:g} s")
            return Outcome(watch.until(lambda seen: seen.messages > 0, limits.quiet_s))
        return Outcome(watch.until_over(started))


@dataclass(slots=True)
class Questions:
    """Somebody who asks the bot something again and again."""

    played: Played
    watch: Watch
    _count: int = 0
    _next: float = 0.0

    def asked(self) -> bool:
        """Ask if it is time to; always true, so that it can stand in a condition."""
        played = self.played
        if played.asks is None or time.monotonic() < self._next:
            return True
        self._next = time.monotonic() + played.every_s
        for _ in range(1 if self._count else played.still):
            self._count += 1
            # Each by another person: the bot lets one ask so often only.
            body = {"content": played.asks, "author": f"visitor {self._count}"}
            self.watch.stack.control.play("discord/messages", body)
        return True
