"""`help`: all commands, or one in detail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord import app_commands
from discord.ext import commands

from botwatch_bot.mistakes import Mistake
from botwatch_bot.replies import did_you_mean, quote
from botwatch_bot.slash import translated
from botwatch_bot.texts import phrase
from botwatch_bot.usage import Usage, hybrid_command

if TYPE_CHECKING:
    from botwatch_bot.bot import Bot, Context


class Help(commands.Cog):
    """Help."""

    @hybrid_command(examples=("", "roll"))
    @app_commands.describe(command=translated("help.arguments"))
    async def help(self, ctx: Context, *, command: str = "") -> None:
        """Reply with the overview, or with one command's details."""
        await ctx.answer(details(ctx, command) if command else overview(ctx))


def overview(ctx: Context) -> str:
    """Return one line for each command."""
    lines = [ctx.texts("help.title")]
    lines += [
        Usage(command, ctx.texts, ctx.typed_prefix).headline
        for cog in ctx.bot.cogs.values()
        for command in cog.get_commands()
    ]
    lines.append(ctx.texts("help.more", prefix=ctx.typed_prefix))
    return "\n".join(lines)


def details(ctx: Context, asked: str) -> str:
    """Return a command's usage, limits and examples.

    Raises:
        Mistake: there is no such command.
    """
    name = asked.casefold().removeprefix(ctx.typed_prefix)
    command = ctx.bot.get_command(name)
    if command is None:
        hint = did_you_mean(name, ctx.bot.all_commands)
        raise Mistake(phrase("help.unknown", word=quote(asked), hint=hint))
    usage = Usage(command, ctx.texts, ctx.typed_prefix)
    examples = ", ".join(f"`{example}`" for example in usage.examples)
    lines = (usage.headline, usage.details, ctx.texts("help.examples", examples=examples))
    return "\n".join(filter(None, lines))


async def setup(bot: Bot) -> None:
    """Add the cog."""
    await bot.add_cog(Help())
