"""What the library's tests share: its parts, a double of Discord, a free port."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING, Protocol

import pytest
from aiohttp import web
from discord.http import Route
from packages.botwatch.tests.doubles import GUILD_ID, TOKEN, Chat, RestDouble, guild_payload, until

import botwatch
from botwatch import current, masking
from botwatch.services import Services

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    import discord

    from botwatch import Watch


class Eventually(Protocol):
    async def __call__(self, check: Callable[[], object], seconds: float = 5) -> None: ...


class Start(Protocol):
    async def __call__(self, client: discord.Client) -> Chat: ...


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("BOTWATCH_", "NOTIFY_SOCKET", "WATCHDOG_")):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "_secrets", [])


@pytest.fixture
def services() -> Services:
    return Services.create(["ping", "add"])


@pytest.fixture
def value(services: Services) -> Callable[..., float | None]:
    """Read a sample of the metrics; None where there is no such sample."""

    def read(name: str, **labels: str) -> float | None:
        return services.metrics.registry.get_sample_value(f"discord_bot_{name}", labels)

    return read


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def eventually() -> Eventually:
    return until


@pytest.fixture
def watch(free_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """What observes this process, with nothing observed yet."""
    monkeypatch.setenv("BOTWATCH_LISTEN_PORT", str(free_port))
    yield current.current("1.2.3")
    current.forget()


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


@pytest.fixture
async def start(watch: Watch, rest: RestDouble) -> AsyncIterator[Start]:
    """Log a client in that is observed, and let it see a server."""
    clients: list[discord.Client] = []

    async def log_in(client: discord.Client) -> Chat:
        clients.append(client)
        assert botwatch.watch(client) is watch
        await client.login(TOKEN)
        chat = Chat(client, rest, watch)
        chat.gateway("GUILD_CREATE", guild_payload(GUILD_ID, members=3))
        return chat

    yield log_in
    current.forget()
    await asyncio.sleep(0)
    for client in clients:
        await client.close()
