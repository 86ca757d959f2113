"""The loops of `discord.ext.tasks`: whether they run, and when they last succeeded."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from discord.ext import tasks
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from botwatch.text import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client.core import Metric

MOST = 50
"""So many jobs have series of their own; the others share one."""
OTHER = "other"

_DAY = 86_400.0
_LABEL_LENGTH = 80
_SEEN = "_botwatch_job"

AnyLoop = tasks.Loop[Any]


@dataclass(slots=True)
class _Job:
    last_success: float
    failures: int = 0
    loops: list[AnyLoop] = field(default_factory=list)


class Jobs(Collector):
    """Watches every loop that is started.

    A loop that ended because it was told to, or had no more rounds to make, is no longer shown but
    for its failures: only one that an exception has ended counts as not running.
    """

    def __init__(
        self, seen: Callable[[BaseException], object], clock: Callable[[], float] = time.time
    ) -> None:
        self._seen = seen
        self._clock = clock
        self._jobs: dict[str, _Job] = {}

    def add(self, loop: AnyLoop) -> None:
        """Watch a loop that is about to start."""
        name = name_of(loop)
        if name not in self._jobs and len(self._jobs) >= MOST:
            name = OTHER
        job = self._jobs.setdefault(name, _Job(self._clock()))
        # A job that has just been started is not late yet.
        job.last_success = max(job.last_success, self._clock())
        # One that has failed is over as well: reloading its cog starts another one in its place.
        job.loops = [known for known in job.loops if known.is_running() and known is not loop]
        job.loops.append(loop)
        if not hasattr(loop.coro, _SEEN):
            loop.coro = self._counted(job, loop.coro)

    def _counted(self, job: _Job, coro: Any) -> Any:  # noqa: ANN401 - whatever the bot has
        @functools.wraps(coro)
        async def run(*args: object, **named: object) -> None:
            try:
                await coro(*args, **named)
            except Exception as error:
                job.failures += 1
                self._seen(error)
                raise
            job.last_success = self._clock()

        setattr(run, _SEEN, True)
        return run

    def collect(self) -> Iterator[Metric]:
        """Return the metrics."""
        success = _gauge(
            "last_success_timestamp_seconds",
            "When a job last succeeded, or was started if it has not yet (Unix time).",
        )
        running = _gauge("running", "1 while a job runs, 0 after an exception has ended it.")
        interval = _gauge("interval_seconds", "The longest time between two rounds of a job.")
        failures = CounterMetricFamily(
            "discord_bot_job_failures", "Rounds of a job that raised an exception.", labels=["job"]
        )
        for name, job in list(self._jobs.items()):
            failures.add_metric([name], job.failures)
            shown = [loop for loop in list(job.loops) if loop.is_running() or loop.failed()]
            if shown:
                success.add_metric([name], job.last_success)
                running.add_metric([name], all(loop.is_running() for loop in shown))
                interval.add_metric([name], max(map(interval_of, shown)))
        yield from (success, failures, running, interval)


def name_of(loop: AnyLoop) -> str:
    """Return the name of a job: that of its function, with its class."""
    name = getattr(loop.coro, "__qualname__", "job")
    return shorten(name.rpartition("<locals>.")[2], _LABEL_LENGTH)


def interval_of(loop: AnyLoop) -> float:
    """Return the longest time between two rounds, in seconds."""
    times = loop.time
    if not times:
        return (loop.hours or 0) * 3600 + (loop.minutes or 0) * 60 + (loop.seconds or 0)
    moments = sorted(at.hour * 3600 + at.minute * 60.0 + at.second for at in times)
    following = [*moments[1:], moments[0] + _DAY]
    return max(after - before for before, after in zip(moments, following, strict=True))


def _gauge(name: str, meaning: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"discord_bot_job_{name}", meaning, labels=["job"])


def watch_starts(added: Callable[[AnyLoop], None]) -> Callable[[], None]:
    """Call a function with each loop that is started from now on; return what ends that."""
    start: Any = tasks.Loop.start

    @functools.wraps(start)
    def started(loop: AnyLoop, *args: object, **named: object) -> Any:  # noqa: ANN401 - as the library has it
        added(loop)
        return start(loop, *args, **named)

    kind: Any = tasks.Loop  # the library tells nobody of a start
    kind.start = started

    def end() -> None:
        kind.start = start

    return end
