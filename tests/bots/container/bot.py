"""A bot with a Dockerfile of its own, as most have it; it counts in a directory of its image."""

import os
from pathlib import Path

import discord
import yarl

if os.getenv("API"):
    discord.http.Route.BASE = os.environ["API"]
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["GATEWAY"])

VERSION = "one"
COUNTED = Path("data/count")

intents = discord.Intents.default()
intents.message_content = True
client = discord.Client(intents=intents)


@client.event
async def on_message(message: discord.Message) -> None:
    """Answer with the version, or with how often that was asked."""
    if message.content == "!version":
        await message.channel.send(f"version {VERSION}")
    if message.content == "!count":
        count = int(COUNTED.read_text()) + 1 if COUNTED.exists() else 1
        COUNTED.write_text(str(count))
        await message.channel.send(str(count))


client.run(os.environ["BOT_TOKEN"])
