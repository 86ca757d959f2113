"""What texts look like that stand for something: addresses, durations, sizes, images, zones."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any
from zoneinfo import available_timezones

Fits = Callable[[Any], bool]

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
NAME = rf"{_LABEL}(?:\.{_LABEL})*"
PORT = r"(?!0|[7-9]\d{4}|6[6-9]\d{3}|65[6-9]\d\d|655[4-9]\d|6553[6-9])\d{1,5}"
HOST = rf"(?P<host>{NAME}|\[[0-9A-Fa-f:.]+\])"
ADDRESS = rf"""(?:[^\s/@"\\]+@)?{HOST}(?::{PORT})?(?:/[^\s"\\<>^`{{|}}]*)?"""
MAIL = r"[^\s@<>,;]+@[^\s@<>,;]+"
# As it stands in a URL; every other character is percent-encoded.
_QUOTED = r"[A-Za-z0-9_.~!&()*+,;=-]|%[0-9A-Fa-f]{2}"
PROXY = rf"http://(?:(?:{_QUOTED})+(?::(?:{_QUOTED}|:)*)?@)?{HOST}:{PORT}/?"
_REPOSITORY = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
IMAGE = (
    rf"(?:{NAME}(?::{PORT})?/)?{_REPOSITORY}(?:/{_REPOSITORY})*"
    r"(?=[:@])(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)
# Each unit once, the largest first, as Prometheus takes them.
_ORDER = ("y", "w", "d", "h", "m", "s", "ms")
DURATION = r"(?=\d)" + "".join(rf"(?:\d{{1,9}}{unit})?" for unit in _ORDER)
QUANTITY = r"(?!0+(\.0+)?[a-zA-Z]*$)\d+(\.\d+)?(m|[kMGTPE]|[KMGTPE]i)?"
# What examples have in the place of a user's own.
PLACEHOLDER = re.compile(
    # Hosts such as mail.your-server.de are real.
    r"\.\.\.|…|<\w[\w -]*>|x{8,}|change[-_]?me|\byour[-_](?![\w-]+\.\w)"
    r"|[@/.]example\.(com|net|org)\b",
    re.IGNORECASE,
)

_UNITS = {"": 1, "ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_UNITS |= {
    letter + ending: 1024**power
    for power, letter in enumerate("KMGT", start=1)
    for ending in ("", "i", "B")
}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)([A-Za-z]*)", re.ASCII)


def amount(value: object) -> float:
    """Read a number, a duration (in seconds) or a size (in bytes).

    Raises:
        ValueError: it is none of these.
    """
    text = str(value)
    found = _AMOUNT.findall(text)
    known = all(unit in _UNITS for _, unit in found)
    if not found or not known or "".join(number + unit for number, unit in found) != text:
        message = f"{text!r} is no amount"
        raise ValueError(message)
    return float(sum(float(number) * _UNITS[unit] for number, unit in found))


def shape(pattern: str) -> Fits:
    """Make a predicate of a pattern for the whole text; a `host` in it must be able to exist."""
    compiled = re.compile(pattern, re.ASCII)

    def fits(text: object) -> bool:
        match = compiled.fullmatch(str(text))
        return match is not None and is_host(match.groupdict().get("host") or "name")

    return fits


def is_host(text: str) -> bool:
    """Say whether it is a name, or an address: IPv4, or IPv6 with or without brackets."""
    if re.fullmatch(NAME, text, re.ASCII) and not re.fullmatch(r"[\d.]+", text, re.ASCII):
        return True
    try:
        return ip_address(re.sub(r"^\[(.*:.*)\]$", r"\1", text)) is not None and "%" not in text
    except ValueError:
        return False


def is_zone(text: str) -> bool:
    """Say whether it is a time zone; a controller without a tz database cannot judge."""
    zones = available_timezones()
    return text in zones if zones else shape(r"[A-Za-z_]+(/[A-Za-z0-9_+-]+)*")(text)


def is_line(text: str) -> bool:
    """Say whether it is a line of text with something in it."""
    return bool(text.strip()) and text.isprintable()


def are_labels(value: dict[str, Any]) -> bool:
    """Say whether it is a mapping of names of labels to texts."""
    return all(
        shape(r"(?!__)[A-Za-z_]\w*")(name) and isinstance(text, (str, int, float)) and str(text)
        for name, text in value.items()
    )


def are_resources(value: dict[str, Any]) -> bool:
    """Say whether it is what a pod requests and may use."""
    fits = shape(QUANTITY)
    return all(
        name in {"requests", "limits"}
        and isinstance(amounts, dict)
        and amounts.keys() <= {"cpu", "memory", "ephemeral-storage"}
        and all(map(fits, amounts.values()))
        for name, amounts in value.items()
    )


def are_sections(value: dict[str, Any]) -> bool:
    """Say whether it is a mapping of sections to mappings of settings."""
    return all(
        isinstance(settings, dict)
        and not any(isinstance(setting, (dict, list)) for setting in settings.values())
        for settings in value.values()
    )
