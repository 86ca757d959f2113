"""Keeps foreign web pages out: they can reach loopback addresses, but cannot hide where they are.

A page names itself in `Origin`, and a DNS name that was bent to 127.0.0.1 shows in `Host`.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from aiohttp import web
from yarl import URL

from botwatch_sandbox.jsonio import answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp.typedefs import Middleware

SENTENCE = (
    "This address is for pages of this machine only; open it as http://localhost with the port, "
    "without a proxy that changes the host."
)


def guard(open_prefixes: tuple[str, ...]) -> Middleware:
    """Return the middleware; paths under `open_prefixes` are called by programs of any host name.

    Programs send no `Origin`; where there is one, it must be of this machine on every path.
    """

    @web.middleware
    async def check(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        foreign = origin is not None and not is_local(origin)
        if not request.path.startswith(open_prefixes):
            foreign |= not is_local(f"http://{request.headers.get('Host', '')}")
        return answer({"error": SENTENCE}, status=403) if foreign else await handler(request)

    return check


def is_local(address: str) -> bool:
    """Say whether a URL's host is a loopback name or address, on any port."""
    try:
        url = URL(address)
        host, _ = url.host or "", url.port
    except ValueError:
        return False
    if url.scheme not in {"http", "https"} or url.user is not None:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
