"""Start the bot."""

import os
from pathlib import Path

import discord
import yarl
from discord.ext import commands
from prometheus_client import start_http_server

if os.getenv("API"):
    discord.http.Route.BASE = os.environ["API"]
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["GATEWAY"])


def main() -> None:
    """Serve metrics of its own, and connect."""
    intents = discord.Intents.default()
    intents.message_content = True
    bot = commands.Bot("!", intents=intents)

    @bot.command()
    async def hello(context: commands.Context) -> None:
        await context.send("hello from lantern")

    @bot.command()
    async def count(context: commands.Context) -> None:
        file = Path.home() / "uses"
        uses = int(file.read_text()) + 1 if file.exists() else 1
        file.write_text(str(uses))
        await context.send(f"lantern {uses}")

    address = os.environ.get("METRICS_ADDRESS", "127.0.0.1")
    start_http_server(int(os.environ.get("METRICS_PORT", "8000")), address)
    with open(os.environ.get("TOKEN_FILE", "/etc/lantern/files/token")) as file:
        bot.run(file.read().strip())
