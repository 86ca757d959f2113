"""Drills that run at the same time, as each of them takes minutes and none disturbs another."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from botwatch_drill.recording import Recording
from botwatch_drill.runner import run_once
from botwatch_drill.watch import Stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from botwatch_drill.drill import Drill
    from botwatch_drill.observer import Observer
    from botwatch_drill.progress import Line
    from botwatch_drill.result import Run
    from botwatch_drill.snapshot import Snapshot

NAME = "together"
LOOK_S = 0.5
TITLE_MAX = 100


class NoteLine:
    """A line that is shown when its run has ended, as others run beside it."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def says(self, text: str) -> None:
        """Add what has happened."""
        self.notes.append(text)

    def waits(self, what: str) -> None:
        """Show nothing: others run beside it."""


@dataclass(slots=True)
class SharedLook:
    """One look for all who ask at about the same time."""

    observer: Observer
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _seen: Snapshot | None = None
    _at: float = 0.0

    def __call__(self) -> Snapshot:
        """Return what is seen, at most half a second old."""
        with self._lock:
            if self._seen is None or time.monotonic() - self._at > LOOK_S:
                self._seen, self._at = self.observer.state(), time.monotonic()
            return self._seen


@dataclass(slots=True)
class _Part:
    """One of the drills.

    Attributes:
        drill: what runs.
        line: says how it goes.
        run: what came of it.
        error: what ended it early.
    """

    drill: Drill
    line: NoteLine = field(default_factory=NoteLine)
    run: Run | None = None
    error: BaseException | None = None


def run_together(
    stack: Stack, drills: Sequence[Drill], console: Console, line: Line
) -> list[tuple[Run, float | None]]:
    """Run drills at once, each to its own end; return their runs and budgets, in their order.

    Raises:
        ControlError, HostError, InterruptionError: as Fault.run; all faults are undone.
    """
    look = SharedLook(stack.control)
    parts = [_Part(drill) for drill in drills]
    group = _group(drills)
    control = stack.control
    control.start(group)
    control.mark("injected")
    threads = [threading.Thread(target=_run, args=(stack, part, look)) for part in parts]
    try:
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            waiting = [part.drill.name for part in parts if part.run is None]
            line.waits(f"waiting for {', '.join(waiting)}")
            control.current()
            threads[0].join(group.limits.poll_s)
            time.sleep(group.limits.poll_s)
    finally:
        for thread in threads:
            thread.join()
        failures = [failure for part in parts if part.run for failure in part.run.failures]
        errors = [part.error for part in parts if part.error is not None]
        wrong = " ".join([*failures, *(f"aborted: {error}" for error in errors)])
        control.finish(ok=not wrong, error=wrong or None)
    for part in parts:
        console.out(f"  {part.drill.name:<20} {' · '.join(part.line.notes)}", highlight=False)
    if errors:
        raise errors[0]
    return [(part.run, part.drill.budget_s) for part in parts if part.run is not None]


def _run(stack: Stack, part: _Part, look: SharedLook) -> None:
    own = Stack(Recording(look), stack.host, stack.stop)
    try:
        part.run, _ = run_once(own, part.drill, part.line)
        part.line.says("failed" if part.run.failures else "ok")
    except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
        part.error = error


def _group(drills: Sequence[Drill]) -> Drill:
    """Return the drill that stands for all of them in the control room."""
    names = ", ".join(drill.name for drill in drills)
    alerts = [drill.alert for drill in drills if drill.alert]
    return replace(
        drills[0],
        name=NAME,
        title=f"together: {names}"[:TITLE_MAX],
        also=tuple(dict.fromkeys([*alerts[1:], *(a for drill in drills for a in drill.also)]))[:10],
    )
