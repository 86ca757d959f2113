"""What the parts of the bot share, made once for each process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import botwatch.services
from botwatch_bot import version
from botwatch_bot.commands import COMMANDS

if TYPE_CHECKING:
    from botwatch.counting import CommandCounter
    from botwatch.gateway.state import GatewayState
    from botwatch.health import Health, LoopPulse
    from botwatch.metrics import Metrics
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
        made = botwatch.services.Services.create(COMMANDS, version())
        return cls(settings, made.metrics, made.counter, made.gateway, made.pulse, made.health)
