"""One watch for the process: what `watch` returns, fallbacks, and the ends of a run."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import pytest
from discord.ext import commands, tasks
from packages.botwatch.tests.doubles import TOKEN, RestDouble, until

import botwatch
from botwatch import _discord, jobs
from botwatch.endings import Deadline, Endings, handle_stop_signals
from botwatch.exits import ExitCode, FatalError
from botwatch.judging import judge_end
from botwatch.metrics import Intervention
from botwatch.runs import Ending
from botwatch.web.server import WebServerEndedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packages.botwatch.tests.conftest import Start

    from botwatch import Watch

INTENTS = discord.Intents.all()
REPLACING = """
import os, sys
from botwatch.endings import Endings
endings = Endings(os.environ)
endings.begin()
print(endings.run.before, sum(endings.run.crashes.values()), flush=True)
if sys.argv[1:]:
    os.execv(sys.executable, [sys.executable, "-W", "ignore", "-c", os.environ["AGAIN"]])
os._exit(1)
"""
FORKING = """
import multiprocessing, pathlib, signal, sys, time
from botwatch.endings import Endings, handle_stop_signals
context = multiprocessing.get_context("fork")
endings = Endings({"BOTWATCH_STATE_DIRECTORY": sys.argv[1]})
endings.install()
endings.begin()
handle_stop_signals(endings, lambda: None, (signal.SIGTERM,))
state = lambda: pathlib.Path(sys.argv[1], "last-run").read_text().splitlines()[0]
print(state())
worker = context.Process(target=print, kwargs={"end": ""})
worker.start()
worker.join()
print(worker.exitcode, state())
started = context.Event()  # Python drops what arrives while it forks
worker = context.Process(target=lambda: (started.set(), time.sleep(60)))
worker.start()
started.wait()
worker.terminate()
worker.join()
print(worker.exitcode, state())
"""


@pytest.fixture
def endings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endings]:
    monkeypatch.setattr("botwatch.endings._end_now", lambda *_: None)
    made = Endings({"BOTWATCH_STATE_DIRECTORY": str(tmp_path)})
    yield made
    made.uninstall()
    made.deadline.disarm()


def test_a_second_call_for_the_same_bot_returns_the_same(watch: Watch) -> None:
    bot = commands.Bot("!", intents=INTENTS)
    assert botwatch.watch(bot) is watch
    dispatch = bot.dispatch
    assert botwatch.watch(bot) is watch
    assert bot.dispatch is dispatch


def test_a_bot_of_the_librarys_own_is_observed_when_it_is_made(watch: Watch) -> None:
    bot = botwatch.Bot("!", intents=INTENTS)
    assert bot.watch is watch
    assert watch.observer is not None


async def test_the_version_is_on_health_and_in_the_metrics(start: Start) -> None:
    chat = await start(discord.Client(intents=INTENTS))
    assert chat.watch.health.full_report()["version"] == "1.2.3"
    versions = {"python": sys.version.split()[0], "discord_py": discord.__version__}
    assert chat.value("build_info", version="1.2.3", **versions) == 1
    botwatch.Bot("!", intents=INTENTS, version="1.2.4")  # as in botwatch.run, which has none
    assert chat.watch.health.full_report()["version"] == "1.2.4"
    assert chat.value("build_info", version="1.2.4", **versions) == 1
    assert chat.value("build_info", version="1.2.3", **versions) is None


async def test_a_web_server_that_has_ended_is_replaced(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botwatch.watching.TICK_SECONDS", 0.01)
    chat = await start(discord.Client(intents=INTENTS))
    former = chat.watch._web
    assert former is not None

    def broken() -> None:
        raise WebServerEndedError

    monkeypatch.setattr(former, "check", broken)
    await until(lambda: chat.watch._web is not former)
    await until(lambda: chat.value("errors_total", error_type="internal"))
    port = chat.watch.settings.listen_port
    url = f"http://127.0.0.1:{port}/livez"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.status == 200


async def test_the_token_is_masked_from_the_login_on(start: Start) -> None:
    chat = await start(discord.Client(intents=INTENTS))
    logging.getLogger("cog").warning("the token is %s", TOKEN)
    assert chat.watch.logs.tail(1)[0].endswith("the token is [secret]")


async def test_another_version_of_discord_py_costs_a_warning_and_no_command(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(_discord, "is_tested", lambda: False)
    monkeypatch.setattr(_discord, "_warned", set())
    bot = commands.AutoShardedBot("!", intents=INTENTS)

    @bot.command()
    async def ping(ctx: commands.Context[Any]) -> None:
        await ctx.send("pong")

    with caplog.at_level(logging.WARNING):
        chat = await start(bot)
        chat.say("!ping")
        assert await chat.ended("ping") == {"success": 1}
    warnings = [message for message in caplog.messages if "is not a version" in message]
    assert len(warnings) == 1
    assert chat.watch.observer is not None
    chat.watch.observer.sample()
    assert chat.watch.observer.drop_connections() == 0


async def test_malformed_events_are_lost_one_by_one(start: Start) -> None:
    chat = await start(botwatch.Bot("!", intents=INTENTS))
    chat.gateway("GUILD_CREATE", {"id": "no number"})
    assert chat.errors == {"internal": 1}


class TestZombies:
    @pytest.fixture
    async def observed(self, start: Start, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
        chat = await start(botwatch.Bot("!", intents=INTENTS))
        closed: list[int] = []

        async def close(code: int) -> None:
            closed.append(code)

        socket = SimpleNamespace(latency=0.1, open=True, sequence=1, close=close)
        monkeypatch.setattr(_discord, "_numbers", lambda _: [0])
        monkeypatch.setattr(_discord, "_websocket", lambda *_: socket)
        chat.watch.gateway.shard_up(0)
        assert chat.watch.observer is not None
        chat.watch.observer.sample()
        return SimpleNamespace(chat=chat, closed=closed, observer=chat.watch.observer)

    async def test_a_healthy_connection_is_left_alone(self, observed: SimpleNamespace) -> None:
        observed.observer.resume_zombies(1800)
        await asyncio.sleep(0.01)
        assert observed.closed == []

    @pytest.mark.parametrize("why", [Intervention.UNANSWERED, Intervention.QUIET])
    async def test_one_that_is_not_answered_or_quiet_is_resumed(
        self, observed: SimpleNamespace, why: Intervention
    ) -> None:
        shard = observed.chat.watch.gateway._shards[0]
        shard.since = shard.last_event = shard.acked = -10_000.0
        if why is Intervention.QUIET:
            shard.interval = 1e9
        observed.observer.resume_zombies(1800)
        observed.observer.resume_zombies(1800)
        await until(lambda: observed.closed == [4000])
        assert observed.chat.value("gateway_interventions_total", reason=why) == 1


class TestEnds:
    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (FatalError(ExitCode.PORT_BUSY, "busy"), ExitCode.PORT_BUSY),
            (discord.LoginFailure("bad"), ExitCode.REFUSED),
            (discord.PrivilegedIntentsRequired(None), ExitCode.REFUSED),
            (ExceptionGroup("some", [ValueError(), discord.LoginFailure()]), ExitCode.REFUSED),
            (ZeroDivisionError(), ExitCode.INTERNAL),
        ],
    )
    def test_each_exception_has_its_exit_code(self, error: Exception, code: ExitCode) -> None:
        assert judge_end(error)[0] is code

    async def test_what_the_bots_own_set_up_cannot_reach_is_not_discord(
        self, watch: Watch, rest: RestDouble
    ) -> None:
        class Bot(discord.Client):
            async def setup_hook(self) -> None:
                raise ConnectionRefusedError

        bot = Bot(intents=INTENTS)
        botwatch.watch(bot)
        with pytest.raises(ConnectionRefusedError) as caught:
            await bot.login(TOKEN)
        assert judge_end(caught.value)[0] is ExitCode.INTERNAL
        await bot.close()
        bot = Bot(intents=INTENTS)
        botwatch.watch(bot)
        rest.refuse()
        with pytest.raises(OSError, match="Cannot connect") as unreachable:
            await bot.login(TOKEN)
        assert judge_end(unreachable.value)[0] is ExitCode.DISCONNECTED
        await bot.close()

    def test_the_hook_records_the_end_and_exits(
        self, endings: Endings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        endings.install()
        endings.begin()
        with pytest.raises(SystemExit) as caught:
            sys.excepthook(discord.LoginFailure, discord.LoginFailure(), None)
        assert caught.value.code == 77
        assert (tmp_path / "last-run").read_text().splitlines()[0] == Ending.REFUSED
        assert "Discord refuses the token" in capsys.readouterr().err

    def test_the_hook_masks_what_it_writes(
        self, endings: Endings, capsys: pytest.CaptureFixture[str]
    ) -> None:
        botwatch.mask(TOKEN)
        endings.install()
        for error in (ValueError(TOKEN), FatalError(ExitCode.BAD_SETTINGS, f"bad {TOKEN}")):
            with pytest.raises(SystemExit):
                sys.excepthook(type(error), error, None)
        shown = capsys.readouterr().err
        assert "ValueError: [secret]" in shown
        assert "bad [secret]" in shown
        assert TOKEN not in shown

    def test_an_exception_counts_more_than_the_end_of_the_loop_that_it_causes(
        self, endings: Endings, tmp_path: Path
    ) -> None:
        endings.begin()
        endings.loop_ended(lambda: False)
        assert (tmp_path / "last-run").read_text().splitlines()[0] == Ending.STOPPED
        assert endings.report(ValueError()) is endings.code is ExitCode.INTERNAL
        assert (tmp_path / "last-run").read_text().splitlines()[0] == Ending.INTERNAL

    def test_a_stop_counts_more_than_an_exception_that_it_causes(
        self, endings: Endings, tmp_path: Path
    ) -> None:
        endings.begin()
        endings.stop()
        endings.loop_ended(lambda: False)
        endings.report(ValueError())
        assert endings.code is ExitCode.OK
        assert (tmp_path / "last-run").read_text().splitlines()[0] == Ending.STOPPED

    def test_an_end_that_was_survived_is_none(self, endings: Endings, tmp_path: Path) -> None:
        endings.begin()
        endings.leave(ExitCode.INTERNAL, "why")
        endings.begin()
        assert endings.code is None
        assert (tmp_path / "last-run").read_text().splitlines()[0] == "running"

    def test_a_signal_that_comes_while_a_deadline_is_armed_arms_it_as_well(
        self, endings: Endings
    ) -> None:
        def interrupted() -> None:
            with endings.deadline._lock:
                endings.stop()

        thread = threading.Thread(target=interrupted, daemon=True)
        thread.start()
        thread.join(2)
        assert not thread.is_alive()

    async def test_a_deadline_ends_the_process_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ended: list[tuple[float, int]] = []
        monkeypatch.setattr("botwatch.endings._end_now", lambda *given: ended.append(given))
        deadline = Deadline()
        deadline.arm(0.01, 69)
        deadline.arm(0.02, 70)
        await until(lambda: ended)
        deadline.disarm()
        deadline.arm(0.01, 70)
        deadline.disarm()
        await asyncio.sleep(0.05)
        assert ended == [(0.01, 69)]

    def test_a_stop_takes_less_than_docker_and_our_own_unit_wait(self, endings: Endings) -> None:
        assert endings.seconds < 10

    def test_a_signal_that_is_handled_already_is_left_alone(self, endings: Endings) -> None:
        before = signal.getsignal(signal.SIGTERM)
        try:
            own = signal.signal(signal.SIGTERM, signal.SIG_IGN)
            handle_stop_signals(endings, lambda: None, (signal.SIGTERM,))()
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            release = handle_stop_signals(endings, lambda: None, (signal.SIGTERM,))
            assert callable(signal.getsignal(signal.SIGTERM))
            release()
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
            del own
        finally:
            signal.signal(signal.SIGTERM, before)

    def test_a_signal_records_the_stop_and_tells(self, endings: Endings, tmp_path: Path) -> None:
        before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
        told: list[str] = []
        endings.begin()
        release = handle_stop_signals(endings, lambda: told.append("stop"), (signal.SIGTERM,))
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            release()
            signal.signal(signal.SIGTERM, before)
        assert told == ["stop"]
        assert (tmp_path / "last-run").read_text().splitlines()[0] == Ending.STOPPED


def test_a_bot_that_replaces_its_process_has_not_crashed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", REPLACING, "1"],
        env={
            "PYTHONPATH": str(Path(botwatch.__file__).parents[1]),
            "BOTWATCH_STATE_DIRECTORY": str(tmp_path),
            "AGAIN": REPLACING,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.split() == ["None", "0", Ending.STOPPED, "0"], done.stderr
    again = Endings({"BOTWATCH_STATE_DIRECTORY": str(tmp_path)})
    assert again.run.before is Ending.KILLED


def test_what_the_bot_forks_ends_without_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKING, tmp_path],
        env={"PYTHONPATH": str(Path(botwatch.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.split() == ["running", "0", "running", f"-{signal.SIGTERM:d}", "running"]
    assert (tmp_path / "last-run").read_text().splitlines()[0] == Ending.STOPPED


def test_the_names_and_intervals_of_jobs() -> None:
    async def job() -> None: ...

    assert jobs.interval_of(tasks.loop(hours=1, minutes=1, seconds=1)(job)) == 3661
    assert jobs.name_of(tasks.loop(seconds=1)(job)) == "job"
    times = [dt.time(0), dt.time(6), dt.time(8)]
    assert jobs.interval_of(tasks.loop(time=times)(job)) == 16 * 3600
    assert jobs.interval_of(tasks.loop(time=dt.time(5))(job)) == 24 * 3600


def test_jobs_are_bounded() -> None:
    found = jobs.Jobs(lambda _: None)
    for number in range(2 * jobs.MOST):

        async def job() -> None: ...

        job.__qualname__ = f"job{number}"
        found.add(tasks.loop(seconds=1)(job))
    assert len(found._jobs) == jobs.MOST + 1
    assert len(found._jobs[jobs.OTHER].loops) == 1  # none of them has run
