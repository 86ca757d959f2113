"""Finding time zones by the names people use for them."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 60
_ALIASES = {"kst": "Asia/Seoul", "jst": "Asia/Tokyo", "z": "UTC", "korea": "Asia/Seoul"}


def find(name: str) -> ZoneInfo | None:
    """Return the zone for an IANA name, a city or an abbreviation in any case; None if unknown."""
    key = _keys().get(_normal(name))
    return None if key is None else ZoneInfo(key)


def closest(name: str) -> str | None:
    """Return the IANA name of the zone whose name is most like `name`; None if none is close."""
    keys = _keys()
    # Of a long name no close match can come, and looking for one would take long.
    close = get_close_matches(_normal(name)[:_LONGEST], keys, n=1)
    return keys[close[0]] if close else None


def _normal(name: str) -> str:
    return "_".join(name.casefold().split())


@cache
def _keys() -> Mapping[str, str]:
    # The list comes from the tzdata package, so that it is the same on every machine. Full names
    # win over cities, and a city of two zones belongs to the first.
    listed = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    keys = {_normal(key): key for key in listed}
    for key in listed:
        keys.setdefault(_normal(key.rpartition("/")[2]), key)
    return {**keys, **_ALIASES}
