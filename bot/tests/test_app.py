"""The life of the bot around Discord: the tick, stray failures, the command's exit codes."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from botwatch.exits import ExitCode, FatalError
from botwatch.faults import Faults
from botwatch.runs import Run
from botwatch.stopping import StopRequest
from botwatch.systemd import Notifier
from botwatch.web.server import WebServerEndedError
from botwatch_bot import __main__ as command
from botwatch_bot import app
from botwatch_bot.secret_files import Secrets

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


SECRETS = Secrets(discord_token="token", drill_token=None)


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

    def drop_connections(self) -> int:
        return 0

    def sample(self) -> None:
        if self.failure is not None:
            raise self.failure


def process(web: FakeWeb) -> app.Process:
    server: Any = web
    return app.Process(Notifier({}), StopRequest(), server, Faults(Run()))


async def test_the_tick_beats_from_the_event_loop(
    services: Services,
    eventually: Eventually,
    value: Callable[..., float | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app, "TICK_SECONDS", 0.01)
    services.metrics.heartbeat.set(0)
    session: Any = FakeSession()
    web = FakeWeb()
    ticking = asyncio.create_task(app._tick(services, session, process(web)))
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
    web = FakeWeb()
    with pytest.raises(ZeroDivisionError):
        await app._live(services, SECRETS, process(web))
    assert services.gateway.reasons() == ["the bot is stopping"]


async def test_a_bot_that_nobody_can_observe_ends(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "_make_session", FakeSession)
    web = FakeWeb()
    web.broken = True
    with pytest.raises(WebServerEndedError):
        await app._live(services, SECRETS, process(web))


async def test_being_without_discord_for_too_long_ends_the_bot_with_a_code_of_its_own(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "_make_session", FakeSession)
    monkeypatch.setattr(app, "TICK_SECONDS", 0.01)
    services.gateway.fail("nobody listens")
    impatient = replace(services, settings=replace(services.settings, gateway_patience=1))
    monkeypatch.setattr(services.gateway, "disconnected_seconds", lambda: 1.5)
    with pytest.raises(FatalError, match=r"BOT_GATEWAY_PATIENCE.*nobody listens") as ended:
        await app._live(impatient, SECRETS, process(FakeWeb()))
    assert ended.value.code is ExitCode.DISCONNECTED


async def test_without_a_limit_the_bot_waits_for_discord_for_ever(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = replace(services, settings=replace(services.settings, gateway_patience=0))
    monkeypatch.setattr(services.gateway, "disconnected_seconds", lambda: 1e9)
    app._end_if_disconnected(patient)


async def test_a_late_event_loop_is_measured(
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    eventually: Eventually,
    value: Callable[..., float | None],
) -> None:
    monkeypatch.setattr(app, "TICK_SECONDS", 0.01)
    session: Any = FakeSession()
    ticking = asyncio.create_task(app._tick(services, session, process(FakeWeb())))
    await asyncio.sleep(0)
    time.sleep(0.2)  # noqa: ASYNC251 - the event loop has to stand still
    await eventually(lambda: value("event_loop_lag_seconds_count"))
    assert (value("event_loop_lag_seconds_sum") or 0) >= 0.15
    ticking.cancel()


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
