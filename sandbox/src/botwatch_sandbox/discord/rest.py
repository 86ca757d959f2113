"""The REST calls that a bot makes, with Discord's own answers."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

from aiohttp import web

from botwatch_sandbox.discord import payloads, snowflake
from botwatch_sandbox.discord.state import BOT, CONTENT_MAX, Draft
from botwatch_sandbox.jsonio import JsonObject, answer, is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from botwatch_sandbox.discord.faults import DiscordFaults
    from botwatch_sandbox.discord.guilds import Guild
    from botwatch_sandbox.discord.state import World

    Handler: TypeAlias = Callable[[web.Request], Awaitable[web.Response]]

BASE = "/api/v10"
BODY_MAX_BYTES = 64 * 1024
EMBEDS_MAX = 10
EMBEDS_MAX_CHARACTERS = 6000
NONCE_MAX = 25
RETRY_AFTER_S = 0.5
EVERYONE = ("@everyone", "@here")

UNKNOWN_CHANNEL = 10003
CANNOT_SEND_EMPTY = 50006
INVALID_FORM = 50035
INVALID_JSON = 50109


class RestError(Exception):
    """A call is refused with Discord's own code and words."""

    def __init__(self, status: int, code: int, message: str, errors: object = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: JsonObject = {"message": message, "code": code}
        if errors is not None:
            self.body["errors"] = errors


class Rest:
    """The REST half of the stand-in.

    Attributes:
        answered: how many calls were answered with each HTTP status.

    Args:
        world: where messages go.
        faults: what is played on request.
        token: the only token that is accepted.
        gateway_path: the gateway's path on this server.
    """

    def __init__(self, world: World, faults: DiscordFaults, token: str, gateway_path: str) -> None:
        self.answered: Counter[int] = Counter()
        self._world = world
        self._faults = faults
        self._authorization = f"Bot {token}".encode()
        self._gateway_path = gateway_path

    def add_routes(self, app: web.Application) -> None:
        """Adds the calls to an application."""
        routes: list[tuple[str, str, Handler]] = [
            ("GET", "/users/@me", self._me),
            ("GET", f"/users/{BOT.id}", self._me),
            ("GET", "/oauth2/applications/@me", self._application),
            ("GET", "/gateway", self._gateway),
            ("GET", "/gateway/bot", self._gateway_bot),
            ("GET", "/channels/{channel}", self._channel),
            ("POST", "/channels/{channel}/messages", self._send),
            ("POST", "/channels/{channel}/typing", self._typing),
            ("*", "/{rest:.*}", self._unknown),
        ]
        for method, path, handler in routes:
            app.router.add_route(method, BASE + path, self._guarded(handler))

    def _guarded(self, handler: Handler) -> Handler:
        async def call(request: web.Request) -> web.Response:
            await asyncio.sleep(self._faults.slow_ms / 1000)
            response = await self._answer(request, handler)
            self.answered[response.status] += 1
            return response

        return call

    async def _answer(self, request: web.Request, handler: Handler) -> web.Response:
        try:
            self._authorize(request)
            return self._fault() or await handler(request)
        except RestError as error:
            return answer(error.body, status=error.status)

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
        draft = _draft(await _body(request))
        answered = None if draft.reply_to is None else self._world.find(draft.reply_to)
        if draft.reply_to is not None and answered is None:
            raise _invalid(
                field="message_reference", code="UNKNOWN_MESSAGE", message="Unknown message"
            )
        return answer(payloads.message(self._world.say(BOT, draft, guild), answered))

    async def _typing(self, request: web.Request) -> web.Response:
        self._guild(request)
        return web.Response(status=204)

    def _guild(self, request: web.Request) -> Guild:
        """Returns the guild whose channel the path names."""
        channel = snowflake.parse(request.match_info["channel"])
        guild = self._world.scale.find_by_channel(channel)
        if guild is None:
            raise RestError(404, UNKNOWN_CHANNEL, "Unknown Channel")
        return guild

    async def _unknown(self, _: web.Request) -> web.Response:
        raise RestError(404, 0, "404: Not Found")


async def _body(request: web.Request) -> JsonObject:
    if request.content_type != "application/json":
        raise RestError(400, INVALID_JSON, "The request body contains invalid JSON.")
    raw = await request.read()
    if len(raw) > BODY_MAX_BYTES:
        raise RestError(413, 40005, "Request entity too large")
    try:
        decoded: object = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise RestError(400, INVALID_JSON, "The request body contains invalid JSON.") from error
    if not is_object(decoded):
        raise RestError(400, INVALID_JSON, "The request body contains invalid JSON.")
    return decoded


def _invalid(*, field: str, code: str, message: str) -> RestError:
    errors = {field: {"_errors": [{"code": code, "message": message}]}}
    return RestError(400, INVALID_FORM, "Invalid Form Body", errors)


def _draft(body: JsonObject) -> Draft:
    content = body.get("content")
    if not isinstance(content, str | None):
        raise _invalid(field="content", code="STRING_TYPE_CONVERT", message="Must be a string.")
    text = (content or "").strip()
    if len(text) > CONTENT_MAX:
        message = f"Must be {CONTENT_MAX} or fewer in length."
        raise _invalid(field="content", code="BASE_TYPE_MAX_LENGTH", message=message)
    embeds = _embeds(body.get("embeds"))
    if not text and not embeds:
        raise RestError(400, CANNOT_SEND_EMPTY, "Cannot send an empty message")
    return Draft(
        content=text,
        embeds=embeds,
        reply_to=_reference(body.get("message_reference")),
        nonce=_nonce(body.get("nonce")),
        mention_everyone=_mentions_everyone(text, body.get("allowed_mentions")),
    )


def _embeds(value: object) -> tuple[JsonObject, ...]:
    entries = value if is_list(value) else []
    embeds = tuple(entry for entry in entries if is_object(entry))
    if len(embeds) != len(entries) or len(embeds) > EMBEDS_MAX:
        raise _invalid(
            field="embeds",
            code="BASE_TYPE_BAD_LENGTH",
            message=f"Must be at most {EMBEDS_MAX} objects.",
        )
    if sum(len(json.dumps(embed, ensure_ascii=False)) for embed in embeds) > EMBEDS_MAX_CHARACTERS:
        message = f"Embed size exceeds maximum size of {EMBEDS_MAX_CHARACTERS}"
        raise _invalid(field="embeds", code="MAX_EMBED_SIZE_EXCEEDED", message=message)
    return embeds


def _reference(value: object) -> int | None:
    if not is_object(value):
        return None
    message_id = snowflake.parse(str(value.get("message_id", "")))
    if message_id is None:
        raise _invalid(
            field="message_reference", code="NUMBER_TYPE_COERCE", message="Value is not snowflake."
        )
    return message_id


def _nonce(value: object) -> str | int | None:
    if isinstance(value, str):
        return value[:NONCE_MAX]
    return value if isinstance(value, int) else None


def _mentions_everyone(content: str, allowed: object) -> bool:
    parse = allowed.get("parse") if is_object(allowed) else ["everyone"]
    permitted = is_list(parse) and "everyone" in parse
    return permitted and any(name in content for name in EVERYONE)
