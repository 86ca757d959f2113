"""Staying logged in: what ends the bot, what is tried again, and at what pace."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NoReturn

import discord
import pytest
from packages.botwatch.tests.doubles import TOKEN, RestDouble, until

from botwatch import session as module
from botwatch.exits import ExitCode, FatalError
from botwatch.gateway.pacing import Backoff
from botwatch.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch import Watch


def closed(code: int) -> discord.ConnectionClosed:
    error = discord.ConnectionClosed.__new__(discord.ConnectionClosed)
    error.code = code
    return error


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backoff, "delay", lambda _: 0.001)


def script(*outcomes: Exception | None) -> tuple[Callable[[], discord.Client], list[str]]:
    """Let each client's `connect` raise the next outcome (None: return); then hang."""
    log: list[str] = []
    left = list(outcomes)

    class Client(discord.Client):
        def __init__(self) -> None:
            super().__init__(intents=discord.Intents.none())
            log.append("made")

        async def login(self, token: str) -> None:
            assert token == TOKEN
            log.append("login")

        async def connect(self, *, reconnect: bool = True) -> None:
            assert reconnect
            if not left:
                await asyncio.Event().wait()
            outcome = left.pop(0)
            if outcome is not None:
                raise outcome

        async def close(self) -> None:
            log.append("closed")

    return Client, log


def gateway_errors(watch: Watch) -> float | None:
    name, labels = "discord_bot_errors_total", {"error_type": "gateway"}
    return watch.metrics.registry.get_sample_value(name, labels)


async def ended(running: asyncio.Task[None]) -> None:
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize(
    "error",
    [discord.LoginFailure("no"), discord.PrivilegedIntentsRequired(0)]
    + [closed(code) for code in (4004, 4013, 4014)],
)
async def test_a_refusal_ends_the_bot(watch: Watch, error: Exception) -> None:
    make, log = script(error)
    with pytest.raises(type(error)):
        await Session(watch, make, TOKEN).run()
    assert log == ["made", "login", "closed"]


@pytest.mark.parametrize(
    "error",
    [
        OSError("network is unreachable"),
        TimeoutError(),
        closed(4000),
        closed(4011),
        discord.DiscordException(),
        # What discord.py raises when its very first gateway connection fails (#10520).
        AttributeError("'NoneType' object has no attribute 'sequence'"),
        None,
    ],
)
async def test_everything_else_is_tried_again_with_a_new_client(
    watch: Watch, error: Exception | None
) -> None:
    make, log = script(error, error)
    running = asyncio.create_task(Session(watch, make, TOKEN).run())
    await until(lambda: log.count("login") == 3)
    assert gateway_errors(watch) == 2
    await ended(running)
    assert log == ["made", "login", "closed"] * 3


async def test_a_session_that_does_not_come_back_is_replaced(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STALL_SECONDS", 0.05)
    make, log = script()
    running = asyncio.create_task(Session(watch, make, TOKEN).run())
    await until(lambda: log.count("made") >= 2)
    await ended(running)
    assert "no shard has come back" in watch.gateway.reasons()[0]


async def test_a_stop_ends_it_in_order(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    make, log = script()
    running = asyncio.create_task(Session(watch, make, TOKEN).run())
    await until(lambda: "login" in log)
    watch.stop_soon()
    await running
    assert log[-1] == "closed"
    assert watch.gateway.reasons() == ["the bot is stopping"]


async def test_a_bot_that_has_been_without_discord_for_too_long_ends(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botwatch.watching.TICK_SECONDS", 0.01)
    monkeypatch.setattr(watch.gateway, "disconnected_seconds", lambda: 601.0)
    make, _ = script()
    with pytest.raises(FatalError, match="BOTWATCH_GATEWAY_PATIENCE") as caught:
        await Session(watch, make, TOKEN).run()
    assert caught.value.code is ExitCode.DISCONNECTED
    assert watch.endings.code is ExitCode.DISCONNECTED


async def test_the_patience_begins_with_the_event_loop(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = watch.gateway._clock() + 3600
    monkeypatch.setattr(watch.gateway, "_clock", lambda: now)
    assert watch.gateway.disconnected_seconds() > 3000
    await watch.begin()
    assert watch.gateway.disconnected_seconds() == 0


def a_client() -> discord.Client:
    return discord.AutoShardedClient(intents=discord.Intents.none())


async def test_a_real_dead_gateway_keeps_the_bot_trying_and_stoppable(
    watch: Watch, rest: RestDouble, free_port: int
) -> None:
    rest.gateway_url = f"ws://127.0.0.1:{free_port}"
    running = asyncio.create_task(Session(watch, a_client, TOKEN).run())
    await until(lambda: "not connected to the gateway" in watch.gateway.reasons()[0])
    assert not running.done()
    started = asyncio.get_running_loop().time()
    await ended(running)
    assert asyncio.get_running_loop().time() - started < 1.5


async def test_a_login_that_fails_says_so_in_health(watch: Watch, rest: RestDouble) -> None:
    rest.login_status = 403
    running = asyncio.create_task(Session(watch, a_client, TOKEN).run())
    await until(lambda: "the last attempt failed: 403" in watch.gateway.reasons()[0])
    await ended(running)


@pytest.fixture
def _kept_process(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "handle_stop_signals", lambda *_: lambda: None)
    monkeypatch.setattr("botwatch.watching.handle_stop_signals", lambda *_: lambda: None)
    monkeypatch.setattr("botwatch.endings._end_now", lambda *_: None)


@pytest.mark.usefixtures("_kept_process")
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (discord.LoginFailure(), ExitCode.REFUSED),
        (FatalError(ExitCode.BAD_SETTINGS, "wrong"), ExitCode.BAD_SETTINGS),
        (FatalError(ExitCode.DISCONNECTED, "for too long"), ExitCode.DISCONNECTED),
    ],
)
def test_run_ends_the_process_with_the_code(error: Exception, code: ExitCode) -> None:
    make, _ = script(error)
    with pytest.raises(SystemExit) as caught:
        module.run(make, lambda: TOKEN)
    assert caught.value.code == code


@pytest.mark.usefixtures("_kept_process")
def test_what_makes_the_bot_or_reads_its_token_may_fail(watch: Watch) -> None:
    def wrong() -> NoReturn:
        raise FatalError(ExitCode.BAD_SETTINGS, "BOT_TOKEN is not set")

    for make, token in ((wrong, TOKEN), (a_client, wrong)):
        with pytest.raises(SystemExit) as caught:
            module.run(make, token)
        assert caught.value.code == 78

    def bug() -> NoReturn:
        raise ZeroDivisionError

    with pytest.raises(SystemExit) as caught:
        module.run(bug, TOKEN)
    assert caught.value.code == 70
