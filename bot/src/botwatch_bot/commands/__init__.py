"""All commands, in the order in which `help` lists them; one module for each."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from botwatch_bot.commands import add, choose, clock, helping, info, ping, roll
from botwatch_bot.commands.spec import Command, Request, Surroundings, UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        module.COMMAND.name: module.COMMAND
        for module in (ping, add, roll, clock, choose, info, helping)
    }
)

__all__ = ["COMMANDS", "Command", "Request", "Surroundings", "UserError"]
