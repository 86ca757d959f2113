"""A double of Discord's REST API, and a chat with a client that is logged in to it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web
from discord.http import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    import discord

    from botwatch import Watch

TOKEN = "a.test.token"
BOT_ID = "900"
GUILD_ID = "100"
CHANNEL_ID = "200"


@dataclass
class RestDouble:
    """Answers the few REST calls a bot makes; `failures` are (status, body) for the next posts."""

    url: str = ""
    login_status: int = 200
    sent: list[dict[str, Any]] = field(default_factory=list)
    failures: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    gateway_url: str = "ws://127.0.0.1:9"
    commands: list[dict[str, Any]] = field(default_factory=list)
    asked_for_commands: int = 0
    told_commands: int = 0

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/api/users/@me", self._me)
        app.router.add_get("/api/oauth2/applications/@me", self._application)
        app.router.add_get("/api/gateway/bot", self._gateway)
        app.router.add_get("/api/applications/{id}/commands", self._get_commands)
        app.router.add_put("/api/applications/{id}/commands", self._put_commands)
        app.router.add_post("/api/channels/{channel}/messages", self._post)
        app.router.add_post("/api/webhooks/{id}/{token}", self._post)
        app.router.add_post("/api/interactions/{id}/{token}/callback", self._interact)
        return app

    def refuse(self) -> None:
        """Let no client reach it any more."""
        Route.BASE = "http://127.0.0.1:9/api"

    async def _me(self, _: web.Request) -> web.Response:
        return _answer(_user(BOT_ID, "botwatch"), status=self.login_status)

    async def _application(self, _: web.Request) -> web.Response:
        about = {"id": BOT_ID, "name": "botwatch", "description": "", "icon": None}
        flags = {"bot_public": False, "bot_require_code_grant": False, "verify_key": ""}
        return _answer({**about, **flags, "owner": _user("1", "owner")})

    async def _gateway(self, _: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 999, "reset_after": 1, "max_concurrency": 1}
        return _answer({"url": self.gateway_url, "shards": 1, "session_start_limit": limit})

    async def _get_commands(self, _: web.Request) -> web.Response:
        self.asked_for_commands += 1
        return _answer(self.commands, status=self.failures.pop(0)[0] if self.failures else 200)

    async def _put_commands(self, request: web.Request) -> web.Response:
        self.told_commands += 1
        self.commands = [
            {
                "description": "",
                **command,
                "id": str(number),
                "application_id": BOT_ID,
                "version": "1",
            }
            for number, command in enumerate(await request.json())
        ]
        return _answer(self.commands)

    async def _interact(self, request: web.Request) -> web.Response:
        if self.failures:
            status, body = self.failures.pop(0)
            return _answer(body, status=status)
        answer = await request.json()
        if answer["type"] == 4:
            self.sent.append(answer["data"])
        return _answer({"interaction": {"id": request.match_info["id"], "type": 2}})

    async def _post(self, request: web.Request) -> web.Response:
        if self.failures:
            status, body = self.failures.pop(0)
            return _answer(body, status=status)
        message = await request.json()
        self.sent.append(message)
        return _answer(message_payload(message["content"], _user(BOT_ID, "botwatch")))


def _answer(body: object, status: int = 200) -> web.Response:
    # discord.py wants this content type without a charset.
    response = web.json_response(body, status=status)
    response.headers["Content-Type"] = "application/json"
    response.headers["Via"] = "1.1 google"
    return response


def _user(number: str, name: str, *, bot: bool = False) -> dict[str, Any]:
    return {"id": number, "username": name, "discriminator": "0", "avatar": None, "bot": bot}


def message_payload(content: str, author: dict[str, Any]) -> dict[str, Any]:
    lists = ("mentions", "mention_roles", "attachments", "embeds")
    flags = ("tts", "mention_everyone", "pinned")
    return {
        "id": "5000",
        "channel_id": CHANNEL_ID,
        "guild_id": GUILD_ID,
        "type": 0,
        "content": content,
        "author": author,
        "timestamp": "2025-01-01T00:00:00+00:00",
        "edited_timestamp": None,
        **dict.fromkeys(flags, False),
        **{name: [] for name in lists},
    }


def guild_payload(guild_id: str, members: int) -> dict[str, Any]:
    channel = {"id": CHANNEL_ID, "type": 0, "name": "general", "position": 0}
    role = {"id": guild_id, "name": "@everyone", "permissions": "0", "position": 0, "color": 0}
    role |= {"hoist": False, "managed": False, "mentionable": False, "flags": 0}
    return {
        "id": guild_id,
        "name": "botwatch",
        "member_count": members,
        "unavailable": False,
        "channels": [channel],
        "roles": [role],
        "members": [{"user": _user("8", "member"), "roles": [], "flags": 0, "joined_at": None}],
    }


@dataclass
class Chat:
    """A client that is logged in: people write, use slash commands and press buttons."""

    client: discord.Client
    rest: RestDouble
    watch: Watch

    def say(self, content: str, *, author_id: int = 7) -> None:
        author = _user(str(author_id), "someone")
        self.gateway("MESSAGE_CREATE", message_payload(content, author))

    def slash(self, name: str, **options: str) -> None:
        given = [{"type": 3, "name": key, "value": text} for key, text in options.items()]
        self.interact(2, {"id": "1", "name": name, "type": 1, "options": given})

    def menu(self, name: str) -> None:
        """Use a context menu on a user."""
        resolved = {"users": {"8": _user("8", "member")}}
        data = {"id": "1", "name": name, "type": 2, "target_id": "8", "resolved": resolved}
        self.interact(2, data)

    def press(self, custom_id: str) -> None:
        """Press a button of a view."""
        message = message_payload("a view", _user(BOT_ID, "botwatch"))
        self.interact(3, {"custom_id": custom_id, "component_type": 2}, message=message)

    def submit(self, custom_id: str, **inputs: str) -> None:
        """Submit a modal."""
        rows = [
            {"type": 1, "components": [{"type": 4, "custom_id": key, "value": text}]}
            for key, text in inputs.items()
        ]
        self.interact(5, {"custom_id": custom_id, "components": rows})

    def interact(self, kind: int, data: dict[str, Any], **more: object) -> None:
        joined = "2025-01-01T00:00:00+00:00"
        member = {"user": _user("7", "someone"), "roles": [], "flags": 0, "permissions": "0"}
        self.gateway(
            "INTERACTION_CREATE",
            {
                "id": "6000",
                "application_id": BOT_ID,
                "type": kind,
                "token": "a-token",
                "version": 1,
                "guild_id": GUILD_ID,
                "channel_id": CHANNEL_ID,
                "channel": {"id": CHANNEL_ID, "type": 0, "name": "general", "position": 0},
                "locale": "en-US",
                "guild_locale": "en-US",
                "member": {**member, "joined_at": joined},
                "attachment_size_limit": 1000,
                "authorizing_integration_owners": {},
                "entitlements": [],
                "data": data,
                **more,
            },
        )

    def gateway(self, event: str, data: dict[str, Any]) -> None:
        """Hand an event to the client as its web socket does."""
        self.client.dispatch("socket_event_type", event)
        self.client._connection.parsers[event](data)

    @property
    def sent(self) -> list[str]:
        return [str(message["content"]) for message in self.rest.sent]

    def value(self, name: str, **labels: str) -> float | None:
        return self.watch.metrics.registry.get_sample_value(f"discord_bot_{name}", labels)

    def outcomes(self, command: str) -> dict[str, float]:
        """Return how often a command ended in each way that it did."""
        statuses = ("success", "user_error", "error", "cancelled")
        counts = {s: self.value("commands_total", command=command, status=s) for s in statuses}
        return {status: count for status, count in counts.items() if count}

    @property
    def errors(self) -> dict[str, float]:
        """The errors that were counted, by type."""
        samples = [s for metric in self.watch.metrics.errors.collect() for s in metric.samples]
        return {s.labels["error_type"]: s.value for s in samples if s.value}

    async def ended(self, command: str, times: int = 1) -> dict[str, float]:
        """Wait until a command has ended so often; return how."""
        await until(lambda: sum(self.outcomes(command).values()) >= times)
        return self.outcomes(command)


async def until(check: Callable[[], object], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while True:
            if check():
                return
            await asyncio.sleep(0.005)
