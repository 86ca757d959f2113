"""Readers of settings beside the library's: they raise ValueError for what they refuse."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botwatch_bot import zones

if TYPE_CHECKING:
    from collections.abc import Callable

_ROLE_DIGITS = 20


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


def role_id(text: str) -> int:
    """Return the number by which Discord knows a role."""
    if not re.fullmatch(rf"[1-9][0-9]{{0,{_ROLE_DIGITS - 1}}}", text):
        raise ValueError
    return int(text)


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
