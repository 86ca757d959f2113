"""A bot as templates have it: a script, its settings in the environment, its data beside it."""

import asyncio
import json
import logging
import os
import sqlite3

import discord
import yarl
from discord.ext import commands
from dotenv import load_dotenv

load_dotenv()
TOKEN = os.getenv("TOKEN")
logging.basicConfig(filename="bot.log", level=logging.INFO)

if os.getenv("API"):
    discord.http.Route.BASE = os.environ["API"]
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["GATEWAY"])

intents = discord.Intents.default()
intents.message_content = True
bot = commands.Bot("!", intents=intents)
database = sqlite3.connect("store/bot.db")
database.execute("pragma journal_mode=wal")
database.execute("create table if not exists uses (command text)")


@bot.command()
async def count(context: commands.Context) -> None:
    """Count the uses in the database and in a file, and say both."""
    with database:
        database.execute("insert into uses values ('count')")
    (uses,) = database.execute("select count(*) from uses").fetchone()
    with open("settings.json") as file:
        settings = json.load(file)
    settings["uses"] += 1
    with open("settings.json.tmp", "w") as file:
        json.dump(settings, file)
    os.replace("settings.json.tmp", "settings.json")
    logging.info("counted %s", uses)
    await context.send(f"{uses} {settings['uses']}")


async def main() -> None:
    async with bot:
        for name in sorted(os.listdir("./cogs")):
            if name.endswith(".py"):
                await bot.load_extension(f"cogs.{name[:-3]}")
        await bot.start(TOKEN)


asyncio.run(main())
