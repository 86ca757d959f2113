"""`time`: the time in a zone of the world, Korean time unless configured otherwise."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from botwatch_bot import zones
from botwatch_bot.commands.spec import Command, Request, UserError
from botwatch_bot.commands.text import quote

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


async def answer(request: Request) -> str:
    """Answer with the date and time in the zone asked for, or in the configured one."""
    zone = find(request.text) if request.text else request.bot.timezone
    return show(datetime.now(zone), zone.key)


def find(name: str) -> ZoneInfo:
    """Return the zone called `name`.

    Raises:
        UserError: there is no such zone.
    """
    zone = zones.find(name)
    if zone is None:
        close = zones.closest(name)
        hint = f" Did you mean {quote(close)}?" if close else ""
        message = f"I do not know the time zone {quote(name)}.{hint}"
        raise UserError(message)
    return zone


def show(moment: datetime, zone_key: str) -> str:
    """Return date, time, zone and the distance to UTC, for a moment with a zone."""
    return (
        f"🕒 **{moment:%Y-%m-%d %H:%M:%S}** {_abbreviation(moment)}"
        f"({zone_key}, {_utc_offset(moment.tzinfo, moment)})"
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
    "tells the time, here or in another zone",
    answer,
    arguments="[zone]",
    details="A zone is a name such as `Europe/Paris`, a city such as `New York`, `UTC` or `KST`.",
    examples=("", "Europe/Paris", "New York"),
)
