"""What the probe has measured, in the text format of Prometheus."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Lock

# Around what is usual (2 to 4 s), around what is too slow, and up to what counts as lost.
BUCKETS_S = (1.0, 2.0, 3.0, 4.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 60.0)
PREFIX = "botwatch_delivery_probe"


@dataclass
class Metrics:
    """Counts and times; each method is safe to call from any thread."""

    process_started_at: float = field(default_factory=time.time)
    _lock: Lock = field(default_factory=Lock)
    _fault: bool = False
    _fault_name: str = "0"
    _sent: int = 0
    _lost: int = 0
    _deliveries: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))
    _delivery_sum_s: float = 0.0
    _last_delivery_s: float | None = None
    _last_success_at: float = 0.0

    def fault_set(self, name: str) -> None:
        """Show a fault; its name is the Unix time at which it was set."""
        with self._lock:
            self._fault = True
            self._fault_name = name
            self._sent += 1

    def fault_cleared(self) -> None:
        """Show no fault any more."""
        with self._lock:
            self._fault = False

    def delivered(self, took_s: float) -> None:
        """Count a message that came this long after its fault."""
        bucket = sum(took_s > bound for bound in BUCKETS_S)
        with self._lock:
            self._deliveries[bucket] += 1
            self._delivery_sum_s += took_s
            self._last_delivery_s = took_s
            self._last_success_at = time.time()

    def lost(self) -> None:
        """Count a message that did not come."""
        with self._lock:
            self._lost += 1

    def text(self) -> str:
        """Write everything down for a scrape."""
        with self._lock:
            return "".join([self._about_the_fault(), self._about_deliveries(), self._histogram()])

    def _about_the_fault(self) -> str:
        return (
            _metric("fault", "gauge", "Whether there is a fault now.", int(self._fault))
            + _metric(
                "started_timestamp_seconds",
                "gauge",
                "When the latest fault was set; messages carry it, so that each is known.",
                self._fault_name,
            )
            + _metric("sent_total", "counter", "Faults that were set.", self._sent)
        )

    def _about_deliveries(self) -> str:
        last = "" if self._last_delivery_s is None else f"{self._last_delivery_s:.3f}"
        return (
            _metric(
                "delivered_total",
                "counter",
                "Faults whose message came in time.",
                sum(self._deliveries),
            )
            + _metric("lost_total", "counter", "Faults whose message did not come.", self._lost)
            + _metric(
                "last_delivery_seconds",
                "gauge",
                "Time from the fault to its message, for the latest that came.",
                last,
            )
            + _metric(
                "last_success_timestamp_seconds",
                "gauge",
                "When a message came in time last; 0 before the first.",
                f"{self._last_success_at:.3f}",
            )
            + "# HELP process_start_time_seconds When the process started.\n"
            + "# TYPE process_start_time_seconds gauge\n"
            + f"process_start_time_seconds {self.process_started_at:.3f}\n"
        )

    def _histogram(self) -> str:
        name = f"{PREFIX}_delivery_seconds"
        lines = [
            f"# HELP {name} Time from a fault to its message.",
            f"# TYPE {name} histogram",
        ]
        counted = 0
        for bound, count in zip([*BUCKETS_S, float("inf")], self._deliveries, strict=True):
            counted += count
            le = "+Inf" if bound == float("inf") else str(bound)
            lines.append(f'{name}_bucket{{le="{le}"}} {counted}')
        lines += [f"{name}_sum {self._delivery_sum_s:.3f}", f"{name}_count {counted}", ""]
        return "\n".join(lines)


def _metric(name: str, kind: str, meaning: str, value: object) -> str:
    """Write one metric without labels; one that has no value yet is left out."""
    if value == "":
        return ""
    name = f"{PREFIX}_{name}"
    return f"# HELP {name} {meaning}\n# TYPE {name} {kind}\n{name} {value}\n"
