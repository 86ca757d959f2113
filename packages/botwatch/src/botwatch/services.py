"""What the parts share, made once for each process."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from botwatch.counting import ActiveUsers, CommandCounter
from botwatch.errors import RecentErrors
from botwatch.gateway.collector import ShardCollector
from botwatch.gateway.state import GatewayState
from botwatch.health import Health, LoopPulse
from botwatch.metrics import Metrics
from botwatch.runs import CRASHES

if TYPE_CHECKING:
    from collections.abc import Collection

    from botwatch.runs import Run

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """Instruments and state, wired to each other."""

    metrics: Metrics
    counter: CommandCounter
    gateway: GatewayState
    pulse: LoopPulse
    health: Health
    errors: RecentErrors

    @classmethod
    def create(cls, commands: Collection[str] = (), version: str = "unknown") -> Self:
        """Return new, empty services."""
        metrics = Metrics(commands, version)
        gateway = GatewayState()
        errors = RecentErrors()
        metrics.registry.register(errors)
        metrics.registry.register(ShardCollector(gateway))
        pulse = LoopPulse()
        return cls(
            metrics=metrics,
            counter=CommandCounter(metrics, ActiveUsers(), commands),
            gateway=gateway,
            pulse=pulse,
            health=Health(pulse, gateway, version, errors),
            errors=errors,
        )


def take_over(run: Run, metrics: Metrics, health: Health) -> None:
    """Go on counting where the last run ended, and log how it did."""
    run.hangs = health.live_reasons
    for ending, count in run.crashes.items():
        metrics.crashes.labels(ending).inc(count)
    if run.problem is not None:
        _log.warning(run.problem)
    if run.before in CRASHES:
        _log.warning("the last run ended %s (%s)", CRASHES[run.before], run.before)
