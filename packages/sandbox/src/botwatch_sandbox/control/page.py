"""Serves the control room's pages, under a policy that lets nothing foreign in."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parent.parent / "static"
PAGES = {"/": "index.html", "/dashboards": "dashboards.html"}
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


def add_page(app: web.Application, directory: Path = STATIC) -> None:
    """Add `/`, `/dashboards` and `/static/` to an application."""

    async def page(request: web.Request) -> web.StreamResponse:
        file = directory / PAGES[request.path]
        if not file.is_file():
            text = "The page is not installed; install botwatch-sandbox again.\n"
            return web.Response(status=404, text=text)
        return web.FileResponse(file)

    async def protect(request: web.Request, response: web.StreamResponse) -> None:
        if request.path in PAGES or request.path.startswith("/static/"):
            response.headers.update(HEADERS)

    for path in PAGES:
        app.router.add_get(path, page)
    if directory.is_dir():
        app.router.add_static("/static/", directory)
    app.on_response_prepare.append(protect)
