"""People who ask a bot, and a watch that takes the time of each answer."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING

from botwatch_bench.figures import BenchError
from botwatch_sandbox.discord.guilds import Guild
from botwatch_sandbox.discord.state import Draft, visitor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from botwatch_sandbox.discord.state import Message, User, World

ASKED = ("?ping", "?add 17 25", "?roll 2d6", "?time", "?choose tea coffee", "?info")
PEOPLE = 5000
"""So many take turns that no user is rate limited."""
ENDLESS = 10**9
ANSWER_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of load: when each command was answered after it was asked, and all of it."""

    latencies_s: list[float]
    took_s: float

    @property
    def commands(self) -> int:
        """How many commands were answered."""
        return len(self.latencies_s)


@dataclass(slots=True)
class Load:
    """Asks in the channels of several guilds, one command at a time in each of them."""

    world: World
    _asked_at: dict[Guild, float] = field(default_factory=dict)
    _latencies: list[float] = field(default_factory=list)
    _free: deque[Guild] = field(default_factory=deque)
    _answered: asyncio.Event = field(default_factory=asyncio.Event)
    _drafts: Iterator[Draft] = field(default_factory=lambda: cycle(map(Draft, ASKED)))
    _people: Iterator[User] = field(
        default_factory=lambda: cycle([visitor(f"user {number}") for number in range(PEOPLE)])
    )

    def __post_init__(self) -> None:
        self.world.listeners.append(self._hear)

    async def saturate(self, commands: int, channels: int) -> Slice:
        """Ask so many commands, the next one in a channel as soon as the last is answered."""
        return await self._ask(commands, channels, pause_s=0.0)

    async def pace(self, commands: int, channels: int, each_second: float) -> Slice:
        """Ask so many commands at an even pace, as long as a channel is free."""
        return await self._ask(commands, channels, pause_s=1 / each_second)

    @asynccontextmanager
    async def going_on(self, channels: int, each_second: float) -> AsyncIterator[None]:
        """Ask at an even pace while the block runs, which begins when a second's are answered.

        It is a bot's last load: what is open at its end stays open.
        """
        asking = asyncio.create_task(self.pace(ENDLESS, channels, each_second))
        try:
            while len(self._latencies) < each_second and not asking.done():
                await self._wait()
            yield
            if asking.done():
                asking.result()
        finally:
            asking.cancel()
            await asyncio.wait([asking])

    async def _ask(self, commands: int, channels: int, *, pause_s: float) -> Slice:
        self._latencies = []
        self._free = deque(map(Guild, range(channels)))
        began = time.perf_counter()
        for number in range(commands):
            due = began + number * pause_s
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            guild = await self._free_guild()
            self._asked_at[guild] = time.perf_counter()
            self.world.say(next(self._people), next(self._drafts), guild)
        while self._asked_at:
            await self._wait()
        return Slice(self._latencies, time.perf_counter() - began)

    async def _free_guild(self) -> Guild:
        while not self._free:
            await self._wait()
        return self._free.popleft()

    async def _wait(self) -> None:
        self._answered.clear()
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await self._answered.wait()
        except TimeoutError as error:
            message = f"{len(self._asked_at)} commands have had no answer for {ANSWER_WITHIN_S:g} s"
            raise BenchError(message) from error

    def _hear(self, message: Message) -> None:
        if not message.author.bot:
            return
        asked_at = self._asked_at.pop(message.guild, None)
        if asked_at is None:
            return  # asked by a load that has ended since
        self._latencies.append(time.perf_counter() - asked_at)
        self._free.append(message.guild)
        self._answered.set()
