"""A bare discord.py bot, as one would write it in an hour; observed by the library if asked to be.

It runs in a process of its own: `python -m botwatch_bench.bot.bare`.
"""

from __future__ import annotations

import os
import random
import warnings
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import yarl

from botwatch_bench.bot.bare_environment import API_URL, GATEWAY_URL, OBSERVED, TOKEN

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # discord.py's voice imports audioop
    import discord
    from discord.ext import commands

Context = commands.Context[commands.Bot]


@commands.command()
async def ping(ctx: Context) -> None:
    """Show that the bot is awake."""
    await ctx.send(f"🏓 Pong! The gateway answers in {ctx.bot.latency * 1000:.0f} ms.")


@commands.command()
async def add(ctx: Context, *numbers: str) -> None:
    """Add numbers."""
    total = sum(map(Decimal, numbers))
    await ctx.send(f"{' + '.join(numbers)} = **{total}**")


@commands.command()
async def roll(ctx: Context, dice: str = "1d6") -> None:
    """Roll dice."""
    count, sides = map(int, dice.lower().split("d"))
    shown = [random.randint(1, sides) for _ in range(count)]  # noqa: S311 - a game
    await ctx.send(f"🎲 {dice}: {' + '.join(map(str, shown))} = **{sum(shown)}**")


@commands.command()
async def time(ctx: Context, zone: str = "Asia/Seoul") -> None:
    """Tell the time."""
    await ctx.send(f"🕒 **{datetime.now(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S %Z}** ({zone})")


@commands.command()
async def choose(ctx: Context, *choices: str) -> None:
    """Choose one of several things."""
    await ctx.send(f"I choose: {random.choice(choices)}")  # noqa: S311 - a game


@commands.command()
async def info(ctx: Context) -> None:
    """Tell what the bot is."""
    await ctx.send(f"**bare** in {len(ctx.bot.guilds)} servers, {ctx.bot.latency * 1000:.0f} ms")


def main() -> None:
    """Run the bot until it is stopped."""
    discord.http.Route.BASE = os.environ[API_URL]
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ[GATEWAY_URL])
    intents = discord.Intents.none()
    intents.guilds = intents.guild_messages = intents.message_content = True
    bot = commands.Bot(command_prefix="?", intents=intents)
    for command in (ping, add, roll, time, choose, info):
        bot.add_command(command)
    if os.environ.get(OBSERVED):
        import botwatch  # noqa: PLC0415 - the bare bot does not load it

        botwatch.watch(bot)
    bot.run(os.environ[TOKEN], log_handler=None)


if __name__ == "__main__":
    main()
