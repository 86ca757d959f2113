"""A bot with everything: quick to reconnect, its slash commands kept in sync, exit codes."""

import os

import discord
from discord.ext import commands

import botwatch


class MyBot(botwatch.Bot):
    """Has one command, for its prefix and as a slash command."""

    def __init__(self) -> None:
        intents = discord.Intents.default()
        intents.message_content = True
        super().__init__("!", intents=intents)

    async def setup_hook(self) -> None:
        """Add the commands."""
        await self.add_cog(Uptime())


class Uptime(commands.Cog):
    """Tells what the library knows."""

    @commands.hybrid_command()  # type: ignore[arg-type] # discord.py's types are too narrow
    async def uptime(self, ctx: commands.Context[MyBot]) -> None:
        """Show for how long the bot has been running."""
        await ctx.send(f"{ctx.bot.watch.health.uptime_seconds:.0f} s")


if __name__ == "__main__":
    botwatch.run(MyBot, lambda: os.environ["DISCORD_TOKEN"])
