"""All runs of all chosen drills, one after the other."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botwatch_drill import steady_state, together
from botwatch_drill.host import HostError
from botwatch_drill.progress import line
from botwatch_drill.result import Result
from botwatch_drill.runner import run_once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from botwatch_drill.drill import Drill
    from botwatch_drill.result import Run
    from botwatch_drill.runtimes.runtime import Evidence
    from botwatch_drill.watch import Stack


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done.

    Attributes:
        drills: in this order.
        runs: how often each; None: as often as is usual for it.
        seed: of the random delays before injections.
        evidence: what is shown after a run that failed.
    """

    drills: Sequence[Drill]
    runs: int | None
    seed: int
    evidence: Sequence[Evidence] = ()


@dataclass(slots=True)
class Session:
    """Runs a plan; `results` holds what there is, also after an early end."""

    stack: Stack
    plan: Plan
    console: Console
    results: list[Result] = field(init=False)

    def __post_init__(self) -> None:
        self.results = [
            Result(drill, self.plan.runs or drill.usual_runs, drill.budget_s)
            for drill in self.plan.drills
        ]

    def run(self) -> None:
        """Run everything.

        Raises:
            ControlError, DeploymentError, HostError, InterruptionError, NotSteadyError: the session
                ended early.
        """
        delays = random.Random(self.plan.seed)  # noqa: S311 - spreads moments, guards nothing
        for group in _groups(self.results):
            if len(group) > 1:
                self._run_together(group)
                continue
            (result,) = group
            for number in range(1, result.wanted + 1):
                delay_s = delays.uniform(0, result.drill.phase_s)
                result.runs.append(self._run(result, number, delay_s))
                if result.runs[-1].failures:
                    self._show_evidence(result.runs[-1])

    def _run_together(self, group: Sequence[Result]) -> None:
        """Run several drills at once, as often as most of them are to be run."""
        for number in range(1, max(result.wanted for result in group) + 1):
            due = [result for result in group if number <= result.wanted]
            with line(self.console, f"{together.NAME:<20} {number}") as shown:
                for result in due:
                    steady_state.wait(self.stack, result.drill, shown)
                drills = [result.drill for result in due]
                runs = together.run_together(self.stack, drills, self.console, shown)
            for result, (run, budget_s) in zip(due, runs, strict=True):
                result.budget_s = budget_s
                result.runs.append(run)
                if run.failures:
                    self._show_evidence(run)

    def _run(self, result: Result, number: int, delay_s: float) -> Run:
        label = f"{result.drill.name:<20} {number}/{result.wanted}"
        with line(self.console, label) as shown:
            steady_state.wait(self.stack, result.drill, shown)
            shown.waits(f"waiting {delay_s:.1f} s")
            self.stack.stop.sleep(delay_s)
            run, budget_s = run_once(self.stack, result.drill, shown)
            result.budget_s = budget_s
            shown.says("failed" if run.failures else "ok")
            return run

    def _show_evidence(self, run: Run) -> None:
        if run.output:
            self._out("--- what the deployment said")
            self._out(run.output.rstrip())
        for evidence in self.plan.evidence:
            self._out(f"--- {evidence.what}")
            try:
                self._out(self.stack.host.sh(evidence.script).rstrip())
            except HostError as error:
                self._out(f"cannot be read: {error}")

    def _out(self, text: str) -> None:
        self.console.out(text, highlight=False)


def _groups(results: Sequence[Result]) -> list[list[Result]]:
    """Put those that may run at the same time in one group, in the place of the first of them."""
    groups: list[list[Result]] = []
    beside: list[Result] = []
    for result in results:
        if not result.drill.together:
            groups.append([result])
        elif not beside:
            beside = [result]
            groups.append(beside)
        else:
            beside.append(result)
    return groups
