"""What the library has counted, for the tests of how the bot uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import botwatch

if TYPE_CHECKING:
    from botwatch_bot.bot import Bot


def value(bot: Bot, name: str, **labels: str) -> float | None:
    """Return a sample; None where there is no such one."""
    return botwatch.watch(bot).metrics.registry.get_sample_value(f"discord_bot_{name}", labels)


def outcome(bot: Bot, command: str) -> dict[str, float]:
    """Return the statuses that a command has been counted with."""
    return _counted(bot, "status", command=command)


def errors(bot: Bot) -> dict[str, float]:
    """Return the errors that were counted, by type."""
    return _counted(bot, "error_type")


def _counted(bot: Bot, label: str, **labels: str) -> dict[str, float]:
    samples = (
        sample
        for metric in botwatch.watch(bot).metrics.registry.collect()
        for sample in metric.samples
        if sample.name in {"discord_bot_commands_total", "discord_bot_errors_total"}
    )
    return {
        sample.labels[label]: sample.value
        for sample in samples
        if label in sample.labels and labels.items() <= sample.labels.items() and sample.value
    }
