"""A plain client with a tree of slash commands, and an error handler of its own."""

import os

import discord
from discord import app_commands

import botwatch


class MyClient(discord.Client):
    """Syncs its slash commands when it has logged in."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.default())
        self.tree = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        """Tell Discord about the slash commands."""
        await self.tree.sync()


client = MyClient()


@client.tree.command()
async def divide(interaction: discord.Interaction[MyClient], by: int) -> None:
    """Divide a hundred."""
    await interaction.response.send_message(str(100 / by))


@client.tree.error
async def on_error(
    interaction: discord.Interaction[MyClient], error: app_commands.AppCommandError
) -> None:
    """Tell the user that something went wrong."""
    await interaction.response.send_message("That did not work.", ephemeral=True)


botwatch.watch(client)

if __name__ == "__main__":
    client.run(os.environ["DISCORD_TOKEN"])
