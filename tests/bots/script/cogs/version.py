"""Says which version of the bot runs."""

from discord.ext import commands

VERSION = "one"


class Version(commands.Cog):
    @commands.command()
    async def version(self, context: commands.Context) -> None:
        await context.send(f"version {VERSION}")


async def setup(bot: commands.Bot) -> None:
    await bot.add_cog(Version())
