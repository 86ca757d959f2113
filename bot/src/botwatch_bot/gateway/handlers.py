"""Registers our commands with discord.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from discord.ext import commands

from botwatch_bot.commands import COMMANDS, Command, Request, Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botwatch_bot.gateway.context import BotContext

Handler = commands.Command[Any, ..., None]


def handlers(bot: Surroundings) -> Iterator[Handler]:
    """Yield a discord.py command for each of ours, which run in `bot`."""
    for command in COMMANDS.values():
        yield _handler(command, bot)


def _handler(command: Command, bot: Surroundings) -> Handler:
    async def handle(ctx: BotContext, *, text: str = "") -> None:
        request = Request(text=text.strip(), bot=bot, commands=COMMANDS)
        await ctx.answer(await command.answer(request))

    return commands.command(name=command.name, help=command.summary)(handle)
