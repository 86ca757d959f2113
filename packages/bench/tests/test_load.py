from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from botwatch_bench.bot import load
from botwatch_bench.bot.load import ASKED, Load
from botwatch_bench.figures import BenchError
from botwatch_sandbox.changes import Changes
from botwatch_sandbox.discord.guilds import Guild, Scale
from botwatch_sandbox.discord.state import BOT, Draft, Message, World

DELAY_S = 0.01


class Answering:
    """A bot that answers everything a moment later, and notes what is open meanwhile."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.heard: Counter[str] = Counter()
        self.open: Counter[Guild] = Counter()
        self.most_open = 0
        world.listeners.append(self.hear)

    def hear(self, message: Message) -> None:
        if message.author == BOT:
            return
        self.heard[message.draft.content] += 1
        self.open[message.guild] += 1
        assert self.open[message.guild] == 1
        self.most_open = max(self.most_open, self.open.total())
        asyncio.get_running_loop().call_later(DELAY_S, self.answer, message.guild)

    def answer(self, guild: Guild) -> None:
        self.open[guild] -= 1
        self.world.say(BOT, Draft("done"), guild)


@pytest.fixture
def world() -> World:
    return World(Changes(), Scale(guilds=10))


async def test_a_saturated_bot_has_one_open_command_in_each_channel(world: World) -> None:
    bot, asking = Answering(world), Load(world)
    done = await asking.saturate(60, channels=4)
    assert done.commands == 60
    assert bot.most_open == 4
    assert bot.heard == dict.fromkeys(ASKED, 10)
    assert all(latency >= DELAY_S for latency in done.latencies_s)
    assert done.took_s >= 60 / 4 * DELAY_S


async def test_an_even_pace_does_not_hurry(world: World) -> None:
    Answering(world)
    done = await Load(world).pace(20, channels=10, each_second=200)
    assert done.commands == 20
    assert done.took_s >= 19 / 200 + DELAY_S


async def test_load_goes_on_while_something_else_is_measured(world: World) -> None:
    bot, asking = Answering(world), Load(world)
    async with asking.going_on(channels=10, each_second=100):
        before = bot.heard.total()
        assert before >= 100
        await asyncio.sleep(0.1)
        assert bot.heard.total() > before


async def test_a_bot_that_does_not_answer_is_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "ANSWER_WITHIN_S", 0.05)
    with pytest.raises(BenchError, match="3 commands have had no answer"):
        await Load(world).saturate(5, channels=3)
    with pytest.raises(BenchError, match="no answer"):
        async with Load(world).going_on(channels=1, each_second=100):
            raise AssertionError
