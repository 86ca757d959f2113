"""Many servers, and shards that divide them."""

from __future__ import annotations

import signal
from pathlib import Path

from botwatch_sandbox.app import Tuning
from botwatch_sandbox.discord.guilds import Guild, Scale
from botwatch_sandbox.discord.state import Draft, visitor
from botwatch_sandbox.testing.waiting import eventually
from integration.bot_process import Bot, connected

GUILDS, MEMBERS = 10_000, 100
SAMPLES_MAX = 1000
"""What the bot shows may not grow with its servers."""


async def answers_in(bot: Bot, guilds: list[Guild]) -> dict[Guild, str]:
    """Ask in several servers, and return what the bot answers in each."""
    heard: dict[Guild, str] = {}
    world = bot.box.sandbox.world
    world.listeners.append(
        lambda said: heard.update({said.guild: said.draft.content} if said.author.bot else {})
    )
    for guild in guilds:
        world.say(visitor(f"user {guild.number}"), Draft(f"?add {guild.number} 1"), guild)

    async def look() -> bool:
        return len(heard) == len(guilds)

    await eventually(look, "an answer in each server", 15)
    return heard


async def test_shards_divide_the_servers_and_each_answers_in_its_own(tmp_path: Path) -> None:
    tuning = Tuning(scale=Scale(guilds=6, members=MEMBERS, shards=2))
    async with connected(tmp_path, tuning) as bot:
        report = await bot.wait_for_health(200)  # both shards, some seconds apart
        assert [shard["id"] for shard in report["gateway"]["shards"]] == [0, 1]
        await bot.wait_for_value("active_guilds", 6)
        guilds = [Guild(number) for number in range(6)]
        answers = await answers_in(bot, guilds)
        assert answers == {
            guild: f"{guild.number} + 1 = **{guild.number + 1}**" for guild in guilds
        }

        await bot.fault(drop=True)
        await bot.wait_for_value('gateway_sessions_total{kind="resume"}', 2)
        assert await bot.value("gateway_disconnects_total") == 2
        await bot.wait_for_health(200)
        bot.process.send_signal(signal.SIGTERM)
        assert await bot.process.wait() == 0
        assert bot.box.sandbox.gateway.sessions.all() == []


async def test_ten_thousand_servers_cost_no_metric_and_no_member_is_kept(tmp_path: Path) -> None:
    async with connected(tmp_path, Tuning(scale=Scale(GUILDS, MEMBERS))) as bot:
        await bot.wait_for_value("active_guilds", GUILDS)
        await bot.wait_for_value("guild_members", GUILDS * MEMBERS)
        assert len(await bot.metrics()) < SAMPLES_MAX
        answers = await answers_in(bot, [Guild(0), Guild(GUILDS - 1)])
        assert answers[Guild(GUILDS - 1)] == f"{GUILDS - 1} + 1 = **{GUILDS}**"
