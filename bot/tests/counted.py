"""What the metrics have counted, for the tests that compare it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botwatch_bot.services import Services


def outcome(services: Services, command: str) -> dict[str, float]:
    """Return the statuses that a command has been counted with."""
    samples = (s for metric in services.metrics.commands.collect() for s in metric.samples)
    return {
        s.labels["status"]: s.value for s in samples if s.labels["command"] == command and s.value
    }


def errors(services: Services) -> dict[str, float]:
    """Return the errors that were counted, by type."""
    samples = (s for metric in services.metrics.errors.collect() for s in metric.samples)
    return {s.labels["error_type"]: s.value for s in samples if s.value}


def total_errors(services: Services) -> float:
    """Return how many errors were counted."""
    return sum(errors(services).values())
