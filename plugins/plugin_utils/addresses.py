"""Addresses that a service connects to, as a network policy names them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443, "smtp": 25}
ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, order=True)
class Endpoint:
    """An address and a port; a name may be anywhere."""

    cidr: str
    port: int


def endpoint_of(address: str, scheme: str = "http") -> Endpoint | None:
    """Read a URL, or a host with or without a port; None for what is neither."""
    try:
        parts = urlsplit(address if "://" in address else f"{scheme}://{address}")
        port = parts.port or PORTS[parts.scheme]
    except (KeyError, ValueError):
        return None
    if not parts.hostname:
        return None
    try:
        ip = ip_address(parts.hostname)
    except ValueError:
        return Endpoint(ANYWHERE, port)
    return Endpoint(f"{ip}/{ip.max_prefixlen}", port)
