"""Is the process alive, is the bot ready: the judgement behind the probes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from botwatch.errors import RecentErrors

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch.gateway.state import GatewayState

MAX_HEARTBEAT_AGE = 10.0
"""An event loop silent for longer is stuck, in seconds."""


class LoopPulse:
    """When the event loop last ran; read from other threads, so that a stuck loop shows."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()

    def beat(self) -> None:
        """Note that the event loop runs."""
        self._last = self._clock()

    @property
    def age(self) -> float:
        """Seconds since the last beat."""
        return self._clock() - self._last


class Health:
    """Answers for the probes, callable from any thread."""

    def __init__(
        self,
        pulse: LoopPulse,
        gateway: GatewayState,
        version: str = "unknown",
        errors: RecentErrors | None = None,
    ) -> None:
        self._errors = errors or RecentErrors()
        self.version = version
        self._pulse = pulse
        self._gateway = gateway
        self._started = time.monotonic()

    @property
    def uptime_seconds(self) -> float:
        """Seconds since the process started to work."""
        return time.monotonic() - self._started

    def live_reasons(self) -> list[str]:
        """Return why the process should be restarted; a lost gateway is no such reason."""
        age = self._pulse.age
        if age > MAX_HEARTBEAT_AGE:
            return [f"the event loop has not run for {age:.0f} s"]
        return []

    def ready_reasons(self) -> list[str]:
        """Return why the bot cannot answer commands now."""
        return [*self.live_reasons(), *self._gateway.reasons()]

    def live_report(self) -> dict[str, Any]:
        """Return the answer of `/livez`."""
        return _report(self.live_reasons())

    def ready_report(self) -> dict[str, Any]:
        """Return the answer of `/readyz`."""
        return _report(self.ready_reasons())

    def full_report(self) -> dict[str, Any]:
        """Return the answer of `/health`; ages and uptime in seconds."""
        return {
            **_report(self.ready_reasons()),
            "gateway": self._gateway.report(),
            "loop": {"heartbeat_age_seconds": round(self._pulse.age, 2)},
            "recent_errors": self._errors.report(),
            "uptime_seconds": round(self.uptime_seconds, 1),
            "version": self.version,
        }


def _report(reasons: list[str]) -> dict[str, Any]:
    return {"status": "degraded" if reasons else "ok", "reasons": reasons}
