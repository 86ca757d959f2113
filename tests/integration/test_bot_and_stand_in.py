"""The real bot process against the Discord stand-in: commands, lost connections, faults."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botwatch_sandbox.observer import Addresses
from botwatch_sandbox.testing.server import NOWHERE, SECRETS, RunningSandbox, running_sandbox
from botwatch_sandbox.testing.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BOT_SOURCE = Path(__file__).parents[2] / "bot" / "src"
START_SECONDS = 15.0


@dataclass
class Bot:
    """A bot process, the stand-in it is connected to, and its HTTP side."""

    process: asyncio.subprocess.Process
    url: str
    box: RunningSandbox

    async def say(self, content: str) -> None:
        status, answer = await self.box.post(
            "/control/discord/messages", {"content": content, "author": "you"}
        )
        assert status == 201, answer

    async def ask(self, content: str) -> str:
        """Say something and return the bot's answer to it."""
        before = len(await self.answers())
        await self.say(content)
        state = await self.box.until(lambda s: len(_answers(s)) > before, f"an answer to {content}")
        return _answers(state)[-1]

    async def answers(self) -> list[str]:
        return _answers(await self.box.state())

    async def fault(self, **fault: object) -> None:
        status, answer = await self.box.post("/control/discord/faults", fault)
        assert status == 200, answer

    async def health(self) -> tuple[int, dict[str, Any]]:
        async with self.box.session.get(f"{self.url}/health") as response:
            report: dict[str, Any] = await response.json()
            return response.status, report

    async def wait_for_health(self, status: int) -> dict[str, Any]:
        async def look() -> dict[str, Any] | None:
            found, report = await self.health()
            return report if found == status else None

        return await eventually(look, f"/health {status}", START_SECONDS)

    async def value(self, sample: str) -> float:
        """Return a sample of the metrics, named with its labels."""
        async with self.box.session.get(f"{self.url}/metrics") as response:
            text = await response.text()
        found = re.search(rf"^discord_bot_{re.escape(sample)} (\S+)$", text, re.MULTILINE)
        assert found, sample
        return float(found[1])

    async def wait_for_value(self, sample: str, value: float) -> None:
        async def look() -> bool:
            return await self.value(sample) == value

        await eventually(look, f"{sample} {value}")


def _answers(state: dict[str, Any]) -> list[str]:
    return [m["content"] for m in state["discord"]["messages"] if m["author"]["bot"]]


@asynccontextmanager
async def started(folder: Path, token: str = SECRETS.discord_token) -> AsyncIterator[Bot]:
    """Run a bot against the stand-in; both end with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    addresses = Addresses(bot=url, prometheus=NOWHERE.prometheus, alertmanager=NOWHERE.alertmanager)
    (folder / "token").write_text(token)
    async with running_sandbox(addresses=addresses) as box:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "botwatch_bot"),
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(BOT_SOURCE),
                "BOT_DISCORD_TOKEN_FILE": str(folder / "token"),
                "BOT_LISTEN_PORT": str(port),
                "BOT_DISCORD_API_URL": box.api_url,
                "BOT_DISCORD_GATEWAY_URL": box.gateway_url,
            },
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield Bot(process, url, box)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


@asynccontextmanager
async def connected(folder: Path) -> AsyncIterator[Bot]:
    """Run a bot and wait until the control room shows it connected and ready."""
    async with started(folder) as bot:

        async def look() -> bool:
            status = (await bot.box.state())["status"]["bot"]
            return bool(status["connected"] and status["ready"])

        await eventually(look, "a bot that is ready", START_SECONDS)
        yield bot


async def test_commands_are_answered_and_counted_once_and_the_bot_leaves_politely(
    tmp_path: Path,
) -> None:
    async with connected(tmp_path) as bot:
        assert "Pong!" in await bot.ask("?ping")
        assert await bot.ask("?add 1 2") == "1 + 2 = **3**"
        assert "For example: `?roll 2d6`" in await bot.ask("?roll banana")
        assert "no command `nope`" in await bot.ask("?nope")
        assert len(await bot.answers()) == 4
        assert await bot.value('commands_total{command="ping",status="success"}') == 1
        assert await bot.value('commands_total{command="add",status="success"}') == 1
        assert await bot.value('commands_total{command="roll",status="user_error"}') == 1
        assert await bot.value("unknown_commands_total") == 1
        assert await bot.value("messages_sent_total") == 4
        assert await bot.value("message_latency_seconds_count") == 3
        await bot.wait_for_value("active_guilds", 1)
        await bot.wait_for_value("active_users", 1)

        bot.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(2):
            assert await bot.process.wait() == 0
        await bot.box.until(lambda s: s["status"]["bot"]["sessions"] == 0, "the end of the session")


async def test_a_dropped_connection_is_resumed_and_nothing_is_lost(tmp_path: Path) -> None:
    async with connected(tmp_path) as bot:
        await bot.fault(drop=True)
        assert await bot.ask("?add 2 3") == "2 + 3 = **5**"
        await bot.wait_for_value('gateway_sessions_total{kind="resume"}', 1)
        await bot.fault(reconnect=True)
        assert await bot.ask("?add 3 4") == "3 + 4 = **7**"
        await bot.wait_for_value('gateway_sessions_total{kind="resume"}', 2)
        await bot.wait_for_health(200)
        assert await bot.value('gateway_sessions_total{kind="identify"}') == 1
        assert await bot.value('errors_total{error_type="gateway"}') == 0
        assert len(await bot.answers()) == 2


async def test_health_follows_the_gateway_while_the_process_stays_alive(tmp_path: Path) -> None:
    async with connected(tmp_path) as bot:
        await bot.fault(hold_gateway=True)
        await bot.fault(drop=True)
        report = await bot.wait_for_health(503)
        assert report["status"] == "degraded"
        assert "shard 0 has been disconnected" in report["reasons"][0]
        await bot.wait_for_value("ready", 0)
        async with bot.box.session.get(f"{bot.url}/livez") as response:
            assert response.status == 200
        await bot.box.until(lambda s: not s["status"]["bot"]["ready"], "the control room to see it")

        await bot.fault(hold_gateway=False)
        assert (await bot.wait_for_health(200))["reasons"] == []
        assert "Pong!" in await bot.ask("?ping")


async def test_faults_of_discord_are_told_apart(tmp_path: Path) -> None:
    async with connected(tmp_path) as bot:
        await bot.fault(rate_limit=1, via=False)
        await bot.say("?ping")
        await bot.wait_for_value('commands_total{command="ping",status="error"}', 1)
        assert await bot.value('errors_total{error_type="send"}') == 1
        assert await bot.value('api_responses_total{result="rate_limited"}') == 1
        await bot.fault(rate_limit=1, via=True)
        assert "Pong!" in await bot.ask("?ping")
        await bot.fault(server_error=1)
        assert "Pong!" in await bot.ask("?ping")
        assert await bot.value('api_responses_total{result="server_error"}') == 1
        assert await bot.value('errors_total{error_type="send"}') == 1
        assert await bot.value("messages_sent_total") == 2


async def test_a_wrong_token_ends_the_bot_with_77(tmp_path: Path) -> None:
    async with started(tmp_path, token="not-the-token") as bot, asyncio.timeout(START_SECONDS):
        assert await bot.process.wait() == 77
