"""Several bots, logins and event loops in one process, and how such a process ends."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import discord
import pytest
from discord.ext import commands
from packages.botwatch.tests.doubles import GUILD_ID, TOKEN, Chat, RestDouble, guild_payload, until

import botwatch
from botwatch import current
from botwatch.endings import Deadline, Endings
from botwatch.exits import ExitCode
from botwatch.judging import judge_end
from botwatch.runs import Ending

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packages.botwatch.tests.conftest import Start

    from botwatch import Watch

INTENTS = discord.Intents.all()
# Two event loops, one after the other; each line that it prints is one step.
LOOPS = """
import asyncio, os, pathlib, threading, time
import discord
import botwatch.endings

class Timer(threading.Timer):
    # Its time is over when the script says so.
    over = threading.Event()

    def run(self):
        self.over.wait()
        super().run()

threading.Timer = Timer
botwatch.endings.STOP_SECONDS = 0
import botwatch
client = discord.Client(intents=discord.Intents.none())
watching = botwatch.watch(client)
state = pathlib.Path(os.environ["BOTWATCH_STATE_DIRECTORY"], "last-run")
def told():
    return state.read_text().split()[0]
for _ in range(2):
    asyncio.run(watching.begin())
    print(told())
    Timer.over.set()
    while told() != "running":
        time.sleep(0.01)
    print(told(), flush=True)
    Timer.over.clear()
"""
# A bot that is watched after its login, when its `start` runs already.
LATE = """
import asyncio, sys
import discord
from discord.http import Route
import botwatch
Route.BASE, token = sys.argv[1:]
async def main():
    async with discord.Client(intents=discord.Intents.none()) as client:
        await client.login(token)
        botwatch.watch(client)
        while not client.is_closed():
            await asyncio.sleep(0.01)
asyncio.run(main())
"""
# A clean end, but for a thread of a pool that was first used once the bot was watched.
STUCK_POOL = """
import os, threading
from botwatch.endings import Endings
endings = Endings(os.environ)
endings.seconds = 0.1
endings.install()
endings.begin()
import concurrent.futures
concurrent.futures.ThreadPoolExecutor().submit(threading.Event().wait)
endings.loop_ended(lambda: True)
"""


def environment_of(directory: Path, port: int) -> dict[str, str]:
    """Return the variables of a bot in a process of its own."""
    return {
        "PYTHONPATH": str(Path(botwatch.__file__).parents[1]),
        "PATH": os.environ["PATH"],
        "BOTWATCH_STATE_DIRECTORY": str(directory),
        "BOTWATCH_LISTEN_PORT": str(port),
    }


def a_bot() -> commands.Bot:
    bot = commands.Bot("!", intents=INTENTS)

    @bot.command()
    async def ping(ctx: commands.Context[Any]) -> None:
        await ctx.send("pong")

    return bot


async def test_a_bot_is_wrapped_once_whatever_is_watched_in_between(start: Start) -> None:
    first, second = a_bot(), a_bot()
    botwatch.watch(first)
    botwatch.watch(second)
    hooked = (first.dispatch, first.login, first.start)
    chat = await start(first)
    assert (first.dispatch, first.login, first.start) == hooked
    chat.say("!ping")
    assert await chat.ended("ping") == {"success": 1}
    assert chat.value("gateway_events_total", type="MESSAGE_CREATE") == 1
    assert chat.value("api_responses_total", result="ok") == 3  # two to log in, and the reply


async def test_the_bot_that_logs_in_is_the_one_of_now(watch: Watch, rest: RestDouble) -> None:
    first, second = a_bot(), a_bot()
    botwatch.watch(first)
    botwatch.watch(second)
    await first.login(TOKEN)
    assert watch.observes(first)
    Chat(first, rest, watch).gateway("GUILD_CREATE", guild_payload(GUILD_ID, members=3))
    current.forget()
    await first.close()


async def test_commands_are_exported_before_the_login(watch: Watch) -> None:
    bot = commands.Bot("!", intents=INTENTS)
    botwatch.watch(bot)

    @bot.command()
    async def late(ctx: commands.Context[Any]) -> None: ...

    await watch.begin()
    samples = watch.metrics.registry.get_sample_value
    labels = {"command": "late", "status": "success"}
    assert samples("discord_bot_commands_total", labels) == 0


@pytest.mark.parametrize("where", ["setup_hook", "login", "thread"])
async def test_a_bot_that_is_watched_after_its_login_is_watched_from_then_on(
    watch: Watch, rest: RestDouble, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    class Late(commands.Bot):
        async def setup_hook(self) -> None:
            if where == "setup_hook":
                botwatch.watch(self)

    bot = Late("!", intents=INTENTS)
    await bot.login(TOKEN)
    if where == "thread":
        await asyncio.to_thread(botwatch.watch, bot)
    botwatch.watch(bot)
    await until(lambda: watch._ticking is not None)
    assert "botwatch.watch was called after the login" in caplog.text
    assert "not connected to the gateway" in watch.gateway.reasons()[0]
    chat = Chat(bot, rest, watch)
    chat.gateway("GUILD_CREATE", guild_payload(GUILD_ID, members=3))
    chat.client.dispatch("connect")
    assert watch.gateway.shards()[0].up
    current.forget()
    await bot.close()


async def test_a_busy_port_ends_a_bot_that_is_watched_late(
    rest: RestDouble, free_port: int, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", free_port)):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "ignore", "-c", LATE, rest.url, TOKEN),
            env=environment_of(tmp_path, free_port),
            stderr=subprocess.PIPE,
        )
        _, shown = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == ExitCode.PORT_BUSY, shown.decode()
    assert (tmp_path / "last-run").read_text().startswith(Ending.PORT_BUSY)


async def test_a_client_of_one_shard_counts_by_its_number(start: Start) -> None:
    chat = await start(discord.Client(intents=INTENTS, shard_id=3, shard_count=5))
    chat.client.dispatch("connect")
    assert chat.watch.observer is not None
    chat.watch.observer.sample()
    chat.watch.gateway.acknowledged(3, 41.25)  # discord.py's heartbeats name the shard
    assert list(chat.watch.gateway.shards()) == [3]
    assert chat.watch.gateway.stalled_seconds() == 0


async def test_a_process_of_several_that_runs_some_shards_does_not_stall(start: Start) -> None:
    client = discord.AutoShardedClient(intents=INTENTS, shard_ids=[4, 5], shard_count=8)
    chat = await start(client)
    client.dispatch("shard_connect", 4)
    assert chat.watch.gateway.reasons()[-1] == "1 of 2 shards not connected yet"
    client.dispatch("shard_connect", 5)
    assert chat.watch.gateway.stalled_seconds() == 0


class TestEnds:
    @pytest.fixture
    def ended(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        codes: list[int] = []
        monkeypatch.setattr("botwatch.endings._end_now", lambda _, code: codes.append(code))
        return codes

    @pytest.fixture
    def endings(self, tmp_path: Path, ended: list[int]) -> Iterator[Endings]:
        del ended  # the tests' process lives on
        made = Endings({"BOTWATCH_STATE_DIRECTORY": str(tmp_path)})
        made.seconds = 0.02
        made.begin()
        yield made
        made.uninstall()
        made.deadline.disarm()

    async def test_a_process_that_goes_on_after_its_event_loop_lives(
        self, endings: Endings, ended: list[int], tmp_path: Path
    ) -> None:
        endings.loop_ended(lambda: True)
        await until(lambda: (tmp_path / "last-run").read_text().startswith("running"))
        assert (ended, endings.code) == ([], None)

    async def test_a_process_that_waits_for_its_threads_does_not_go_on(
        self, endings: Endings, ended: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("threading._SHUTTING_DOWN", True)
        endings.loop_ended(lambda: True)
        await until(lambda: ended)
        assert ended == [ExitCode.OK]

    async def test_a_bot_that_logs_in_again_after_a_signal_is_ended(self, watch: Watch) -> None:
        watch.endings.stop()
        watch.stop_soon()
        await watch.begin()
        assert watch.endings.deadline._timer is not None
        assert watch.endings.code is ExitCode.OK

    async def test_an_event_loop_that_does_not_end_is_ended(
        self, endings: Endings, ended: list[int], tmp_path: Path
    ) -> None:
        endings.loop_ended(lambda: False, ExitCode.REFUSED, "why")
        await until(lambda: ended)
        assert ended == [ExitCode.REFUSED]
        assert (tmp_path / "last-run").read_text().startswith(Ending.REFUSED)

    async def test_the_end_of_the_process_is_certain_also_after_that_of_the_loop(
        self, ended: list[int]
    ) -> None:
        deadline = Deadline()
        deadline.arm(0.01, 0, unless=lambda: True)
        deadline.arm(0.02, 70)
        deadline.arm(9, 0, unless=lambda: True)
        await until(lambda: ended)
        assert ended == [70]

    @pytest.mark.parametrize("calls_ours", [False, True])
    def test_a_hook_that_replaces_ours_is_called_by_ours(
        self, endings: Endings, tmp_path: Path, *, calls_ours: bool
    ) -> None:
        before, seen = sys.excepthook, list[str]()
        endings.install()
        ours = sys.excepthook

        def own(*given: Any) -> None:  # noqa: ANN401 - as the hook has it
            seen.append("own")
            if calls_ours:
                ours(*given)

        sys.excepthook = own
        endings.install()
        endings.install()
        with pytest.raises(SystemExit) as caught:
            sys.excepthook(ValueError, ValueError(), None)
        assert caught.value.code == 70
        assert seen == ["own"]
        assert (tmp_path / "last-run").read_text().startswith(Ending.INTERNAL)
        endings.uninstall()
        sys.excepthook = before

    def test_a_hook_that_fails_does_not_change_the_exit_code(
        self, endings: Endings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def own(*_: object) -> None:
            message = f"no address to mail to, {TOKEN}"
            raise LookupError(message)

        botwatch.mask(TOKEN)
        monkeypatch.setattr(sys, "excepthook", own)
        endings.install()
        with pytest.raises(SystemExit) as caught:
            sys.excepthook(ValueError, ValueError("what ended it"), None)
        assert caught.value.code == ExitCode.INTERNAL
        shown = capsys.readouterr().err
        assert "LookupError: no address to mail to, [secret]" in shown
        assert "ValueError: what ended it" in shown
        endings.uninstall()


def test_a_stuck_thread_of_a_pool_does_not_keep_a_process_alive(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", STUCK_POOL],
        env=environment_of(tmp_path, 0),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "ending anyway" in done.stderr
    assert (tmp_path / "last-run").read_text().startswith(Ending.STOPPED)


@pytest.mark.parametrize("is_variable", [True, False])
def test_a_variable_that_is_not_set_is_named(*, is_variable: bool) -> None:
    with pytest.raises(KeyError) as missing:
        (os.environ if is_variable else dict[str, str]())["BOTS_OWN_TOKEN"]
    code, reasons = judge_end(missing.value)
    if is_variable:
        assert code is ExitCode.BAD_SETTINGS
        assert reasons == ("BOTS_OWN_TOKEN is not set; set this variable",)
    else:
        assert code is ExitCode.INTERNAL


def test_systemd_is_told_of_the_end_of_the_process_only(tmp_path: Path, free_port: int) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(0)
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", LOOPS],
            env=environment_of(tmp_path, free_port) | {"NOTIFY_SOCKET": str(tmp_path / "notify")},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.split() == ["stopped", "running"] * 2
        told: list[bytes] = []
        while len(told) < 50 and told[-1:] != [b"STOPPING=1"]:
            told.append(manager.recv(4096))
        assert told.count(b"READY=1") == 2
        assert (tmp_path / "last-run").read_text().startswith(Ending.STOPPED)
