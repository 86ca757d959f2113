"""All runs of all chosen drills, one after the other."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botwatch_drill import rest
from botwatch_drill.catalogue import JOURNAL_LINES, JOURNAL_UNITS
from botwatch_drill.host import HostError
from botwatch_drill.progress import line
from botwatch_drill.runner import Runner
from botwatch_drill.verdict import Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from botwatch_drill.catalogue import Drill
    from botwatch_drill.runner import Site
    from botwatch_drill.verdict import Run


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done.

    Attributes:
        drills: in this order.
        runs: how often each.
        seed: of the random delays before injections.
    """

    drills: Sequence[Drill]
    runs: int
    seed: int


@dataclass(slots=True)
class Session:
    """Runs a plan; `results` holds what there is, also after an early end."""

    site: Site
    plan: Plan
    console: Console
    results: list[Result] = field(init=False)

    def __post_init__(self) -> None:
        runs = self.plan.runs
        self.results = [Result(drill, runs, drill.budget_s) for drill in self.plan.drills]

    def run(self) -> None:
        """Runs everything.

        Raises:
            ControlError, HostError, InterruptionError, UnrestError: the session ended early.
        """
        delays = random.Random(self.plan.seed)  # noqa: S311 - spreads moments, guards nothing
        for result in self.results:
            for number in range(1, result.wanted + 1):
                delay_s = delays.uniform(0, result.drill.phase_s)
                result.runs.append(self._run(result, number, delay_s))
                if result.runs[-1].failures:
                    self._show_journals()

    def _run(self, result: Result, number: int, delay_s: float) -> Run:
        label = f"{result.drill.name:<11} {number}/{result.wanted}"
        with line(self.console, label) as shown:
            rest.wait(self.site, shown)
            shown.waits(f"waiting {delay_s:.1f} s")
            self.site.stop.sleep(delay_s)
            run, budget_s = Runner(self.site, result.drill, shown).run()
            result.budget_s = budget_s
            shown.says("failed" if run.failures else "ok")
            return run

    def _show_journals(self) -> None:
        for unit in JOURNAL_UNITS:
            self._out(f"--- the last {JOURNAL_LINES} lines of {unit}'s journal")
            try:
                script = f"journalctl --no-pager --quiet --lines={JOURNAL_LINES} --unit={unit}"
                self._out(self.site.host.sh(script).rstrip())
            except HostError as error:
                self._out(f"cannot be read: {error}")

    def _out(self, text: str) -> None:
        self.console.out(text, highlight=False)
