"""`time`: the time in a zone of the world, by default in the configured one."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from discord import app_commands
from discord.ext import commands

from botwatch_bot import zones
from botwatch_bot.mistakes import Mistake
from botwatch_bot.replies import quote, suggest
from botwatch_bot.slash import translated
from botwatch_bot.texts import phrase
from botwatch_bot.usage import hybrid_command

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from botwatch_bot.bot import Bot, Context
    from botwatch_bot.texts import Texts


class Clock(commands.Cog):
    """The time."""

    @hybrid_command(examples=("", "Europe/Paris", "New York"))
    @app_commands.describe(zone=translated("time.arguments"))
    async def time(self, ctx: Context, *, zone: str = "") -> None:
        """Reply with the date and time in the zone asked for, or in the configured one."""
        found = find(zone) if zone else ctx.bot.settings.zone
        await ctx.answer(show(datetime.now(found), found.key, ctx.texts))


def find(name: str) -> ZoneInfo:
    """Return the zone called `name`.

    Raises:
        Mistake: there is no such zone.
    """
    zone = zones.find(name)
    if zone is None:
        hint = suggest(zones.closest(name))
        raise Mistake(phrase("time.unknown_zone", zone=quote(name), hint=hint))
    return zone


def show(moment: datetime, zone_key: str, texts: Texts) -> str:
    """Return date, time, zone and the distance to UTC, for a moment with a zone."""
    return texts(
        "time.result",
        date=f"{moment:%Y-%m-%d}",
        time=f"{moment:%H:%M:%S}",
        zone=f"{_abbreviation(moment)}({zone_key}, {_utc_offset(moment.tzinfo, moment)})",
    )


def _abbreviation(moment: datetime) -> str:
    # Zones without a name of their own are abbreviated as "+04", which says nothing new.
    name = moment.tzname() or ""
    return f"{name} " if name.isalpha() else ""


def _utc_offset(zone: tzinfo | None, moment: datetime) -> str:
    offset = zone.utcoffset(moment) if zone else None
    minutes = round(offset.total_seconds() / 60) if offset else 0
    sign = "-" if minutes < 0 else "+"
    hours, minutes = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours:02}:{minutes:02}"


async def setup(bot: Bot) -> None:
    """Add the cog."""
    await bot.add_cog(Clock())
