"""A bot like many: one file, a cog, prefix and slash commands, the token in the environment."""

import io
import os

import discord
from discord import app_commands
from discord.ext import commands

bot = commands.Bot(command_prefix="!", intents=discord.Intents.all())


class Confirm(discord.ui.View):
    """One button."""

    @discord.ui.button(label="Yes", style=discord.ButtonStyle.green, custom_id="yes")
    async def yes(
        self, interaction: discord.Interaction, _: discord.ui.Button[discord.ui.View]
    ) -> None:
        """Confirm."""
        await interaction.response.edit_message(content="Confirmed.", view=None)


class Fun(commands.Cog):
    """A cog."""

    @commands.command()
    async def hello(self, ctx: commands.Context[commands.Bot]) -> None:
        """Greet."""
        await ctx.reply(embed=discord.Embed(title=f"Hello {ctx.author.name}"))

    @commands.command()
    async def note(self, ctx: commands.Context[commands.Bot]) -> None:
        """Send a file."""
        await ctx.send("Here.", file=discord.File(io.BytesIO(b"a note"), "note.txt"))

    @commands.command()
    async def fetch(self, ctx: commands.Context[commands.Bot]) -> None:
        """Read the last file of the channel."""
        async for message in ctx.channel.history(limit=10):
            for attachment in message.attachments:
                await ctx.send((await attachment.read()).decode())
                return

    @commands.command()
    async def ask(self, ctx: commands.Context[commands.Bot]) -> None:
        """Ask for a confirmation."""
        await ctx.send("Really?", view=Confirm())

    @app_commands.command()
    async def add(self, interaction: discord.Interaction, first: int, second: int) -> None:
        """Add two numbers."""
        await interaction.response.send_message(f"{first + second}", ephemeral=True)


@bot.event
async def setup_hook() -> None:
    """Load the cog and register its commands."""
    await bot.add_cog(Fun())
    await bot.tree.sync()


bot.run(os.environ["DISCORD_TOKEN"])
