"""The REST calls that a bot makes, with Discord's own answers."""

from __future__ import annotations

import asyncio
import hmac
from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

from aiohttp import web

from botwatch_sandbox.discord import payloads, snowflake
from botwatch_sandbox.discord.bodies import RestError, invalid, read_draft, read_object
from botwatch_sandbox.discord.slash_rest import APPLICATION, ORIGINAL, SlashRest
from botwatch_sandbox.discord.state import BOT
from botwatch_sandbox.jsonio import answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from botwatch_sandbox.discord.faults import DiscordFaults
    from botwatch_sandbox.discord.guilds import Guild
    from botwatch_sandbox.discord.interactions import Interactions

    Handler: TypeAlias = Callable[[web.Request], Awaitable[web.Response]]

BASE = "/api/v10"
RETRY_AFTER_S = 0.5

UNKNOWN_CHANNEL = 10003


class Rest:
    """The REST half of the stand-in.

    Attributes:
        answered: how many calls were answered with each HTTP status.

    Args:
        interactions: uses of slash commands; it knows where messages go.
        faults: what is played on request.
        token: the only token that is accepted.
        gateway_path: the gateway's path on this server.
    """

    def __init__(
        self, interactions: Interactions, faults: DiscordFaults, token: str, gateway_path: str
    ) -> None:
        self.answered: Counter[int] = Counter()
        self._slash = SlashRest(interactions)
        self._world = interactions.world
        self._faults = faults
        self._authorization = f"Bot {token}".encode()
        self._gateway_path = gateway_path

    def add_routes(self, app: web.Application) -> None:
        """Add the calls to an application."""
        slash = self._slash
        # Whoever holds an interaction's token may answer it.
        open_routes: list[tuple[str, str, Handler]] = [
            ("POST", "/interactions/{interaction}/{token}/callback", slash.acknowledge),
            ("POST", f"/webhooks/{BOT.id}/{{token}}", slash.follow_up),
            ("GET", ORIGINAL, slash.original),
            ("PATCH", ORIGINAL, slash.edit_original),
            ("DELETE", ORIGINAL, slash.delete_original),
        ]
        routes: list[tuple[str, str, Handler]] = [
            ("GET", "/users/@me", self._me),
            ("GET", f"/users/{BOT.id}", self._me),
            ("GET", "/oauth2/applications/@me", self._application),
            ("GET", "/gateway", self._gateway),
            ("GET", "/gateway/bot", self._gateway_bot),
            ("GET", "/channels/{channel}", self._channel),
            ("POST", "/channels/{channel}/messages", self._send),
            ("POST", "/channels/{channel}/typing", self._typing),
            ("GET", f"{APPLICATION}/commands", slash.list_commands),
            ("PUT", f"{APPLICATION}/commands", slash.replace_commands),
            ("GET", f"{APPLICATION}/guilds/{{guild}}/commands", slash.list_commands),
            ("PUT", f"{APPLICATION}/guilds/{{guild}}/commands", slash.replace_commands),
            ("*", "/{rest:.*}", self._unknown),
        ]
        for method, path, handler in open_routes:
            app.router.add_route(method, BASE + path, self._counted(self._faulty(handler)))
        for method, path, handler in routes:
            guarded = self._guarded(self._faulty(handler))
            app.router.add_route(method, BASE + path, self._counted(guarded))

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

    async def _me(self, _: web.Request) -> web.Response:
        return answer(payloads.current_user())

    async def _application(self, _: web.Request) -> web.Response:
        return answer(payloads.application())

    def _gateway_url(self, request: web.Request) -> str:
        return f"ws://{request.headers.get('Host', '')}{self._gateway_path}"

    async def _gateway(self, request: web.Request) -> web.Response:
        return answer({"url": self._gateway_url(request)})

    async def _gateway_bot(self, request: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
        shards = self._world.scale.shards
        url = self._gateway_url(request)
        return answer({"url": url, "shards": shards, "session_start_limit": limit})

    async def _channel(self, request: web.Request) -> web.Response:
        return answer(payloads.channel(self._guild(request)))

    async def _send(self, request: web.Request) -> web.Response:
        guild = self._guild(request)
        draft = read_draft(await read_object(request))
        answered = None if draft.reply_to is None else self._world.find(draft.reply_to)
        if draft.reply_to is not None and answered is None:
            raise invalid(
                field="message_reference", code="UNKNOWN_MESSAGE", message="Unknown message"
            )
        return answer(payloads.message(self._world.say(BOT, draft, guild), answered))

    async def _typing(self, request: web.Request) -> web.Response:
        self._guild(request)
        return web.Response(status=204)

    def _guild(self, request: web.Request) -> Guild:
        """Return the guild whose channel the path names."""
        channel = snowflake.parse(request.match_info["channel"])
        guild = self._world.scale.find_by_channel(channel)
        if guild is None:
            raise RestError(404, UNKNOWN_CHANNEL, "Unknown Channel")
        return guild

    async def _unknown(self, _: web.Request) -> web.Response:
        raise RestError(404, 0, "404: Not Found")
