"""Who the bot's operators are, and a cog that is for them alone."""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from botwatch_bot.mistakes import Unavailable
from botwatch_bot.texts import phrase


class OperatorCog(commands.Cog):
    """A cog for the bot's owners and everyone with the operators' role."""

    async def cog_check(self, ctx: commands.Context[Any]) -> bool:
        """Let nobody else use its commands.

        Raises:
            Unavailable: the user is no operator.
        """
        if await is_operator(ctx):
            return True
        raise Unavailable(phrase("answer.operators_only"))


async def is_operator(ctx: commands.Context[Any]) -> bool:
    """Return whether the user may see how the bot is doing."""
    role = ctx.bot.settings.operator_role
    if role is not None and isinstance(ctx.author, discord.Member) and ctx.author.get_role(role):
        return True
    owner: bool = await ctx.bot.is_owner(ctx.author)
    return owner
