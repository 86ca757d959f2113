"""The two bots as processes, each in front of a Discord stand-in of its own.

The stand-ins and the load run in this process, which leaves each bot a processor of its own where
there are two.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import aiohttp

from botwatch_bench.bot import bare_environment as bare
from botwatch_bench.figures import BenchError
from botwatch_sandbox.app import Tuning
from botwatch_sandbox.testing.server import RunningSandbox, running_sandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from botwatch_sandbox.discord.guilds import Scale

ROOT = Path(__file__).parents[5]
BENCH_SOURCE = Path(__file__).parents[2]
SOURCES = (BENCH_SOURCE, ROOT / "packages" / "botwatch" / "src")
READY_WITHIN_S = 60.0
STOP_WITHIN_S = 10.0
LOOK_EVERY_S = 0.01
LOG_LINES = 5
MEGABYTE = 1024 * 1024


class Kind(Protocol):
    """How one of the bots is started."""

    name: str
    title: str

    def command(self) -> tuple[str, ...]:
        """Return what runs it."""

    def environment(self, stage: Stage) -> dict[str, str]:
        """Return its settings."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a bot runs: its stand-in, a directory for its files, a port for its HTTP side."""

    box: RunningSandbox
    directory: Path
    port: int

    @property
    def url(self) -> str:
        """The address of the bot's HTTP side."""
        return f"http://127.0.0.1:{self.port}"


class BareBot:
    """The bare one."""

    name = "bare"
    title = "bare bot"

    def command(self) -> tuple[str, ...]:
        """Return what runs it."""
        return (sys.executable, "-m", f"{__package__}.bare")

    def environment(self, stage: Stage) -> dict[str, str]:
        """Return its settings."""
        return {
            "PYTHONPATH": os.pathsep.join(map(str, SOURCES)),
            bare.TOKEN: stage.box.secrets.discord_token,
            bare.API_URL: stage.box.api_url,
            bare.GATEWAY_URL: stage.box.gateway_url,
        }


class ObservedBot(BareBot):
    """The same bot, observed by the library."""

    name = "bot"
    title = "observed bot"

    def environment(self, stage: Stage) -> dict[str, str]:
        """Return its settings."""
        observed = {bare.OBSERVED: "1", "BOTWATCH_LISTEN_PORT": str(stage.port)}
        return super().environment(stage) | observed


@dataclass(frozen=True, slots=True)
class Program:
    """A bot that runs.

    Attributes:
        kind: which one.
        stage: where.
        process: its process.
        started: when it was started (monotonic seconds).
    """

    kind: Kind
    stage: Stage
    process: asyncio.subprocess.Process
    started: float

    def cpu_s(self) -> float:
        """Return the processor time of all of its threads until now, in seconds."""
        # The clock that clock_getcpuclockid(3) names: of a process, as its scheduler counts.
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def rss_mb(self) -> float:
        """Return the memory that it holds now, in megabytes (2^20 bytes)."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE") / MEGABYTE

    async def stop(self) -> float:
        """Send SIGTERM; return the seconds until the process had ended.

        Raises:
            BenchError: it did not end by itself, or ended with an error.
        """
        before = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                code = await self.process.wait()
        except TimeoutError as error:
            message = f"the {self.kind.name} has not ended {STOP_WITHIN_S:g} s after SIGTERM"
            raise BenchError(message) from error
        if code != 0:
            message = f"the {self.kind.name} ended with {code} after SIGTERM: {self.last_words()}"
            raise BenchError(message)
        return time.monotonic() - before

    def last_words(self) -> str:
        """Return the last lines of its log, for an error."""
        lines = _log(self.stage).read_text(encoding="utf-8", errors="replace").splitlines()
        return " / ".join(lines[-LOG_LINES:]) or "it logged nothing"


def _log(stage: Stage) -> Path:
    return stage.directory / "log"


@asynccontextmanager
async def running(kind: Kind, directory: Path, scale: Scale) -> AsyncIterator[Program]:
    """Run a bot in front of a stand-in of its own while the block runs; yield it once connected.

    Raises:
        BenchError: it does not start.
    """
    async with running_sandbox(tuning=Tuning(scale=scale)) as box:
        stage = Stage(box, directory, _free_port())
        connected = asyncio.Event()
        box.sandbox.gateway.sessions.listeners.append(lambda *_: connected.set())
        program = await _start(kind, stage)
        try:
            await _until_connected(program, connected)
            yield program
        finally:
            if program.process.returncode is None:
                program.process.kill()
            await program.process.wait()


async def until_ready(program: Program) -> float:
    """Wait until the observed bot says that it is ready; return the seconds since it was started.

    Raises:
        BenchError: it does not become ready.
    """
    while time.monotonic() - program.started < READY_WITHIN_S:
        try:
            async with program.stage.box.session.get(f"{program.stage.url}/readyz") as response:
                if response.ok:
                    return time.monotonic() - program.started
        except aiohttp.ClientConnectionError:
            pass  # it does not listen yet
        await asyncio.sleep(LOOK_EVERY_S)
    words = program.last_words()
    message = f"the {program.kind.name} is not ready after {READY_WITHIN_S:g} s: {words}"
    raise BenchError(message)


async def _start(kind: Kind, stage: Stage) -> Program:
    started = time.monotonic()
    with _log(stage).open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *kind.command(),
            env={"PATH": os.environ["PATH"]} | kind.environment(stage),
            stdout=log,
            stderr=log,
        )
    return Program(kind, stage, process, started)


async def _until_connected(program: Program, connected: asyncio.Event) -> None:
    ended = asyncio.create_task(program.process.wait())
    came = asyncio.create_task(connected.wait())
    await asyncio.wait({ended, came}, timeout=READY_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
    ended.cancel()
    came.cancel()
    if not connected.is_set():
        message = f"the {program.kind.name} does not connect: {program.last_words()}"
        raise BenchError(message)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
