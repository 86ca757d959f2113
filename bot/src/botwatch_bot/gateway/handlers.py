"""Registers our commands with discord.py, each for its prefix and as a slash command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from discord import app_commands
from discord.ext import commands

from botwatch_bot.commands import COMMANDS, Command
from botwatch_bot.gateway.context import BotContext
from botwatch_bot.texts import LOCALES, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

Handler = commands.HybridCommand[Any, ..., None]


class Server(Protocol):
    """What answers a use of a command."""

    async def serve(self, ctx: BotContext, command: Command, text: str) -> None:
        """Answer one use of a command, with the text after its name."""


def handlers(server: Server) -> Iterator[Handler]:
    """Yield a discord.py command for each of ours, which `server` answers."""
    for command in COMMANDS.values():
        yield _taking_text(command, server) if command.takes else _alone(command, server)


def _alone(command: Command, server: Server) -> Handler:
    async def handle(ctx: BotContext) -> None:
        await server.serve(ctx, command, "")

    return _register(command, handle)


def _taking_text(command: Command, server: Server) -> Handler:
    @app_commands.rename(text=command.takes)
    @app_commands.describe(text=_translated(f"{command.name}.arguments"))
    async def handle(ctx: BotContext, *, text: str = "") -> None:
        await server.serve(ctx, command, text.strip())

    return _register(command, handle)


def _register(command: Command, handle: Any) -> Handler:  # noqa: ANN401 - the library's, and long
    description = _translated(f"{command.name}.summary")
    # discord.py looks the annotations up where the function is defined, and needs the class there.
    handle.__globals__.setdefault("BotContext", BotContext)
    return commands.hybrid_command(name=command.name, description=description)(handle)


def _translated(key: str) -> app_commands.locale_str:
    return app_commands.locale_str(texts(LOCALES[0])(key), key=key)
