"""What was right and what was wrong, in sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from botwatch_drill.record import Timing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from botwatch_drill.catalogue import Drill, Limits
    from botwatch_drill.record import Record


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a drill.

    Attributes:
        injected_at: when it was broken (Unix seconds); None when it never came to that.
        timing: what followed.
        failures: what was wrong, a sentence each.
    """

    injected_at: float | None = None
    timing: Timing = field(default_factory=Timing)
    failures: tuple[str, ...] = ()


@dataclass(slots=True)
class Result:
    """All runs of a drill.

    Attributes:
        wanted: how many runs there should be.
        budget_s: what the median may take; None when there is no message to wait for.
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
    def over_budget(self) -> bool:
        """Whether the median of the messages came later than the budget says."""
        return _exceeds(self.median.delivered_s, self.budget_s)

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
            found.append(
                f"{name}: the median message came after {self.median.delivered_s:.1f} s, over the "
                f"budget of {self.budget_s:g} s."
            )
        return found

    @property
    def ok(self) -> bool:
        """Whether every run was made and nothing was wrong."""
        return len(self.runs) == self.wanted and not self.failures


def judge(drill: Drill, record: Record, limits: Limits) -> Run:
    """Judges one run by its record; the budget concerns the median and is not looked at here."""
    if record.injected_at is None:
        return Run(failures=(f"Nothing was injected: {record.error or 'no reason is known.'}",))
    timing = Timing.of(record, drill.expect)
    failures = _silence(record) if drill.expect == "silence" else _message(drill, record, limits)
    failures += _recovery(drill, timing)
    if not failures and record.state in ("failed", "aborted") and not _slow(timing, record):
        failures = [f"The control room says: {record.error or record.state}"]
    return Run(record.injected_at, timing, tuple(failures))


def _silence(record: Record) -> list[str]:
    count = record.messages
    if count == 0:
        return []
    came = "1 Slack message came" if count == 1 else f"{count} Slack messages came"
    return [f"{came} although the bot came back by itself."]


def _message(drill: Drill, record: Record, limits: Limits) -> list[str]:
    timing = Timing.of(record, drill.expect)
    if timing.delivered_s is None:
        return [_no_message(drill, record, limits)]
    failures = []
    if timing.delivered_s > limits.max_s:
        took = f"The message came after {timing.delivered_s:.1f} s"
        failures.append(f"{took}, over the limit of {limits.max_s:g} s for a single run.")
    within_s = limits.resolved_within_s
    if timing.resolved_s is None:
        failures.append(f"No Slack message said that {drill.alert} is over within {within_s:g} s.")
    elif timing.resolved_s > within_s:
        took = f"The resolved message came after {timing.resolved_s:.1f} s"
        failures.append(f"{took}, over the limit of {within_s:g} s.")
    return failures


def _no_message(drill: Drill, record: Record, limits: Limits) -> str:
    if not _mended_early(drill, record):
        return f"No Slack message named {drill.alert} within {limits.late_s:g} s."
    recovered_s = Timing.of(record, drill.expect).recovered_s
    return (
        f"The bot was started again after {recovered_s:.1f} s although it was to stay down until "
        "the message: look who starts it, a deployment for example."
    )


def _mended_early(drill: Drill, record: Record) -> bool:
    """Whether somebody else took the fault away."""
    if drill.kill is None or record.recovered_at is None:
        return False
    return record.released_at is None or record.recovered_at < record.released_at


def _recovery(drill: Drill, timing: Timing) -> list[str]:
    within_s = drill.recovered_within_s
    if drill.kill is None and timing.firing_s is None:
        return []  # nothing to recover from was seen
    if timing.recovered_s is None:
        return [f"The site was not seen to recover; it should within {within_s:g} s."]
    if timing.recovered_s > within_s:
        took = f"The site recovered after {timing.recovered_s:.1f} s"
        return [f"{took}, over the limit of {within_s:g} s."]
    return []


def _slow(timing: Timing, record: Record) -> bool:
    """Whether the control room failed a run for its budget, which here concerns the median."""
    return _exceeds(timing.delivered_s, record.budget_s)


def _exceeds(seconds: float | None, limit_s: float | None) -> bool:
    return seconds is not None and limit_s is not None and seconds > limit_s


def _median(values: Iterable[float | None]) -> float | None:
    seen = [value for value in values if value is not None]
    return median(seen) if seen else None
