"""A bot with a prefix command, observed by one line."""

import os

import discord
from discord.ext import commands

import botwatch

intents = discord.Intents.default()
intents.message_content = True
bot = commands.Bot("!", intents=intents)
botwatch.watch(bot)


@bot.command()
async def ping(ctx: commands.Context[commands.Bot]) -> None:
    """Reply with pong."""
    await ctx.send("pong")


if __name__ == "__main__":
    bot.run(os.environ["DISCORD_TOKEN"])
