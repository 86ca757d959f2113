"""A bot that serves the metrics of discord-ext-prometheus."""

import asyncio
import logging
import os
from pathlib import Path

import discord
from discord.ext import commands
from discord.ext.prometheus import PrometheusCog, PrometheusLoggingHandler

logging.basicConfig()
logging.getLogger().addHandler(PrometheusLoggingHandler())
intents = discord.Intents.default()
intents.message_content = True
bot = commands.Bot("!", intents=intents)


@bot.command()
async def visit(ctx: commands.Context[commands.Bot]) -> None:
    """Count the visits in a file."""
    book = Path("visits.txt")
    visits = int(book.read_text()) + 1 if book.is_file() else 1
    book.write_text(str(visits))
    await ctx.send(f"visit {visits}")


async def main() -> None:
    """Serve the metrics on the usual port, and connect."""
    async with bot:
        await bot.add_cog(PrometheusCog(bot))
        await bot.start(os.environ["DISCORD_TOKEN"])


asyncio.run(main())
