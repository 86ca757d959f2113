"""Staying logged in: what ends the bot, what is tried again, and at what pace."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import discord
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from botwatch.exits import ExitCode, FatalError
from botwatch.gateway.pacing import Backoff
from botwatch_bot.gateway import session as module
from botwatch_bot.gateway.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.tests.conftest import Eventually, RestDouble

    from botwatch_bot.services import Services


def closed(code: int) -> discord.ConnectionClosed:
    error = discord.ConnectionClosed.__new__(discord.ConnectionClosed)
    error.code = code
    return error


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backoff, "delay", lambda _: 0.001)


def script(monkeypatch: pytest.MonkeyPatch, *outcomes: Exception | None) -> list[str]:
    """Let each client's `connect` raise the next outcome (None: return); then hang."""
    log: list[str] = []
    left = list(outcomes)

    class Client:
        def __init__(self, *_: object) -> None:
            log.append("made")

        def sample(self) -> None: ...

        async def login(self, _: str) -> None:
            log.append("login")

        async def connect(self, *, reconnect: bool) -> None:
            assert reconnect
            if not left:
                await asyncio.Event().wait()
            outcome = left.pop(0)
            if outcome is not None:
                raise outcome

        async def sync_slash_commands(self) -> None: ...

        async def shut_down(self) -> None:
            log.append("closed")

    monkeypatch.setattr(module, "BotClient", Client)
    return log


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (discord.LoginFailure("Improper token has been passed."), "Discord refuses the token"),
        (closed(4004), "Discord has revoked the token"),
        (discord.PrivilegedIntentsRequired(0), "message content intent"),
        (closed(4014), "message content intent"),
        (closed(4013), "message content intent"),
    ],
)
async def test_a_refusal_ends_the_bot(
    services: Services, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    log = script(monkeypatch, error)
    with pytest.raises(FatalError, match=told) as refused:
        await Session(services, "token").run()
    assert refused.value.code is ExitCode.REFUSED
    assert log == ["made", "login", "closed"]


@pytest.mark.parametrize(
    "error",
    [
        OSError("network is unreachable"),
        TimeoutError(),
        closed(4000),
        closed(4011),
        discord.DiscordException(),
        # What the library raises when its very first gateway connection fails (#10520).
        AttributeError("'NoneType' object has no attribute 'sequence'"),
        None,
    ],
)
async def test_everything_else_is_tried_again_with_a_new_client(
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    eventually: Eventually,
    value: Callable[..., float | None],
    error: Exception | None,
) -> None:
    log = script(monkeypatch, error, error)
    running = asyncio.create_task(Session(services, "token").run())
    await eventually(lambda: log.count("login") == 3)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert log == ["made", "login", "closed"] * 3
    assert value("errors_total", error_type="gateway") == 2


async def test_a_session_that_does_not_come_back_is_replaced(
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    eventually: Eventually,
    value: Callable[..., float | None],
) -> None:
    monkeypatch.setattr(module, "STALL_SECONDS", 0.05)
    log = script(monkeypatch)
    running = asyncio.create_task(Session(services, "token").run())
    await eventually(lambda: log.count("made") >= 2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (value("errors_total", error_type="gateway") or 0) >= 1
    assert "no shard has come back" in services.gateway.reasons()[0]


async def test_a_real_login_that_is_refused_ends_the_bot(
    services: Services, rest: RestDouble
) -> None:
    rest.login_status = 401
    with pytest.raises(FatalError, match="refuses the token"):
        await Session(services, "token").run()


async def test_a_real_dead_gateway_keeps_the_bot_trying_and_stoppable(
    services: Services, rest: RestDouble, eventually: Eventually, free_port: int
) -> None:
    rest.gateway_url = f"ws://127.0.0.1:{free_port}"
    running = asyncio.create_task(Session(services, "token").run())
    await eventually(lambda: "not connected to the gateway" in services.gateway.reasons()[0])
    assert not running.done()
    running.cancel()
    started = asyncio.get_running_loop().time()
    await asyncio.gather(running, return_exceptions=True)
    assert asyncio.get_running_loop().time() - started < 1.5


async def test_a_login_that_fails_says_so_in_health(
    services: Services, rest: RestDouble, eventually: Eventually
) -> None:
    rest.login_status = 403
    running = asyncio.create_task(Session(services, "token").run())
    await eventually(lambda: "the last attempt failed: 403" in services.gateway.reasons()[0])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_the_stand_in_is_used_where_it_is_named(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Route, "BASE", "unset")
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", "unset")
    module.prepare_library(services)
    assert Route.BASE == "unset"
    stand_in = {
        "discord_api_url": "http://127.0.0.1:1/api/v10",
        "discord_gateway_url": "ws://127.0.0.1:1/gateway",
    }
    settings = replace(
        services.settings,
        discord_api_url=stand_in["discord_api_url"],
        discord_gateway_url=stand_in["discord_gateway_url"],
    )
    module.prepare_library(replace(services, settings=settings))
    assert stand_in["discord_api_url"] == Route.BASE
    assert str(DiscordWebSocket.DEFAULT_GATEWAY) == "ws://127.0.0.1:1/gateway"
