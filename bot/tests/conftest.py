"""What the bot's tests share: settings, a Discord REST double, a chat with the bot."""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import discord
import pytest
from aiohttp import web
from discord.http import Route

from botwatch import current
from botwatch_bot import settings as bot_settings
from botwatch_bot.bot import Bot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from botwatch_bot.settings import Settings

TOKEN = "a.test.token"
DEFERRED = 5
BOT_ID = "900"
GUILD_ID = "100"
CHANNEL_ID = "200"
DIRECT_ID = "300"


def doing() -> list[asyncio.Task[Any]]:
    """Return what discord.py is doing about events."""
    names = ("discord.py: ", "CommandTree-invoker")
    return [task for task in asyncio.all_tasks() if task.get_name().startswith(names)]


class Eventually(Protocol):
    async def __call__(self, check: Callable[[], object], seconds: float = 5) -> None: ...


@pytest.fixture(autouse=True)
def _own_process(monkeypatch: pytest.MonkeyPatch, free_port: int) -> Iterator[None]:
    """Give each test what a process has: an environment, and one watch."""
    for name in os.environ:
        if name.startswith(("BOT_", "BOTWATCH_", "NOTIFY_SOCKET", "WATCHDOG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("BOTWATCH_LISTEN_PORT", str(free_port))
    current.forget()
    yield
    current.forget()


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    return path


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, token_file: Path) -> Settings:
    monkeypatch.setenv("BOT_DISCORD_TOKEN_FILE", str(token_file))
    return bot_settings.load()


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def eventually() -> Eventually:
    async def wait(check: Callable[[], object], seconds: float = 5) -> None:
        async with asyncio.timeout(seconds):
            while True:
                if check():
                    return
                await asyncio.sleep(0.005)

    return wait


@dataclass
class RestDouble:
    """Answers the few REST calls a bot makes; `failures` are (status, body) for the next posts.

    `headers` come with every message that is accepted.
    """

    url: str = ""
    gateway_url: str = "ws://127.0.0.1:9"
    login_status: int = 200
    sent: list[dict[str, Any]] = field(default_factory=list)
    failures: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    hold: asyncio.Event | None = None
    headers: dict[str, str] = field(default_factory=dict)
    commands: list[dict[str, Any]] = field(default_factory=list)
    asked_for_commands: int = 0
    told_commands: int = 0
    direct: list[dict[str, Any]] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/api/users/@me", self._me)
        app.router.add_get("/api/oauth2/applications/@me", self._application)
        app.router.add_get("/api/gateway/bot", self._gateway)
        app.router.add_post("/api/channels/{channel}/messages", self._post)
        app.router.add_post("/api/users/@me/channels", self._open_direct_messages)
        app.router.add_get("/api/applications/{application}/commands", self._get_commands)
        app.router.add_put("/api/applications/{application}/commands", self._put_commands)
        app.router.add_post("/api/interactions/{id}/{token}/callback", self._interact)
        app.router.add_post("/api/webhooks/{channel}/{token}", self._post)
        return app

    async def _me(self, _: web.Request) -> web.Response:
        user = {"id": BOT_ID, "username": "botwatch", "discriminator": "0", "avatar": None}
        return _answer(user, status=self.login_status)

    async def _application(self, _: web.Request) -> web.Response:
        owner = {"id": "1", "username": "owner", "discriminator": "0", "avatar": None}
        return _answer(
            {
                "id": BOT_ID,
                "name": "botwatch",
                "description": "",
                "icon": None,
                "bot_public": False,
                "bot_require_code_grant": False,
                "owner": owner,
                "verify_key": "",
            }
        )

    async def _gateway(self, _: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 999, "reset_after": 1, "max_concurrency": 1}
        return _answer({"url": self.gateway_url, "shards": 1, "session_start_limit": limit})

    async def _get_commands(self, request: web.Request) -> web.Response:
        assert request.query["with_localizations"] == "true"
        self.asked_for_commands += 1
        return _answer(self.commands, status=self.failures.pop(0)[0] if self.failures else 200)

    async def _put_commands(self, request: web.Request) -> web.Response:
        self.told_commands += 1
        self.commands = [
            {**command, "id": str(number), "application_id": BOT_ID, "version": "1"}
            for number, command in enumerate(await request.json())
        ]
        return _answer(self.commands)

    async def _interact(self, request: web.Request) -> web.Response:
        if self.failures:
            status, body = self.failures.pop(0)
            return _answer(body, status=status)
        answer = await request.json()
        data = answer["data"]
        if answer["type"] == DEFERRED:
            return _answer({"interaction": {"id": request.match_info["id"], "type": 2}})
        self.sent.append(data)
        author = {"id": BOT_ID, "username": "botwatch", "discriminator": "0", "avatar": None}
        message = message_payload(data["content"], author=author)
        return _answer(
            {
                "interaction": {"id": request.match_info["id"], "type": 2},
                "resource": {"type": 4, "message": message},
            }
        )

    async def _open_direct_messages(self, request: web.Request) -> web.Response:
        user = {"id": (await request.json())["recipient_id"], "username": "someone"}
        recipients = [{**user, "discriminator": "0", "avatar": None}]
        return _answer({"id": DIRECT_ID, "type": 1, "recipients": recipients})

    async def _post(self, request: web.Request) -> web.Response:
        if self.hold is not None:
            await self.hold.wait()
        if self.failures:
            status, body = self.failures.pop(0)
            return _answer(body, status=status)
        message = await request.json()
        direct = request.match_info["channel"] == DIRECT_ID
        (self.direct if direct else self.sent).append(message)
        author = {"id": BOT_ID, "username": "botwatch", "discriminator": "0", "avatar": None}
        answer = _answer(
            message_payload(message["content"], author=author, message_id=str(len(self.sent)))
        )
        answer.headers.update(self.headers)
        return answer


def _answer(body: object, status: int = 200) -> web.Response:
    # discord.py wants this content type without a charset.
    response = web.json_response(body, status=status)
    response.headers["Content-Type"] = "application/json"
    return response


def message_payload(
    content: str, author: dict[str, Any], message_id: str = "5000"
) -> dict[str, Any]:
    return {
        "id": message_id,
        "channel_id": CHANNEL_ID,
        "guild_id": GUILD_ID,
        "type": 0,
        "content": content,
        "author": author,
        "timestamp": "2025-01-01T00:00:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
    }


def _member(user_id: str, roles: tuple[str, ...]) -> dict[str, Any]:
    user = {"id": user_id, "username": "someone", "discriminator": "0", "avatar": None}
    joined = "2025-01-01T00:00:00+00:00"
    return {"user": user, "roles": [*roles], "flags": 0, "permissions": "0", "joined_at": joined}


def guild_payload(guild_id: str, members: int) -> dict[str, Any]:
    channel = {"id": CHANNEL_ID, "type": 0, "name": "general", "position": 0}
    role = {"id": guild_id, "name": "@everyone", "permissions": "0", "position": 0, "color": 0}
    user = {"id": "8", "username": "member", "discriminator": "0", "avatar": None}
    member = {"user": user, "roles": [], "flags": 0, "joined_at": None}
    role |= {"hoist": False, "managed": False, "mentionable": False, "flags": 0}
    return {
        "id": guild_id,
        "name": "botwatch",
        "member_count": members,
        "unavailable": False,
        "channels": [channel],
        "roles": [role],
        "members": [member],
    }


@pytest.fixture
async def rest(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RestDouble]:
    double = RestDouble()
    runner = web.AppRunner(double.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    double.url = f"http://{host}:{port}/api"
    monkeypatch.setattr(Route, "BASE", double.url)
    yield double
    await runner.cleanup()


@dataclass
class Chat:
    """A logged-in bot: `say` is a message in a channel, `sent` what the bot replied."""

    client: Bot
    rest: RestDouble
    eventually: Eventually

    def say(self, content: str, *, author_id: int = 7, bot: bool = False) -> None:
        author = {"id": str(author_id), "username": "someone", "discriminator": "0", "bot": bot}
        self.gateway("MESSAGE_CREATE", message_payload(content, {**author, "avatar": None}))

    def slash(
        self,
        name: str,
        text: str | None = None,
        locales: tuple[str, str] = ("en-US", "en-US"),
        user_id: int = 7,
        roles: tuple[str, ...] = (),
    ) -> None:
        """Use a slash command, with its one option; locales are the user's and the server's."""
        command = self.client.get_command(name)
        takes = next(iter(command.clean_params), "text") if command else "text"
        options = [] if text is None else [{"type": 3, "name": takes, "value": text}]
        self.gateway(
            "INTERACTION_CREATE",
            {
                "id": str(discord.utils.time_snowflake(discord.utils.utcnow())),
                "application_id": BOT_ID,
                "type": 2,
                "token": "a-token",
                "version": 1,
                "guild_id": GUILD_ID,
                "channel_id": CHANNEL_ID,
                "channel": {"id": CHANNEL_ID, "type": 0, "name": "general", "position": 0},
                "locale": locales[0],
                "guild_locale": locales[1],
                "member": _member(str(user_id), roles),
                "attachment_size_limit": 1000,
                "authorizing_integration_owners": {},
                "entitlements": [],
                "data": {"id": "1", "name": name, "type": 1, "options": options},
            },
        )

    async def ask_slash(
        self,
        name: str,
        text: str | None = None,
        locales: tuple[str, str] = ("en-US", "en-US"),
        user_id: int = 7,
        roles: tuple[str, ...] = (),
    ) -> str:
        """Use a slash command and return the answer."""
        return await self._answer(lambda: self.slash(name, text, locales, user_id, roles))

    def gateway(self, event: str, data: dict[str, Any]) -> None:
        """Hand an event to the client as its web socket does."""
        self.client.dispatch("socket_event_type", event)
        self.client._connection.parsers[event](data)

    def guild(self, guild_id: str, members: int) -> None:
        """Let the bot see a server."""
        self.gateway("GUILD_CREATE", guild_payload(guild_id, members))

    @property
    def running(self) -> bool:
        """Whether the bot is doing something about an event."""
        return bool(doing())

    @property
    def sent(self) -> list[str]:
        return [str(message["content"]) for message in self.rest.sent]

    async def ask(self, content: str) -> str:
        """Say something and return the answer."""
        return await self._answer(lambda: self.say(content))

    async def _answer(self, use: Callable[[], None]) -> str:
        """Use a command and return the answer."""
        before = len(self.sent)
        use()
        await self.eventually(lambda: len(self.sent) > before and not self.running)
        return self.sent[-1]


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Bot]:
    client = Bot(settings)
    async with client:
        yield client


@pytest.fixture
async def chat(client: Bot, rest: RestDouble, eventually: Eventually) -> Chat:
    discord.VoiceClient.warn_nacl = False
    await client.login(TOKEN)
    chat = Chat(client, rest, eventually)
    chat.guild(GUILD_ID, members=3)
    return chat
