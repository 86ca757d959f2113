"""The measurements of the bot, one after the other."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from botwatch_bench.bot import scraper
from botwatch_bench.bot.load import Load
from botwatch_bench.bot.programs import (
    BENCH_SOURCE,
    BareBot,
    Kind,
    ObservedBot,
    Program,
    running,
    until_ready,
)
from botwatch_bench.figures import BenchError, Figure, percentile
from botwatch_sandbox.discord.guilds import Scale

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

CPU_RATIO_MAX = 1.25
METRICS_P99_MS_MAX = 10.0
RSS_OVER_BARE_MB_MAX = 20.0
SIGTERM_S_MAX = 2.0

CHANNELS = 8
PACE = 200.0
PACE_CHANNELS = 32
MEMBERS = 100
SCRAPES_EACH_SECOND = 20.0
SUCCESSES = re.compile(
    r'^discord_bot_commands_total{[^}]*status="success"[^}]*} (\S+)$', re.MULTILINE
)
PARTS = ("starting", "comparison", "memory", "scraping")
KINDS: tuple[Kind, ...] = (ObservedBot(), BareBot())


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured.

    Attributes:
        starts: starts and stops of each bot.
        warm_up_commands: commands that do not count, before others do.
        rounds: of the comparison; each has a slice of both kinds of load for both bots.
        fast_commands: commands of a slice in which each bot answers as fast as it can.
        even_commands: commands of a slice in which they are asked at an even pace.
        memory_commands: commands before the memory is looked at.
        scrapes: of /metrics, for each number of guilds.
        guilds: the numbers of guilds, growing; the last one has to hold the limit.
    """

    starts: int = 3
    warm_up_commands: int = 500
    rounds: int = 80
    fast_commands: int = 120
    even_commands: int = 40
    memory_commands: int = 10_000
    scrapes: int = 300
    guilds: tuple[int, ...] = (1, 1000, 10_000)

    @property
    def compared_commands(self) -> int:
        """How many commands each bot is asked in the comparison."""
        return self.warm_up_commands + self.rounds * (self.fast_commands + self.even_commands)


@dataclass(slots=True)
class Side:
    """One bot of the comparison: what its slices cost."""

    program: Program
    load: Load
    cpu_ms: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)

    async def run_fast(self, commands: int) -> None:
        """Ask as fast as the bot answers."""
        before = self.program.cpu_s()
        fast = await self.load.saturate(commands, CHANNELS)
        self.cpu_ms.append((self.program.cpu_s() - before) / commands * 1000)
        self.rates.append(commands / fast.took_s)

    async def run_even(self, commands: int) -> None:
        """Ask at an even pace."""
        even = await self.load.pace(commands, PACE_CHANNELS, PACE)
        self.latencies_ms += [latency * 1000 for latency in even.latencies_s]

    def figures(self) -> Iterator[Figure]:
        """Yield what was measured of this bot alone."""
        name = self.program.kind.name
        whose = "the observed bot's" if name == "bot" else "the bare bot's"
        p50, p99 = (percentile(self.latencies_ms, share) for share in (0.5, 0.99))
        yield Figure(f"{name}.cpu_ms", f"{whose} CPU per command", median(self.cpu_ms), "ms")
        yield Figure(f"{name}.commands_per_s", f"{whose} most commands", median(self.rates), "/s")
        at = f"at {PACE:.0f} commands/s"
        yield Figure(f"{name}.reply_p50_ms", f"{whose} reply {at}, median", p50, "ms")
        yield Figure(f"{name}.reply_p99_ms", f"{whose} reply {at}, 99th percentile", p99, "ms")


@dataclass(frozen=True, slots=True)
class BotBench:
    """Measures the bot; yields figures as they come."""

    effort: Effort
    say: Callable[[str], None]

    async def figures(self, parts: Sequence[str] = PARTS) -> AsyncIterator[Figure]:
        """Yield every figure of some parts.

        Raises:
            BenchError: a bot does not do what it is measured at.
        """
        measures = (self.starting, self.comparison, self.memory, self.scraping)
        for name, measure in zip(PARTS, measures, strict=True):
            if name in parts:
                async for figure in measure():
                    yield figure

    async def starting(self) -> AsyncIterator[Figure]:
        """Start and stop both bots in turn."""
        self.say(f"starting and stopping, {self.effort.starts} times each")
        connects: dict[str, list[float]] = {kind.name: [] for kind in KINDS}
        readies, stops = [], []
        for _ in range(self.effort.starts):
            for kind in KINDS:
                async with self._running(kind) as program:
                    now = asyncio.get_running_loop().time()
                    connects[kind.name].append(now - program.started)
                    if kind.name == "bot":
                        readies.append(await until_ready(program))
                        stops.append(await program.stop())
        yield Figure("bot.connect_s", "start to READY", median(connects["bot"]), "s")
        yield Figure("bare.connect_s", "the bare bot's", median(connects["bare"]), "s")
        yield Figure("bot.ready_s", "start to /readyz 200", median(readies), "s")
        yield Figure("bot.sigterm_idle_s", "SIGTERM to exit, idle", max(stops), "s", SIGTERM_S_MAX)

    async def comparison(self) -> AsyncIterator[Figure]:
        """Ask both bots the same in turn, and stop the observed one while it is being asked."""
        effort = self.effort
        self.say(f"both bots in turn, {effort.rounds} rounds, {effort.compared_commands} commands")
        scale = Scale(guilds=PACE_CHANNELS)
        async with AsyncExitStack() as stack:
            programs = [await stack.enter_async_context(self._running(k, scale)) for k in KINDS]
            sides = [Side(program, Load(program.stage.box.sandbox.world)) for program in programs]
            ours, bare = sides
            for side in sides:  # warm
                await side.load.saturate(effort.warm_up_commands, CHANNELS)
            for number in range(effort.rounds):
                turns = sides if number % 2 else sides[::-1]
                for side in turns:
                    await side.run_fast(effort.fast_commands)
                for side in turns:
                    await side.run_even(effort.even_commands)
            await _check_success(ours.program, effort)
            ratios = [our / its for our, its in zip(ours.cpu_ms, bare.cpu_ms, strict=True)]
            title = "CPU per command, observed : bare"
            yield Figure("bot.cpu_ratio", title, median(ratios), limit=CPU_RATIO_MAX)
            for quarter, share in (("low", 0.25), ("high", 0.75)):
                value = percentile(ratios, share)
                yield Figure(f"bot.cpu_ratio_{quarter}", f"its {quarter} quartile", value)
            for side in sides:
                for figure in side.figures():
                    yield figure
            yield await self._stopped_at_work(ours)

    @asynccontextmanager
    async def _running(self, kind: Kind, scale: Scale | None = None) -> AsyncIterator[Program]:
        with tempfile.TemporaryDirectory(prefix="botwatch-bench-") as directory:
            async with running(kind, Path(directory), scale or Scale()) as program:
                yield program

    async def _stopped_at_work(self, side: Side) -> Figure:
        async with side.load.going_on(PACE_CHANNELS, PACE):
            took_s = await side.program.stop()
        return Figure("bot.sigterm_busy_s", "SIGTERM to exit, at work", took_s, "s", SIGTERM_S_MAX)

    async def memory(self) -> AsyncIterator[Figure]:
        """Look at both bots' memory before and after many commands, in one guild."""
        commands = self.effort.memory_commands
        self.say(f"memory after {commands} commands")
        after: dict[str, float] = {}
        for kind in KINDS:
            async with self._running(kind) as program:
                load = Load(program.stage.box.sandbox.world)
                await load.saturate(self.effort.warm_up_commands, 1)
                warm = program.rss_mb()
                await load.saturate(commands, 1)
                after[kind.name] = program.rss_mb()
            name, title = kind.name, f"memory of the {kind.title}"
            yield Figure(f"{name}.rss_warm_mb", f"{title} once warm", warm, "MB")
            yield Figure(f"{name}.rss_mb", f"{title} after {commands}", after[name], "MB")
        over = after["bot"] - after["bare"]
        yield Figure("bot.rss_over_bare_mb", "the difference", over, "MB", RSS_OVER_BARE_MB_MAX)

    async def scraping(self) -> AsyncIterator[Figure]:
        """Time /metrics at several numbers of guilds while commands are asked."""
        for guilds in self.effort.guilds:
            self.say(f"/metrics at {_guilds(guilds)}")
            scale = Scale(guilds=guilds, members=MEMBERS)
            async with self._running(ObservedBot(), scale) as program:
                await until_ready(program)
                load = Load(program.stage.box.sandbox.world)
                took_ms = await self._scrape(program, load, min(guilds, PACE_CHANNELS))
            limit = METRICS_P99_MS_MAX if guilds == self.effort.guilds[-1] else None
            title = f"/metrics at {_guilds(guilds)} and {PACE:.0f} commands/s"
            p50, p99 = (percentile(took_ms, share) for share in (0.5, 0.99))
            yield Figure(f"bot.metrics_{guilds}_p50_ms", f"{title}, median", p50, "ms")
            yield Figure(f"bot.metrics_{guilds}_p99_ms", f"{title}, 99th %", p99, "ms", limit)

    async def _scrape(self, program: Program, load: Load, channels: int) -> list[float]:
        port, pause_s = program.stage.port, 1 / SCRAPES_EACH_SECOND
        arguments = map(str, ("127.0.0.1", port, self.effort.scrapes, pause_s))
        async with load.going_on(channels, PACE):
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", scraper.__name__, *arguments),
                env={"PYTHONPATH": str(BENCH_SOURCE)},
                stdout=asyncio.subprocess.PIPE,
            )
            output, _ = await process.communicate()
        if process.returncode != 0:
            message = f"/metrics cannot be read: {program.last_words()}"
            raise BenchError(message)
        return [seconds * 1000 for seconds in json.loads(output)]


def _guilds(number: int) -> str:
    return "1 guild" if number == 1 else f"{number} guilds"


async def _check_success(program: Program, effort: Effort) -> None:
    """Make sure that the observed bot has done what it was asked for: refusing would be cheap."""
    async with program.stage.box.session.get(f"{program.stage.url}/metrics") as response:
        text = await response.text()
    counted = sum(map(float, SUCCESSES.findall(text)))
    if counted != effort.compared_commands:
        wanted = effort.compared_commands
        message = f"the bot counted {counted:.0f} commands as a success instead of {wanted}"
        raise BenchError(message)
