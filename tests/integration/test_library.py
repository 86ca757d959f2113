"""The library's examples as they are, and how programs that use it end."""

from __future__ import annotations

import asyncio
import signal
import socket
from typing import TYPE_CHECKING

import pytest

from botwatch_sandbox.testing.server import SECRETS
from integration.library_process import EXAMPLES, running

if TYPE_CHECKING:
    from pathlib import Path

QUICKSTART = EXAMPLES / "quickstart.py"
EVERYTHING = EXAMPLES / "everything.py"
STOP_SECONDS = 2.0

# A DNS look-up that hangs, in a thread that Python waits for at its end.
HANGING = """
import socket, time
look_up = socket.getaddrinfo
def hang(host, *rest, **more):
    return time.sleep(60) if host == "x.test" else look_up(host, *rest, **more)
socket.getaddrinfo = hang
"""


class TestExamples:
    async def test_quickstart(self, tmp_path: Path) -> None:
        async with running(QUICKSTART, tmp_path) as bot:
            await bot.ready()
            await bot.say("!ping")
            await bot.until_said("pong")
            await bot.say("!pong")
            await bot.until_value("unknown_commands_total", 1)
            metrics = await bot.metrics()
            assert metrics['commands_total{command="ping",status="success"}'] == 1
            assert metrics['commands_total{command="help",status="success"}'] == 0
            assert metrics["messages_sent_total"] == 1
            assert metrics['gateway_connected{shard="0"}'] == 1
            await bot.until_value("active_guilds", 1)
            status, text = await bot.get("/health")
            assert (status, '"recent_errors":[]' in text) == (200, True)
            assert (await bot.drill("/test-gateway-drop"))[0] == 200
            await bot.until_value('gateway_sessions_total{kind="resume"}', 1)
            await bot.ready()
            code, seconds = await bot.stop()
            assert (code, bot.ending) == (0, "stopped"), bot.log.read_text()
            assert seconds < STOP_SECONDS

    async def test_slash_client(self, tmp_path: Path) -> None:
        async with running(EXAMPLES / "slash_client.py", tmp_path) as bot:
            await bot.ready()
            await bot.slash("divide", by=4)
            await bot.until_said("25.0")
            await bot.slash("divide", by=0)
            await bot.until_said("That did not work.")
            metrics = await bot.metrics()
            assert metrics['commands_total{command="divide",status="success"}'] == 1
            assert metrics['commands_total{command="divide",status="error"}'] == 1
            assert metrics['errors_total{error_type="command"}'] == 1
            assert metrics["messages_sent_total"] == 2
            (error,) = [sample for sample in metrics if sample.startswith("recent_error_info")]
            assert 'error="ZeroDivisionError",where="' in error
            assert "slash_client.py:" in error
            assert (await bot.stop())[0] == 0

    async def test_jobs(self, tmp_path: Path) -> None:
        async with running(EXAMPLES / "jobs.py", tmp_path) as bot:
            await bot.ready()
            await bot.until_value('job_failures_total{job="Reminders.remind"}', 1)
            metrics = await bot.metrics()
            assert metrics['job_running{job="Reminders.remind"}'] == 1
            assert metrics['job_interval_seconds{job="Reminders.remind"}'] == 1
            assert (await bot.stop())[0] == 0

    async def test_everything(self, tmp_path: Path) -> None:
        async with running(EVERYTHING, tmp_path, BOTWATCH_LOG_FORMAT="json") as bot:
            await bot.ready()
            await bot.until_value('slash_command_syncs_total{result="updated"}', 1)
            await bot.slash("uptime")
            await bot.until_value('commands_total{command="uptime",status="success"}', 1)
            code, seconds = await bot.stop(signal.SIGINT)
            assert (code, bot.ending) == (0, "stopped"), bot.log.read_text()
            assert seconds < STOP_SECONDS
            assert SECRETS.discord_token not in bot.log.read_text()


@pytest.mark.parametrize("program", [QUICKSTART, EVERYTHING], ids=lambda path: path.stem)
class TestEndings:
    async def test_a_token_that_discord_refuses(self, tmp_path: Path, program: Path) -> None:
        async with running(program, tmp_path, token="wrong") as bot:
            assert await bot.end() == 77, bot.log.read_text()
            assert (bot.ending, "refuses the token" in bot.reason) == ("refused", True)
            assert bot.log.read_text().count("Traceback") == 0

    async def test_a_port_that_is_busy(self, tmp_path: Path, program: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            async with running(program, tmp_path, BOTWATCH_LISTEN_PORT=port) as bot:
                assert await bot.end() == 75, bot.log.read_text()
                assert (bot.ending, f"port {port}" in bot.reason) == ("port_busy", True)

    async def test_a_wrong_setting(self, tmp_path: Path, program: Path) -> None:
        async with running(program, tmp_path, BOTWATCH_LISTEN_PROT="8000") as bot:
            assert await bot.end() == 78, bot.log.read_text()
            assert bot.ending == "settings"
            assert "did you mean BOTWATCH_LISTEN_PORT?" in bot.log.read_text()

    async def test_a_hanging_look_up_at_a_stop(self, tmp_path: Path, program: Path) -> None:
        async with running(program, tmp_path, launcher=HANGING, API_URL="https://x.test") as bot:
            await asyncio.sleep(3)
            code, seconds = await bot.stop()
            assert (code, bot.ending) == (0, "stopped"), bot.log.read_text()
            assert seconds < 12

    async def test_a_hanging_look_up_when_patience_ends(
        self, tmp_path: Path, program: Path
    ) -> None:
        async with running(
            program, tmp_path, launcher=HANGING, API_URL="https://x.test",
            BOTWATCH_GATEWAY_PATIENCE="1",
        ) as bot:  # fmt: skip
            assert await bot.end(20) == 69, bot.log.read_text()
            assert (bot.ending, "BOTWATCH_GATEWAY_PATIENCE" in bot.reason) == ("disconnected", True)


async def test_a_plain_bot_that_cannot_reach_discord_says_so(tmp_path: Path) -> None:
    async with running(QUICKSTART, tmp_path, API_URL="http://127.0.0.1:9/api") as bot:
        assert await bot.end() == 69, bot.log.read_text()
        assert (bot.ending, "cannot connect to Discord" in bot.reason) == ("disconnected", True)


async def test_a_crash_of_the_bots_own_is_recorded(tmp_path: Path) -> None:
    program = tmp_path / "crashing.py"
    text = QUICKSTART.read_text().replace("    bot.run(", "    1 / 0\n    bot.run(")
    program.write_text(text)
    async with running(program, tmp_path) as bot:
        assert await bot.end() == 70
        assert bot.ending == "internal"
        assert "ZeroDivisionError" in bot.log.read_text()


async def test_a_bot_that_handles_sigterm_itself_keeps_its_handler(tmp_path: Path) -> None:
    program = tmp_path / "handling.py"
    text = QUICKSTART.read_text()
    own = "import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"
    program.write_text(text.replace("import os\n", f"import os\n{own}", 1))
    async with running(program, tmp_path) as bot:
        await bot.ready()
        assert (await bot.stop())[0] == 5, bot.log.read_text()
