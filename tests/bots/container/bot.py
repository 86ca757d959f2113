"""A bot with a Dockerfile of its own, as most have it."""

import os

import discord

client = discord.Client(intents=discord.Intents.default())
client.run(os.environ["BOT_TOKEN"])
