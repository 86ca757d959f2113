"""Why Discord could not be reached, as one of a few words."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING

import aiohttp
import discord

from botwatch.metrics import Cause

if TYPE_CHECKING:
    from collections.abc import Mapping

# The first that fits counts: several of these are kinds of another.
_CAUSES: Mapping[type[BaseException], Cause] = {
    getattr(aiohttp, "ClientConnectorDNSError", socket.gaierror): Cause.DNS,
    socket.gaierror: Cause.DNS,
    aiohttp.ClientSSLError: Cause.TLS,
    ssl.SSLError: Cause.TLS,
    asyncio.TimeoutError: Cause.TIMEOUT,
    discord.GatewayNotFound: Cause.HTTP,
    discord.HTTPException: Cause.HTTP,
    aiohttp.ClientResponseError: Cause.HTTP,
    discord.ConnectionClosed: Cause.CLOSED,
    OSError: Cause.CONNECT,
    aiohttp.ClientError: Cause.CONNECT,
}


class SessionStalledError(Exception):
    """discord.py has not brought every shard back for too long."""


def cause_of(error: BaseException | None) -> Cause:
    """Return the word for an error; None is a failure that nobody gave a reason for."""
    if isinstance(error, SessionStalledError):
        return Cause.STALLED
    # aiohttp before 3.10 has no class of its own for this.
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(
        error.os_error, socket.gaierror
    ):
        return Cause.DNS
    for kind, cause in _CAUSES.items():
        if isinstance(error, kind):
            return cause
    return Cause.OTHER
