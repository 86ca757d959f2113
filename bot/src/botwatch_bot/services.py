"""What the parts of the bot share, made once for each process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from botwatch_bot.commands import COMMANDS
from botwatch_bot.counting import ActiveUsers, CommandCounter
from botwatch_bot.gateway.collector import ShardCollector
from botwatch_bot.gateway.state import GatewayState
from botwatch_bot.health import Health, LoopPulse
from botwatch_bot.metrics import Metrics

if TYPE_CHECKING:
    from botwatch_bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """Settings, instruments and state, wired to each other."""

    settings: Settings
    metrics: Metrics
    counter: CommandCounter
    gateway: GatewayState
    pulse: LoopPulse
    health: Health

    @classmethod
    def create(cls, settings: Settings) -> Self:
        """Return new, empty services."""
        metrics = Metrics(COMMANDS)
        gateway = GatewayState()
        metrics.registry.register(ShardCollector(gateway))
        pulse = LoopPulse()
        return cls(
            settings=settings,
            metrics=metrics,
            counter=CommandCounter(metrics, ActiveUsers()),
            gateway=gateway,
            pulse=pulse,
            health=Health(pulse, gateway),
        )
