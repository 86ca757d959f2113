"""Commands of every kind are counted once, and judged as discord.py judges them."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import discord
import pytest
from discord import app_commands
from discord.ext import commands

from botwatch.counting import MOST_COMMANDS

if TYPE_CHECKING:
    from packages.botwatch.tests.conftest import Start

INTENTS = discord.Intents.all()
# Their types are too narrow for methods.
hybrid_command: Any = commands.hybrid_command
group: Any = commands.group


class Fun(commands.Cog):
    """Commands in a cog, of each kind."""

    @commands.command()
    async def ping(self, ctx: commands.Context[Any]) -> None:
        await ctx.send("pong")

    @hybrid_command()  # type: ignore[untyped-decorator] # see above
    async def both(self, ctx: commands.Context[Any], word: str = "") -> None:
        if word == "mistake":
            message = "no such word"
            raise commands.BadArgument(message)
        if word == "bug":
            raise ZeroDivisionError
        if word == "wait":
            await asyncio.Event().wait()
        await ctx.send("both")

    @group()  # type: ignore[untyped-decorator] # see above
    async def outer(self, ctx: commands.Context[Any]) -> None: ...

    @outer.command()  # type: ignore[untyped-decorator] # see above
    async def inner(self, ctx: commands.Context[Any]) -> None:
        await ctx.send("inner")

    @app_commands.command()
    async def slash(self, interaction: discord.Interaction[Any], word: str = "") -> None:
        if word == "mistake":
            raise app_commands.CheckFailure
        if word == "bug":
            raise ZeroDivisionError
        if word == "wait":
            await asyncio.Event().wait()
        await interaction.response.send_message("slash")


async def make(kind: type[commands.Bot] = commands.Bot) -> commands.Bot:
    bot = kind("!", intents=INTENTS)
    await bot.add_cog(Fun())

    @bot.tree.context_menu(name="Report them")
    async def report(interaction: discord.Interaction[Any], user: discord.User) -> None:
        await interaction.response.send_message(f"reported {user}")

    return bot


@pytest.mark.parametrize("kind", [commands.Bot, commands.AutoShardedBot])
async def test_each_kind_of_command_is_counted_once_with_its_latency(
    start: Start, kind: type[commands.Bot]
) -> None:
    chat = await start(await make(kind))
    chat.say("!ping")
    assert await chat.ended("ping") == {"success": 1}
    chat.say("!both")
    assert await chat.ended("both") == {"success": 1}
    chat.slash("both")
    assert await chat.ended("both", 2) == {"success": 2}
    chat.say("!outer inner")
    assert await chat.ended("outer inner") == {"success": 1}
    chat.slash("slash")
    assert await chat.ended("slash") == {"success": 1}
    chat.menu("Report them")
    assert await chat.ended("Report them") == {"success": 1}
    assert chat.sent == ["pong", "both", "both", "inner", "slash", "reported member"]
    assert chat.value("message_latency_seconds_count") == 6
    assert chat.value("messages_sent_total") == 6
    assert chat.value("http_responses_total", status="200") == 6 + 2
    assert chat.errors == {}
    assert chat.watch.observer is not None
    assert chat.watch.observer.running == ()


async def test_every_command_is_exported_as_0_from_the_login_on(start: Start) -> None:
    chat = await start(await make())
    for name in ("ping", "both", "outer", "outer inner", "slash", "Report them", "help"):
        for status in ("success", "user_error", "error", "cancelled"):
            assert chat.value("commands_total", command=name, status=status) == 0


@pytest.mark.parametrize("by_slash", [False, True])
async def test_a_mistake_is_none_of_the_bots_errors_and_a_bug_is_one(
    start: Start, *, by_slash: bool
) -> None:
    chat = await start(await make())

    def use(word: str) -> None:
        if by_slash:
            chat.slash("both", word=word)
        else:
            chat.say(f"!both {word}")

    use("mistake")
    assert await chat.ended("both") == {"user_error": 1}
    assert chat.errors == {}
    use("bug")
    assert await chat.ended("both", 2) == {"user_error": 1, "error": 1}
    assert chat.errors == {"command": 1}
    (error,) = chat.watch.errors.top(5)
    assert (error.type, error.count) == ("ZeroDivisionError", 1)
    assert error.where.startswith("packages/botwatch/tests/test_commands.py:")


async def test_slash_commands_alone_are_judged_as_well(start: Start) -> None:
    chat = await start(await make())
    chat.slash("slash", word="mistake")
    chat.slash("slash", word="bug")
    assert await chat.ended("slash", 2) == {"user_error": 1, "error": 1}
    assert chat.errors == {"command": 1}


async def test_what_stops_a_command_before_it_runs_is_a_mistake(start: Start) -> None:
    bot = await make()

    @bot.command()
    @commands.cooldown(1, 60)
    async def rare(ctx: commands.Context[Any], number: int) -> None: ...

    chat = await start(bot)
    chat.say("!rare x")
    assert await chat.ended("rare") == {"user_error": 1}
    chat.say("!rare 1")
    chat.say("!rare 1")
    assert (await chat.ended("rare", 3))["user_error"] >= 2
    assert chat.errors == {}


async def test_a_command_that_does_not_exist_is_counted_without_its_name(start: Start) -> None:
    chat = await start(await make())
    for text in ("!nope", "!? what", "! ping", "!!"):
        chat.say(text)
    chat.slash("gone")
    await asyncio.sleep(0.05)
    assert chat.value("unknown_commands_total") == 2
    assert chat.value("commands_total", command="nope", status="user_error") is None
    assert chat.errors == {}


@pytest.mark.parametrize("command", ["both", "slash"])
async def test_a_command_that_is_cancelled_is_counted_so(start: Start, command: str) -> None:
    chat = await start(await make())
    chat.slash(command, word="wait")
    assert chat.watch.observer is not None
    await asyncio.sleep(0.02)
    (running,) = chat.watch.observer.running
    assert running.task is not None
    running.task.cancel()
    assert await chat.ended(command) == {"cancelled": 1}
    assert chat.errors == {}


async def test_what_runs_at_a_stop_may_end_and_is_ended_then(start: Start) -> None:
    chat = await start(await make())
    chat.say("!both wait")
    await asyncio.sleep(0.02)
    assert chat.watch.observer is not None
    await chat.watch.observer.drain(0.05)
    assert await chat.ended("both") == {"cancelled": 1}
    chat.say("!ping")
    chat.slash("slash")
    await asyncio.sleep(0.05)
    assert chat.outcomes("ping") == chat.outcomes("slash") == {}


@pytest.mark.parametrize(
    ("status", "outcome", "errors"),
    [(400, "error", {"send": 1}), (403, "user_error", {})],
)
async def test_an_answer_that_discord_does_not_take_is_an_error_unless_it_is_forbidden(
    start: Start, status: int, outcome: str, errors: dict[str, float]
) -> None:
    chat = await start(await make())
    chat.rest.failures = [(status, {"message": "no"})]
    chat.say("!ping")
    assert await chat.ended("ping") == {outcome: 1}
    assert chat.errors == errors
    assert chat.value("messages_sent_total") == 0


async def test_the_names_of_commands_are_bounded(start: Start) -> None:
    bot = await make()
    for number in range(MOST_COMMANDS):

        @bot.command(name=f"command{number}")
        async def one(ctx: commands.Context[Any]) -> None: ...

    chat = await start(bot)
    samples = [s for m in chat.watch.metrics.commands.collect() for s in m.samples]
    assert len({s.labels["command"] for s in samples}) <= MOST_COMMANDS + 1
    chat.say("!slash")
    chat.say("!ping")
    await chat.ended("other" if "ping" not in {s.labels["command"] for s in samples} else "ping")


async def test_discord_pys_own_handler_still_logs_the_traceback(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    chat = await start(await make())
    with caplog.at_level(logging.ERROR):
        chat.say("!both bug")
        await chat.ended("both")
    (record,) = [r for r in caplog.records if r.name.startswith("discord.ext.commands")]
    assert record.exc_info is not None
