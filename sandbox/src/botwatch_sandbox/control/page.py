"""Serves the control room's page, under a policy that lets nothing foreign in."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parent.parent / "static"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-cache",
}


def add_page(app: web.Application, folder: Path = STATIC) -> None:
    """Adds `/` and `/static/` to an application."""

    async def index(_: web.Request) -> web.StreamResponse:
        page = folder / "index.html"
        if not page.is_file():
            text = "The page is not installed; install botwatch-sandbox again.\n"
            return web.Response(status=404, text=text)
        return web.FileResponse(page)

    async def protect(request: web.Request, response: web.StreamResponse) -> None:
        if request.path == "/" or request.path.startswith("/static/"):
            response.headers.update(HEADERS)

    app.router.add_get("/", index)
    if folder.is_dir():
        app.router.add_static("/static/", folder)
    app.on_response_prepare.append(protect)
