"""`time`: the time in a zone of the world, Korean time unless configured otherwise."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from botwatch_bot import zones
from botwatch_bot.commands.spec import Command, Request, UserError
from botwatch_bot.commands.text import quote, suggest
from botwatch_bot.texts import phrase

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from botwatch_bot.texts import Texts


async def answer(request: Request) -> str:
    """Answer with the date and time in the zone asked for, or in the configured one."""
    zone = find(request.text) if request.text else request.bot.timezone
    return show(datetime.now(zone), zone.key, request.texts)


def find(name: str) -> ZoneInfo:
    """Return the zone called `name`.

    Raises:
        UserError: there is no such zone.
    """
    zone = zones.find(name)
    if zone is None:
        hint = suggest(zones.closest(name))
        raise UserError(phrase("time.unknown_zone", zone=quote(name), hint=hint))
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


COMMAND = Command(
    "time",
    answer,
    takes="zone",
    examples=("", "Europe/Paris", "New York"),
)
