"""From the text of a setting to its value: each function raises ValueError for what it refuses."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from botwatch_bot import zones

if TYPE_CHECKING:
    from collections.abc import Callable

_Text = TypeVar("_Text", bound=str)
_ROLE_DIGITS = 20


def absolute_path(text: str) -> Path:
    """Return an absolute path."""
    path = Path(text)
    if not path.is_absolute():
        raise ValueError
    return path


def zone_name(text: str) -> str:
    """Return the IANA name of a time zone, whatever its case in the text."""
    zone = zones.find(text)
    if zone is None:
        raise ValueError
    return zone.key


def command_prefix(text: str) -> str:
    """Return what starts a command: short, visible, and nothing that people write anyway."""
    if text.isalnum() or not re.fullmatch(r"[^\s`\\@#<]{1,5}", text):
        raise ValueError
    return text


def address(text: str) -> IPv4Address | IPv6Address:
    """Return an IP address."""
    return ip_address(text)


def number(lowest: int, highest: int, *, or_zero: bool = False) -> Callable[[str], int]:
    """Return a reader of decimal numbers within bounds; a zero may stand for "never"."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text):
            raise ValueError
        value = int(text)
        if not (lowest <= value <= highest or (or_zero and value == 0)):
            raise ValueError
        return value

    return read


def role_id(text: str) -> int:
    """Return the number by which Discord knows a role."""
    if not re.fullmatch(rf"[1-9][0-9]{{0,{_ROLE_DIGITS - 1}}}", text):
        raise ValueError
    return int(text)


def one_of(*words: _Text) -> Callable[[str], _Text]:
    """Return a reader of one of these words."""

    def read(text: str) -> _Text:
        for word in words:
            if text == word:
                return word
        raise ValueError

    return read


def monitoring_url(text: str) -> str:
    """Return the http or https address of a server, without the slash at its end."""
    url = urlsplit(text)
    if url.scheme not in {"http", "https"} or not url.hostname or url.query or url.fragment:
        raise ValueError
    return text.rstrip("/")


def stand_in(secure: str, plain: str) -> Callable[[str], str]:
    """Return a reader of a stand-in's address: a token leaves this machine only under TLS."""

    def read(text: str) -> str:
        url = urlsplit(text)
        trusted = url.scheme == secure or (url.scheme == plain and _is_near(url.hostname))
        if not trusted or not url.hostname or url.query or url.fragment:
            raise ValueError
        return text.rstrip("/")

    return read


def _is_near(host: str | None) -> bool:
    """Says whether the token may go there in clear: to this machine, or within its network."""
    try:
        return ip_address(host or "").is_private
    except ValueError:
        return host == "localhost"
