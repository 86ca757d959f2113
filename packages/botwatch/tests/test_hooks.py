"""A bot's own hooks keep working, whether it defines them before or after it is observed."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import pytest
from discord import app_commands, ui
from discord.ext import commands, tasks
from packages.botwatch.tests.doubles import TOKEN, RestDouble, until

import botwatch
from botwatch.exits import ExitCode
from botwatch.hooking import hook
from botwatch.judging import judge_end
from botwatch.masking import masked

if TYPE_CHECKING:
    from collections.abc import Callable

    from packages.botwatch.tests.conftest import Start

    from botwatch import Watch

INTENTS = discord.Intents.all()
Define = "Callable[[commands.Bot, list[str]], None]"


def a_bot() -> commands.Bot:
    bot = commands.Bot("!", intents=INTENTS)

    @bot.command()
    async def bug(ctx: commands.Context[Any]) -> None:
        raise ZeroDivisionError

    @bot.tree.command()
    async def slash(interaction: discord.Interaction[Any]) -> None:
        raise ZeroDivisionError

    return bot


def on_command_error(bot: commands.Bot, seen: list[str]) -> None:
    @bot.event
    async def on_command_error(ctx: commands.Context[Any], error: Exception) -> None:
        seen.append("own")


def a_listener(bot: commands.Bot, seen: list[str]) -> None:
    @bot.listen("on_command_error")
    async def failed(ctx: commands.Context[Any], error: Exception) -> None:
        seen.append("own")


def a_handler_of_the_command(bot: commands.Bot, seen: list[str]) -> None:
    async def failed(ctx: commands.Context[Any], error: Exception) -> None:
        seen.append("own")

    command = bot.get_command("bug")
    assert command is not None
    command.error(failed)


def on_message(bot: commands.Bot, seen: list[str]) -> None:
    @bot.event
    async def on_message(message: discord.Message) -> None:
        seen.append("own")
        await bot.process_commands(message)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "define", [on_command_error, a_listener, a_handler_of_the_command, on_message]
)
async def test_handlers_of_prefix_commands(
    start: Start, watch: Watch, define: Callable[[commands.Bot, list[str]], None], *, after: bool
) -> None:
    bot, seen = a_bot(), list[str]()
    if after:
        botwatch.watch(bot)
    define(bot, seen)
    chat = await start(bot)
    chat.say("!bug")
    assert await chat.ended("bug") == {"error": 1}
    await until(lambda: seen)
    assert seen == ["own"]
    assert chat.errors == {"command": 1}


def tree_error(bot: commands.Bot, seen: list[str]) -> None:
    @bot.tree.error
    async def failed(interaction: discord.Interaction[Any], error: Exception) -> None:
        seen.append("own")


def a_handler_of_the_slash_command(bot: commands.Bot, seen: list[str]) -> None:
    command: Any = bot.tree.get_command("slash")

    async def failed(interaction: discord.Interaction[Any], error: Exception) -> None:
        seen.append("own")

    command.error(failed)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("define", [tree_error, a_handler_of_the_slash_command])
async def test_handlers_of_slash_commands(
    start: Start, watch: Watch, define: Callable[[commands.Bot, list[str]], None], *, after: bool
) -> None:
    bot, seen = a_bot(), list[str]()
    if after:
        botwatch.watch(bot)
    define(bot, seen)
    chat = await start(bot)
    chat.slash("slash")
    assert await chat.ended("slash") == {"error": 1}
    assert seen == ["own"]
    assert chat.errors == {"command": 1}


async def test_a_tree_that_overrides_its_hooks(start: Start) -> None:
    seen: list[str] = []

    class Tree(app_commands.CommandTree[Any]):
        async def on_error(
            self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /
        ) -> None:
            seen.append(type(error).__name__)

        async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
            seen.append("check")
            return len(seen) != 1

    bot = commands.Bot("!", intents=INTENTS, tree_cls=Tree)

    @bot.tree.command()
    async def slash(interaction: discord.Interaction[Any]) -> None:
        raise ZeroDivisionError

    chat = await start(bot)
    chat.slash("slash")
    assert await chat.ended("slash") == {"user_error": 1}
    chat.slash("slash")
    assert await chat.ended("slash", 2) == {"user_error": 1, "error": 1}
    assert seen == ["check", "check", "CommandInvokeError"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_check_that_is_assigned_to_the_tree(
    start: Start, watch: Watch, *, after: bool
) -> None:
    bot = a_bot()
    if after:
        botwatch.watch(bot)

    async def nobody(_: discord.Interaction[Any]) -> bool:
        return False

    tree: Any = bot.tree
    tree.interaction_check = nobody
    chat = await start(bot)
    chat.slash("slash")
    assert await chat.ended("slash") == {"user_error": 1}


async def test_handlers_of_a_cog(start: Start) -> None:
    seen: list[str] = []

    class Cog(commands.Cog):
        @commands.command()
        async def prefixed(self, ctx: commands.Context[Any]) -> None:
            raise ZeroDivisionError

        @app_commands.command()
        async def slashed(self, interaction: discord.Interaction[Any]) -> None:
            raise ZeroDivisionError

        async def cog_command_error(self, ctx: commands.Context[Any], error: Exception) -> None:
            seen.append("prefix")

        async def cog_app_command_error(
            self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError
        ) -> None:
            seen.append("slash")

    bot = a_bot()
    chat = await start(bot)
    await bot.add_cog(Cog())
    chat.say("!prefixed")
    chat.slash("slashed")
    assert await chat.ended("prefixed") == {"error": 1}
    assert await chat.ended("slashed") == {"error": 1}
    assert sorted(seen) == ["prefix", "slash"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kind", [discord.Client, discord.AutoShardedClient])
async def test_a_client_without_commands(
    start: Start, watch: Watch, kind: type[discord.Client], *, after: bool
) -> None:
    client, seen = kind(intents=INTENTS), list[str]()
    if after:
        botwatch.watch(client)

    @client.event
    async def on_message(message: discord.Message) -> None:
        seen.append(message.content)
        raise ZeroDivisionError

    @client.event
    async def on_error(event: str, *_: object) -> None:
        seen.append(event)

    tree = app_commands.CommandTree(client)

    @tree.command()
    async def ping(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message("pong")

    chat = await start(client)
    chat.say("hello")
    await until(lambda: len(seen) == 2)
    assert seen == ["hello", "on_message"]
    assert chat.errors == {"internal": 1}
    chat.slash("ping")
    assert await chat.ended("ping") == {"success": 1}
    assert chat.value("gateway_events_total", type="MESSAGE_CREATE") == 1


@pytest.mark.parametrize("own_handler", [False, True])
async def test_views_and_modals(start: Start, *, own_handler: bool) -> None:
    seen: list[str] = []

    class View(ui.View):
        @ui.button(label="press", custom_id="press")
        async def pressed(self, interaction: discord.Interaction[Any], _: object) -> None:
            raise ZeroDivisionError

    class Modal(ui.Modal, title="ask"):
        name: ui.TextInput[Any] = ui.TextInput(label="name", custom_id="name")

        async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
            raise LookupError

    class HandlingView(View):
        async def on_error(self, *_: object) -> None:
            seen.append("view")

    class HandlingModal(Modal, title="ask"):
        async def on_error(self, *_: object) -> None:
            seen.append("modal")

    bot = a_bot()
    bot_view = (HandlingView if own_handler else View)(timeout=None)

    @bot.tree.command()
    async def ask(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_modal(
            (HandlingModal if own_handler else Modal)(custom_id="ask")
        )

    chat = await start(bot)
    bot.add_view(bot_view)
    chat.press("press")
    await until(lambda: chat.errors == {"command": 1})
    chat.slash("ask")
    assert await chat.ended("ask") == {"success": 1}
    chat.submit("ask", name="me")
    await until(lambda: chat.errors == {"command": 2})
    assert seen == (["view", "modal"] if own_handler else [])
    assert {error.type for error in chat.watch.errors.top()} == {"ZeroDivisionError", "LookupError"}


@pytest.mark.parametrize("own_trace", [False, True])
async def test_requests_are_traced_beside_a_trace_of_the_bots_own(
    start: Start, *, own_trace: bool
) -> None:
    seen: list[str] = []
    trace = aiohttp.TraceConfig()

    async def ended(_: object, __: object, params: aiohttp.TraceRequestEndParams) -> None:
        seen.append(params.url.path)

    trace.on_request_end.append(ended)
    options: Any = {"http_trace": trace} if own_trace else {}
    bot = commands.Bot("!", intents=INTENTS, **options)
    chat = await start(bot)
    assert chat.value("api_responses_total", result="ok") == 2
    assert len(seen) == (2 if own_trace else 0)
    await start(commands.Bot("!", intents=INTENTS, **options))
    assert chat.value("api_responses_total", result="ok") == 4
    assert len(seen) == (4 if own_trace else 0)


async def test_a_bot_that_starts_in_its_own_way(watch: Watch, rest: RestDouble) -> None:
    calls: list[str] = []

    class Own(commands.Bot):
        async def start(self) -> None:  # type: ignore[override] # as people do
            calls.append("start")
            await self.login(TOKEN, again=True)
            await self.connect(shard=1)

        async def login(self, token: str, *, again: bool = False) -> None:
            calls.append("login")
            await super().login(token)

        async def connect(self, *, reconnect: bool = True, shard: int = 0) -> None:
            calls.append("connect")

    bot = Own("!", intents=INTENTS)
    botwatch.watch(bot)
    await bot.start()
    assert calls == ["start", "login", "connect"]
    assert masked(TOKEN) == "[secret]"
    await bot.close()


@pytest.mark.usefixtures("watch", "rest")
async def test_a_missing_token_is_reported_by_discord_py() -> None:
    bot = a_bot()
    botwatch.watch(bot)
    with pytest.raises(TypeError, match="expected token to be a str") as refused:
        await bot.login(os.environ.get("UNSET"))  # type: ignore[arg-type] # as people do
    code, reasons = judge_end(refused.value)
    assert code is ExitCode.BAD_SETTINGS
    assert "no token" in reasons[0]


@pytest.mark.parametrize("takes_options", [False, True])
def test_a_run_without_options_gets_none(watch: Watch, *, takes_options: bool) -> None:
    options: list[object] = []

    class Fixed(commands.Bot):
        def run(self) -> None:  # type: ignore[override] # as people do
            options.append("none")

    class Open(commands.Bot):
        def run(self, **named: object) -> None:  # type: ignore[override] # as people do
            options.append(named)

    bot = (Open if takes_options else Fixed)("!", intents=INTENTS)
    hook(watch, bot, keep_logging=True)
    bot.run()
    assert options == [{"log_handler": None} if takes_options else "none"]


async def test_a_job_that_fails_and_one_that_does_not(start: Start) -> None:
    rounds: list[str] = []

    @tasks.loop(seconds=0.01)
    async def good() -> None:
        rounds.append("good")

    class Cog(commands.Cog):
        @tasks.loop(minutes=5)
        async def bad(self) -> None:
            rounds.append("bad")
            raise ZeroDivisionError

        @bad.error
        async def failed(self, error: BaseException) -> None:
            rounds.append("handled")

        async def cog_load(self) -> None:
            self.bad.start()

    bot = a_bot()
    chat = await start(bot)
    good.start()
    cog = Cog()
    await bot.add_cog(cog)
    fine = "good"
    await until(lambda: chat.value("job_failures_total", job="Cog.bad") and "handled" in rounds)
    await until(lambda: chat.value("job_running", job="Cog.bad") == 0)
    assert chat.value("job_running", job=fine) == 1
    assert chat.value("job_failures_total", job=fine) == 0
    assert chat.value("job_interval_seconds", job="Cog.bad") == 300
    assert (chat.value("job_last_success_timestamp_seconds", job=fine) or 0) > 0
    ended = cog.bad.get_task()
    assert ended is not None
    assert isinstance(ended.exception(), ZeroDivisionError)
    good.cancel()
    await asyncio.sleep(0.01)
    assert chat.value("job_running", job=fine) is None
    assert "good" in rounds
    await bot.remove_cog("Cog")
    await bot.add_cog(Cog())
    again = chat.value("job_running", job="Cog.bad")
    assert again == 1
