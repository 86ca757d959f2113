"""The REST calls that a bot makes, with Discord's own answers."""

from __future__ import annotations

import asyncio
import hmac
from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING

from botwatch_sandbox.discord.bodies import LeftOutError, RestError
from botwatch_sandbox.discord.callbacks import Callbacks
from botwatch_sandbox.discord.gateway import gateway_url
from botwatch_sandbox.discord.guild_rest import GuildRest
from botwatch_sandbox.discord.message_rest import MessageRest
from botwatch_sandbox.discord.moderation_rest import ModerationRest
from botwatch_sandbox.discord.slash_rest import SlashRest
from botwatch_sandbox.discord.thread_rest import ThreadRest
from botwatch_sandbox.discord.user_rest import UserRest
from botwatch_sandbox.discord.webhook_rest import WebhookRest
from botwatch_sandbox.jsonio import answer

if TYPE_CHECKING:
    from aiohttp import web

    from botwatch_sandbox.discord.desk import Desk, Handler, Route
    from botwatch_sandbox.discord.faults import DiscordFaults
    from botwatch_sandbox.discord.interactions import Interactions

BASE = "/api/v10"
BASES = (BASE, "/api/v9")
RETRY_AFTER_S = 0.5


class Rest:
    """The REST half of the stand-in.

    Attributes:
        answered: how many calls were answered with each HTTP status.

    Args:
        desk: what the calls work on.
        interactions: uses of slash commands.
        faults: what is played on request.
        token: the only token that is accepted.
        gateway_path: the gateway's path on this server.
    """

    def __init__(
        self,
        desk: Desk,
        interactions: Interactions,
        faults: DiscordFaults,
        token: str,
        gateway_path: str,
    ) -> None:
        self.answered: Counter[int] = Counter()
        self._desk = desk
        self._slash = SlashRest(desk, Callbacks(interactions))
        self._webhooks = WebhookRest(desk)
        self._faults = faults
        self._authorization = f"Bot {token}".encode()
        self._gateway_path = gateway_path

    def add_routes(self, app: web.Application) -> None:
        """Add the calls to an application."""
        # Whoever holds an interaction's or a webhook's token may use it.
        open_routes = [*self._slash.open_routes(), *self._webhooks.open_routes()]
        routes: list[Route] = [
            ("GET", "/gateway", self._gateway),
            ("GET", "/gateway/bot", self._gateway_bot),
            *UserRest(self._desk).routes(),
            *MessageRest(self._desk).routes(),
            *GuildRest(self._desk).routes(),
            *ModerationRest(self._desk).routes(),
            *ThreadRest(self._desk).routes(),
            *self._slash.routes(),
            *self._webhooks.routes(),
            ("*", "/{rest:.*}", self._unknown),
        ]
        for base in BASES:
            for method, path, handler in open_routes:
                app.router.add_route(method, base + path, self._counted(self._faulty(handler)))
            for method, path, handler in routes:
                guarded = self._guarded(self._faulty(handler))
                app.router.add_route(method, base + path, self._counted(guarded))

    def _faulty(self, handler: Handler) -> Handler:
        async def call(request: web.Request) -> web.Response:
            return self._fault() or await handler(request)

        return call

    def _guarded(self, handler: Handler) -> Handler:
        async def call(request: web.Request) -> web.Response:
            self._authorize(request)
            return await handler(request)

        return call

    def _counted(self, handler: Handler) -> Handler:
        async def call(request: web.Request) -> web.Response:
            await asyncio.sleep(self._faults.slow_ms / 1000)
            try:
                response = await handler(request)
            except RestError as error:
                if isinstance(error, LeftOutError):
                    path = request.path.removeprefix(BASES[0]).removeprefix(BASES[1])
                    self._desk.missing.note(request.method, f"{path} ({error.what})")
                response = answer(error.body, status=error.status)
            self.answered[response.status] += 1
            return response

        return call

    def _authorize(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._authorization):
            raise RestError(401, 0, "401: Unauthorized")

    def _fault(self) -> web.Response | None:
        if self._faults.take_rate_limit():
            headers = {"Retry-After": "1", "X-RateLimit-Scope": "user"}
            if self._faults.via:
                headers["Via"] = "1.1 google"
            body = {
                "message": "You are being rate limited.",
                "retry_after": RETRY_AFTER_S,
                "global": False,
            }
            return answer(body, status=429, headers=headers)
        if self._faults.take_server_error():
            status = HTTPStatus(self._faults.server_status)
            return answer({"message": f"{status}: {status.phrase}", "code": 0}, status=status)
        return None

    async def _gateway(self, request: web.Request) -> web.Response:
        return answer({"url": gateway_url(request, self._gateway_path)})

    async def _gateway_bot(self, request: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
        shards = self._desk.world.scale.shards
        url = gateway_url(request, self._gateway_path)
        return answer({"url": url, "shards": shards, "session_start_limit": limit})

    async def _unknown(self, request: web.Request) -> web.Response:
        self._desk.missing.note(request.method, "/" + request.match_info["rest"])
        raise RestError(404, 0, "404: Not Found")
