"""The life of the bot around Discord: the tick, stray failures, the command's exit codes."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from botwatch_bot import __main__ as command
from botwatch_bot import app
from botwatch_bot.stopping import StopRequest
from botwatch_bot.systemd import Notifier
from botwatch_bot.web.server import WebServerEndedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.tests.conftest import Eventually

    from botwatch_bot.services import Services


@pytest.fixture
def _restored_process() -> Iterator[None]:
    numbers = (signal.SIGTERM, signal.SIGINT)
    handlers = [signal.getsignal(number) for number in numbers]
    logged = logging.root.handlers[:]
    yield
    logging.root.handlers[:] = logged
    for number, handler in zip(numbers, handlers, strict=True):
        signal.signal(number, handler)


class FakeWeb:
    """A web server that ends by itself when it is `broken`."""

    broken = False

    def check(self) -> None:
        if self.broken:
            raise WebServerEndedError


class FakeSession:
    """A session that never connects; `failure` is what its next sample raises."""

    def __init__(self, *_: object) -> None:
        self.failure: Exception | None = None

    async def run(self) -> None:
        await asyncio.Event().wait()

    def sample(self) -> None:
        if self.failure is not None:
            raise self.failure


async def test_the_tick_beats_from_the_event_loop(
    services: Services,
    eventually: Eventually,
    value: Callable[..., float | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app, "TICK_SECONDS", 0.01)
    services.metrics.heartbeat.set(0)
    session: Any = FakeSession()
    web: Any = FakeWeb()
    ticking = asyncio.create_task(app._tick(services, session, Notifier({}), web))
    await eventually(lambda: value("heartbeat_timestamp_seconds"))
    assert value("ready") == 0
    services.gateway.shard_up(0)
    services.gateway.sample(0, 0.5, socket_open=True)
    services.gateway.event()
    await eventually(lambda: value("ready") == 1)
    assert value("gateway_latency_seconds") == 0.5
    assert abs(time.time() - (value("gateway_last_event_timestamp_seconds") or 0)) < 5
    ticking.cancel()


async def test_a_tick_that_fails_ends_the_bot_instead_of_leaving_half_of_it(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = FakeSession()
    session.failure = ZeroDivisionError()
    monkeypatch.setattr(app, "_make_session", lambda *_: session)
    web: Any = FakeWeb()
    with pytest.raises(ZeroDivisionError):
        await app._live(services, "token", Notifier({}), StopRequest(), web)
    assert services.gateway.reasons() == ["the bot is stopping"]


async def test_a_bot_that_nobody_can_observe_ends(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "_make_session", FakeSession)
    web: Any = FakeWeb()
    web.broken = True
    with pytest.raises(WebServerEndedError):
        await app._live(services, "token", Notifier({}), StopRequest(), web)


async def test_a_failure_that_nobody_awaits_is_counted(
    services: Services, value: Callable[..., float | None]
) -> None:
    handle = app._count_and_log(services)
    handle(asyncio.get_running_loop(), {"message": "stray", "exception": ZeroDivisionError()})
    assert value("errors_total", error_type="internal") == 1


@pytest.mark.usefixtures("_restored_process", "settings")
def test_an_internal_error_ends_with_70_and_what_it_says_stays_in_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def broken(*_: object) -> None:
        message = "inner detail"
        raise ZeroDivisionError(message)

    last_words = tmp_path / "termination-log"
    monkeypatch.setattr(app, "run", broken)
    monkeypatch.setenv("BOT_TERMINATION_LOG", str(last_words))
    assert command.main([]) == 70
    assert "ZeroDivisionError: inner detail" in capsys.readouterr().err
    assert last_words.read_text() == "internal error ZeroDivisionError: its log says where\n"


@pytest.mark.usefixtures("_restored_process", "settings")
def test_an_end_without_failure_is_0(monkeypatch: pytest.MonkeyPatch, token_file: Path) -> None:
    given: list[str] = []
    monkeypatch.setattr(app, "run", lambda _, secrets, *__: given.append(secrets.discord_token))
    assert command.main([]) == 0
    assert given == [token_file.read_text().strip()]
