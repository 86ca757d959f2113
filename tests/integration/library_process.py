"""A bot that uses the library, as a process in front of the stand-in of Discord."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from botwatch_sandbox.testing.server import SECRETS, RunningSandbox, running_sandbox
from botwatch_sandbox.testing.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "packages" / "botwatch" / "src"
EXAMPLES = ROOT / "packages" / "botwatch" / "examples"
START_SECONDS = 20.0
DRILL_TOKEN = "drill-token"

# Leads a program that knows Discord alone to the stand-in.
LAUNCHER = """
import os, runpy, sys, yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route
Route.BASE = os.environ.pop("API_URL")
DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ.pop("GATEWAY_URL"))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@dataclass
class Program:
    """A running program, the stand-in it is connected to, and its HTTP side."""

    process: asyncio.subprocess.Process
    url: str
    box: RunningSandbox
    log: Path
    state: Path

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.box.session.get(f"{self.url}{path}", headers=headers) as response:
            return response.status, await response.text()

    async def drill(self, path: str) -> tuple[int, str]:
        return await self.get(path, Authorization=f"Bearer {DRILL_TOKEN}")

    async def say(self, content: str) -> None:
        body = {"content": content, "author": "you"}
        await self.box.done("/control/discord/messages", body, 201)

    async def slash(self, name: str, **options: object) -> None:
        body = {"name": name, "author": "you", "options": options}
        await self.box.done("/control/discord/slash", body, 201)

    async def until_said(self, text: str) -> None:
        await self.box.until(lambda state: text in _said_by_bots(state), f"{text} from the bot")

    async def ready(self) -> None:
        async def look() -> bool:
            try:
                return (await self.get("/readyz"))[0] == 200
            except aiohttp.ClientConnectionError:
                return False

        await eventually(look, "a bot that is ready", START_SECONDS)

    async def metrics(self) -> dict[str, float]:
        """Return every sample, named with its labels and without the prefix `discord_bot_`."""
        _, text = await self.get("/metrics")
        found = re.findall(r"^discord_bot_(\S+) (\S+)$", text, re.MULTILINE)
        return {sample: float(value) for sample, value in found}

    async def until_value(self, sample: str, least: float) -> None:
        async def look() -> bool:
            return (await self.metrics()).get(sample, 0.0) >= least

        await eventually(look, f"{sample} {least}", START_SECONDS)

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal; return the exit code and how long the end took."""
        began = time.monotonic()
        self.process.send_signal(number)
        return await self.end(), time.monotonic() - began

    async def end(self, seconds: float = 30.0) -> int:
        """Wait until the program ends; return the exit code."""
        return await asyncio.wait_for(self.process.wait(), seconds)

    @property
    def ending(self) -> str:
        """How the program recorded that it ended."""
        return (self.state / "last-run").read_text().splitlines()[0]

    @property
    def reason(self) -> str:
        """What the program wrote as the reason of its end."""
        file = self.state / "reason"
        return file.read_text() if file.exists() else ""


def _said_by_bots(state: dict[str, Any]) -> list[str]:
    return [m["content"] for m in state["discord"]["messages"] if m["author"]["bot"]]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def running(
    program: Path,
    folder: Path,
    *,
    token: str = SECRETS.discord_token,
    launcher: str = "",
    **environment: str,
) -> AsyncIterator[Program]:
    """Run a program against the stand-in; both end with the block."""
    port = free_port()
    state = folder / "state"
    state.mkdir(exist_ok=True)
    (state / "drill").write_text(DRILL_TOKEN)
    log = folder / "log"  # pytest keeps it, for whoever looks into a failure
    async with running_sandbox() as box:
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-W", "ignore", "-c", launcher + LAUNCHER, str(program)),
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": str(LIBRARY),
                    "API_URL": box.api_url,
                    "GATEWAY_URL": box.gateway_url,
                    "DISCORD_TOKEN": token,
                    "BOTWATCH_LISTEN_PORT": str(port),
                    "BOTWATCH_STATE_DIRECTORY": str(state),
                    "BOTWATCH_TERMINATION_LOG": str(state / "reason"),
                    "BOTWATCH_DRILL_TOKEN_FILE": str(state / "drill"),
                    **environment,
                },
                stdout=output,
                stderr=output,
                cwd=folder,
            )
        try:
            yield Program(process, f"http://127.0.0.1:{port}", box, log, state)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
