"""All commands, in the order in which `help` lists them; one module for each."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from botwatch_bot.commands import add, choose, clock, helping, info, monitored, ping, roll, silence
from botwatch_bot.commands.spec import (
    Command,
    Request,
    Surroundings,
    UnavailableError,
    UserError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        command.name: command
        for command in (
            ping.COMMAND,
            add.COMMAND,
            roll.COMMAND,
            clock.COMMAND,
            choose.COMMAND,
            info.COMMAND,
            helping.COMMAND,
            monitored.STATUS,
            monitored.ALERTS,
            silence.COMMAND,
        )
    }
)

__all__ = ["COMMANDS", "Command", "Request", "Surroundings", "UnavailableError", "UserError"]
