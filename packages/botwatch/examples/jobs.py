"""A bot with a cog whose job runs every second, and fails every third time."""

import asyncio
import os

import discord
from discord.ext import commands, tasks

import botwatch


class Reminders(commands.Cog):
    """Looks for reminders that are due."""

    def __init__(self) -> None:
        self.rounds = 0

    async def cog_load(self) -> None:
        """Start the job."""
        self.remind.add_exception_type(LookupError)
        self.remind.start()

    async def cog_unload(self) -> None:
        """Stop the job."""
        self.remind.cancel()

    @tasks.loop(seconds=1)
    async def remind(self) -> None:
        """Look for reminders."""
        self.rounds += 1
        if self.rounds % 3 == 0:
            message = "no such reminder"
            raise LookupError(message)


async def main() -> None:
    """Run the bot."""
    async with commands.Bot("!", intents=discord.Intents.default()) as bot:
        botwatch.watch(bot)
        await bot.add_cog(Reminders())
        await bot.start(os.environ["DISCORD_TOKEN"])


if __name__ == "__main__":
    asyncio.run(main())
