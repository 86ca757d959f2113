"""Discord under its own names, over TLS: its API, gateway and CDN, nothing of the control room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from botwatch_sandbox.discord.files import Files
    from botwatch_sandbox.discord.gateway import Gateway
    from botwatch_sandbox.discord.rest import Rest

ATTACHMENTS_PATH = "/attachments/"


def front(rest: Rest, gateway: Gateway, files: Files) -> web.Application:
    """Build the application that is served where Discord's names lead.

    Args:
        rest: answers what comes to discord.com.
        gateway: takes the connections to gateway.discord.gg.
        files: serves what comes to cdn.discordapp.com.
    """
    app = web.Application()
    rest.add_routes(app)
    app.router.add_get("/", gateway.handle)
    app.router.add_get(ATTACHMENTS_PATH + "{path:.*}", files.attachment)
    app.router.add_get("/{path:.*}", files.picture)
    return app
