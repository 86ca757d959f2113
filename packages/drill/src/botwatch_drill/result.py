"""What came of the runs of a drill."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from botwatch_drill.timing import Timing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from botwatch_drill.drill import Drill


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a drill.

    Attributes:
        injected_at: when it was broken (Unix seconds); None when it never came to that.
        timing: what followed.
        failures: what was wrong, a sentence each.
        output: what a deployment said.
    """

    injected_at: float | None = None
    timing: Timing = field(default_factory=Timing)
    failures: tuple[str, ...] = ()
    output: str = ""


@dataclass(slots=True)
class Result:
    """All runs of a drill.

    Attributes:
        wanted: how many runs there should be.
        budget_s: what the median may take; None when there is nothing to hurry.
    """

    drill: Drill
    wanted: int
    budget_s: float | None
    runs: list[Run] = field(default_factory=list)

    @property
    def median(self) -> Timing:
        """The median over the runs, of every phase that was seen in any."""
        timings = [run.timing for run in self.runs]
        return Timing(
            firing_s=_median(timing.firing_s for timing in timings),
            delivered_s=_median(timing.delivered_s for timing in timings),
            recovered_s=_median(timing.recovered_s for timing in timings),
            resolved_s=_median(timing.resolved_s for timing in timings),
        )

    @property
    def late(self) -> bool:
        """Whether the median of what must come exceeds the budget."""
        return exceeds(self.awaited_s, self.budget_s)

    @property
    def over_budget(self) -> bool:
        """Whether it is late, judged by more than one run: the budget is the median's.

        A single run has a limit of its own, `Limits.max_s`.
        """
        return self.late and len(self.runs) > 1

    @property
    def awaited_s(self) -> float | None:
        """The median of what the budget is for: the message, or the alert without one."""
        median = self.median
        return median.firing_s if self.drill.expect == "firing" else median.delivered_s

    @property
    def failures(self) -> list[str]:
        """What was wrong, a sentence each, with the drill's name and the run's number."""
        name = self.drill.name
        found = [
            f"{name} run {number}: {failure}"
            for number, run in enumerate(self.runs, start=1)
            for failure in run.failures
        ]
        if self.over_budget:
            what = "alert" if self.drill.expect == "firing" else "message"
            found.append(
                f"{name}: the median {what} came after {self.awaited_s:.1f} s, over the "
                f"budget of {self.budget_s:g} s."
            )
        return found

    @property
    def notes(self) -> list[str]:
        """What is worth knowing and no failure, a sentence each."""
        if not self.late or self.over_budget or self.failures:
            return []
        note = (
            f"{self.drill.name}: this run took {self.awaited_s:.1f} s, more than the median's "
            f"budget of {self.budget_s:g} s and within the limit of {self.drill.limits.max_s:g} s "
            "for a single run; several runs show the median."
        )
        return [note]

    @property
    def ok(self) -> bool:
        """Whether every run was made and nothing was wrong."""
        return len(self.runs) == self.wanted and not self.failures


def exceeds(seconds: float | None, limit_s: float | None) -> bool:
    """Say whether something that was seen took longer than it may."""
    return seconds is not None and limit_s is not None and seconds > limit_s


def _median(values: Iterable[float | None]) -> float | None:
    seen = [value for value in values if value is not None]
    return median(seen) if seen else None
