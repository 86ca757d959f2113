"""The real bot process in front of the stand-in of Discord."""

from __future__ import annotations

import asyncio
import os
import re
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

    from botwatch_sandbox.app import Tuning

ROOT = Path(__file__).parents[2]
SOURCES = (ROOT / "bot" / "src", ROOT / "packages" / "botwatch" / "src")
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

    async def metrics(self) -> dict[str, float]:
        """Return every sample, named with its labels and without the prefix `discord_bot_`."""
        async with self.box.session.get(f"{self.url}/metrics") as response:
            text = await response.text()
        found = re.findall(r"^discord_bot_(\S+) (\S+)$", text, re.MULTILINE)
        return {sample: float(value) for sample, value in found}

    async def value(self, sample: str) -> float:
        return (await self.metrics())[sample]

    async def wait_for_value(self, sample: str, value: float) -> None:
        async def look() -> bool:
            return await self.value(sample) == value

        await eventually(look, f"{sample} {value}", START_SECONDS)


def _answers(state: dict[str, Any]) -> list[str]:
    return [m["content"] for m in state["discord"]["messages"] if m["author"]["bot"]]


@asynccontextmanager
async def started(
    folder: Path,
    token: str = SECRETS.discord_token,
    tuning: Tuning | None = None,
    settings: dict[str, str] | None = None,
) -> AsyncIterator[Bot]:
    """Run a bot against the stand-in; both end with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    addresses = Addresses(bot=url, prometheus=NOWHERE.prometheus, alertmanager=NOWHERE.alertmanager)
    (folder / "token").write_text(token)
    log_file = folder / "bot.log"  # pytest keeps it, for whoever looks into a failure
    async with running_sandbox(addresses=addresses, tuning=tuning) as box:
        with log_file.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "botwatch_bot"),
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": os.pathsep.join(map(str, SOURCES)),
                    "BOT_DISCORD_TOKEN_FILE": str(folder / "token"),
                    "BOTWATCH_LISTEN_PORT": str(port),
                    "BOT_DISCORD_API_URL": box.api_url,
                    "BOT_DISCORD_GATEWAY_URL": box.gateway_url,
                    **(settings or {}),
                },
                stderr=log,
            )
        try:
            yield Bot(process, url, box)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


@asynccontextmanager
async def connected(
    folder: Path, tuning: Tuning | None = None, settings: dict[str, str] | None = None
) -> AsyncIterator[Bot]:
    """Run a bot and wait until the control room shows it connected and ready."""
    async with started(folder, tuning=tuning, settings=settings) as bot:

        async def look() -> bool:
            status = (await bot.box.state())["status"]["bot"]
            return bool(status["connected"] and status["ready"])

        await eventually(look, "a bot that is ready", START_SECONDS)
        yield bot
