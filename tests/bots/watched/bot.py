"""A bot that one line makes observable; it has a loop, and a command with a bug."""

import os

import discord
from discord.ext import commands, tasks

import botwatch

intents = discord.Intents.default()
intents.message_content = True
bot = commands.Bot("!", intents=intents)
botwatch.watch(bot)
scores: dict[str, int] = {}


@bot.command()
async def hello(ctx: commands.Context[commands.Bot]) -> None:
    """Greet."""
    await ctx.send(f"Hello {ctx.author.name}")


@bot.command()
async def score(ctx: commands.Context[commands.Bot]) -> None:
    """Look up what nobody has."""
    await ctx.send(str(scores[ctx.author.name]))


@bot.command()
async def stop(ctx: commands.Context[commands.Bot]) -> None:
    """Break the loop."""
    scores["everybody"] = 0
    await ctx.send("It will fail.")


@tasks.loop(seconds=1)
async def remind() -> None:
    """Look for reminders that are due."""
    if scores:
        message = "no such reminder"
        raise LookupError(message)


@bot.event
async def setup_hook() -> None:
    """Start the loop."""
    remind.start()


bot.run(os.environ["DISCORD_TOKEN"])
