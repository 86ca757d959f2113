"""Sets a fault, waits for the message about it, clears it, waits for the end: again and again."""

from __future__ import annotations

import logging
import time
from random import SystemRandom
from threading import Condition
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch_probe.messages import Notification
    from botwatch_probe.metrics import Metrics
    from botwatch_probe.settings import Settings

log = logging.getLogger(__name__)

# How often a prober that waits shows that it is alive.
BEAT_S = 5.0
# By which part of the interval the faults come earlier or later, so that they meet Prometheus at
# every moment between two scrapes: the end of the fault before, which they follow, does not.
JITTER = 0.1


class Prober:
    """One fault at a time. `run` belongs to one thread; the other methods may be called by any."""

    def __init__(
        self, settings: Settings, metrics: Metrics, beat: Callable[[], None] = lambda: None
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._tell_alive = beat
        self._changed = Condition()
        self._stopping = False
        self._scraped = False
        self._fault = ""
        self._notified_at: float | None = None
        self._over = False
        self._beat_at = time.monotonic()

    def run(self) -> None:
        """Measure until `stop` is called, from the first scrape on: before, there is no chain."""
        self._wait(lambda: self._scraped, float("inf"))
        while not self._stopping:
            if self.measure():
                spread = SystemRandom().uniform(1 - JITTER, 1 + JITTER)
                self._wait(lambda: False, self._settings.interval_s * spread)

    def stop(self) -> None:
        """Let `run` end."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def seen(self) -> None:
        """Take note that somebody reads the metrics."""
        with self._changed:
            self._scraped = True
            self._changed.notify_all()

    def is_alive(self) -> bool:
        """Tell whether `run` goes on as it should."""
        return time.monotonic() - self._beat_at < 4 * BEAT_S

    def hear(self, notification: Notification, at: float) -> None:
        """Take note of what Alertmanager says; `at` is the monotonic time at which it came.

        Older notifications are ignored: a late one must not pass for that of the next fault.
        """
        with self._changed:
            if notification.fault != self._fault:
                return
            if not notification.firing:
                self._over = True
            elif self._notified_at is None:
                self._notified_at = at
            self._changed.notify_all()

    def measure(self) -> bool:
        """Set one fault and see what becomes of it; tell whether its message came in time."""
        set_at = self._set_fault()
        notified = self._wait(lambda: self._notified_at is not None, self._settings.limit_s)
        self._metrics.fault_cleared()
        if self._stopping:
            return False
        if notified and self._notified_at is not None:
            took_s = self._notified_at - set_at
            self._metrics.delivered(took_s)
            log.info("The message came %.1f s after the fault.", took_s)
        else:
            self._metrics.lost()
            log.warning(
                "No message came within %g s of the fault: see whether AlertDeliveryProbe fires in "
                "Prometheus, and what Alertmanager logs about receiver delivery-probe.",
                self._settings.limit_s,
            )
        self._wait(lambda: self._over, self._settings.limit_s)
        return notified

    def _set_fault(self) -> float:
        with self._changed:
            self._fault = f"{time.time():.3f}"
            self._notified_at = None
            self._over = False
            # Before anybody can see it: what takes long here is part of the delivery.
            set_at = time.monotonic()
            self._metrics.fault_set(self._fault)
        return set_at

    def _wait(self, met: Callable[[], bool], limit_s: float) -> bool:
        """Wait until something is so, showing that this is alive; tell whether it is."""
        end = time.monotonic() + limit_s
        with self._changed:
            while not (met() or self._stopping):
                self._beat_at = time.monotonic()
                self._tell_alive()
                left_s = end - self._beat_at
                if left_s <= 0:
                    break
                self._changed.wait(min(left_s, BEAT_S))
            return met()
