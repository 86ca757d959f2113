"""discord.py itself against the stand-in."""

from __future__ import annotations

import asyncio
import contextlib
import warnings
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from botwatch_sandbox import observer
from botwatch_sandbox.discord.guilds import GUILD_NAME
from botwatch_sandbox.testing.gateway_client import connected
from botwatch_sandbox.testing.waiting import eventually

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # discord.py's voice imports audioop
    import discord
    from discord.ext import commands

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from botwatch_sandbox.testing.doubles import Neighbours
    from botwatch_sandbox.testing.server import RunningSandbox


class Bot(commands.Bot):
    """A tiny bot that notes what happens to it."""

    def __init__(self, intents: discord.Intents, token: str) -> None:
        super().__init__(
            command_prefix="?",
            intents=intents,
            help_command=None,
            guild_ready_timeout=0.05,
            enable_debug_events=True,
        )
        self.token = token
        self.seen: list[str] = []
        self.add_listener(self._note, "on_socket_event_type")
        self.add_command(commands.Command(_ping, name="ping"))

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Do not wait: discord.py would wait 5 s before it identifies again."""

    async def _note(self, event: str) -> None:
        self.seen.append(event)


async def _ping(context: commands.Context[Bot]) -> None:
    await context.reply("Pong!")


@dataclass(slots=True)
class Stage:
    """The stand-in and the bots in front of it."""

    box: RunningSandbox
    bots: list[Bot] = field(default_factory=list)

    def bot(self, intents: discord.Intents | None = None, token: str | None = None) -> Bot:
        wanted = intents or discord.Intents(guilds=True, guild_messages=True, message_content=True)
        bot = Bot(wanted, token or self.box.secrets.discord_token)
        self.bots.append(bot)
        return bot

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        async def look() -> bool:
            return condition()

        await eventually(look, what)

    async def say(self, content: str) -> None:
        body = {"content": content, "author": "you"}
        assert (await self.box.post("/control/discord/messages", body))[0] == 201

    async def play(self, **fault: object) -> None:
        assert (await self.box.post("/control/discord/faults", fault))[0] == 200

    async def answers(self) -> list[str]:
        messages = (await self.box.state())["discord"]["messages"]
        return [found["content"] for found in messages if found["author"]["bot"]]

    async def until_answers(self, count: int) -> list[str]:
        async def look() -> list[str] | None:
            found = await self.answers()
            return found if len(found) >= count else None

        return await eventually(look, f"answer {count}")


@pytest.fixture
def stage(reached: RunningSandbox) -> Stage:
    return Stage(reached)


@asynccontextmanager
async def running(bot: discord.Client, token: str) -> AsyncIterator[asyncio.Task[None]]:
    await bot.login(token)
    task = asyncio.create_task(bot.connect())
    try:
        yield task
    finally:
        await bot.close()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, discord.ConnectionClosed):
            await task


@asynccontextmanager
async def ready(stage: Stage) -> AsyncIterator[Bot]:
    bot = stage.bot()
    async with running(bot, bot.token):
        await asyncio.wait_for(bot.wait_until_ready(), 5)
        yield bot


async def test_login_guild_command_and_answer(stage: Stage) -> None:
    async with ready(stage) as bot:
        assert bot.user is not None
        assert [guild.name for guild in bot.guilds] == [GUILD_NAME]
        assert bot.guilds[0].member_count == 2
        assert bot.guilds[0].me.name == bot.user.name
        assert bot.guilds[0].text_channels[0].permissions_for(bot.guilds[0].me).send_messages
        assert bot.latency < 5
        await stage.say("?ping")
        assert await stage.until_answers(1) == ["Pong!"]
        messages = (await stage.box.state())["discord"]["messages"]
        assert [found["author"]["name"] for found in messages] == ["you", "botwatch"]
        state = await stage.box.until(
            lambda found: found["status"]["bot"]["latency_ms"] is not None, "the latency"
        )
        assert state["status"]["bot"]["sessions"] == 1
    await stage.box.until(lambda found: not found["status"]["bot"]["connected"], "the end")


async def test_a_bot_without_an_http_server_is_ready_when_it_is_connected(stage: Stage) -> None:
    assert not (await stage.box.state())["status"]["bot"]["ready"]
    async with ready(stage):
        bot = (await stage.box.state())["status"]["bot"]
        assert (bot["ready"], bot["reasons"]) == (True, [])


async def test_another_bot_need_not_have_an_http_server(
    drill_box: RunningSandbox, around: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observer, "ANSWERS_WITHIN_S", 0.1)
    around.bot.answers = False
    async with connected(drill_box) as client:
        await drill_box.until(lambda state: not state["status"]["bot"]["ready"], "the end of it")
        await client.identify()
        await drill_box.until(lambda state: state["status"]["bot"]["ready"], "another bot")


async def test_a_wrong_token_is_a_login_failure(stage: Stage) -> None:
    bot = stage.bot()
    with pytest.raises(discord.LoginFailure):
        async with running(bot, "another"):
            raise AssertionError
    await bot.close()


async def test_a_refused_intent_is_reported_to_the_bot(stage: Stage) -> None:
    bot = stage.bot(intents=discord.Intents.all())
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with running(bot, bot.token) as task:
            await asyncio.wait_for(asyncio.shield(task), 5)


@pytest.mark.parametrize(
    "fault",
    [
        {"drop": True},
        {"drop": True, "code": 4000},
        {"drop": True, "code": 1000},
        {"reconnect": True},
        {"invalid_session": True},
    ],
)
async def test_a_lost_connection_is_resumed_and_misses_nothing(
    stage: Stage, fault: dict[str, Any]
) -> None:
    async with ready(stage) as bot:
        await stage.play(**fault)
        await stage.say("?ping")
        await stage.until(lambda: "RESUMED" in bot.seen, "RESUMED")
        assert bot.seen.count("READY") == 1
        assert await stage.until_answers(1) == ["Pong!"]
        await stage.say("?ping")
        assert await stage.until_answers(2) == ["Pong!", "Pong!"]


async def test_an_invalid_session_is_identified_anew(stage: Stage) -> None:
    async with ready(stage) as bot:
        await stage.play(invalid_session=False)
        await stage.until(lambda: bot.seen.count("READY") == 2, "the second READY")
        assert "RESUMED" not in bot.seen
        await stage.say("?ping")
        assert await stage.until_answers(1) == ["Pong!"]


async def test_discord_py_retries_a_429_with_via_and_a_500(stage: Stage) -> None:
    async with ready(stage):
        await stage.play(rate_limit=1, via=True)
        await stage.say("?ping")
        assert await stage.until_answers(1) == ["Pong!"]
        await stage.play(server_error=1)
        await stage.say("?ping")
        assert await stage.until_answers(2) == ["Pong!", "Pong!"]


async def test_discord_py_gives_up_on_a_429_without_via(stage: Stage) -> None:
    async with ready(stage) as bot:
        failed: asyncio.Future[commands.CommandError] = asyncio.get_running_loop().create_future()

        async def on_command_error(_: object, error: commands.CommandError) -> None:
            failed.set_result(error)

        bot.add_listener(on_command_error)
        await stage.play(rate_limit=1, via=False)
        await stage.say("?ping")
        error = await asyncio.wait_for(failed, 5)
        assert isinstance(error, commands.CommandInvokeError)
        assert isinstance(error.original, discord.HTTPException)
        assert error.original.status == 429
        assert await stage.answers() == []


async def test_members_can_be_asked_for(stage: Stage) -> None:
    async with ready(stage) as bot:
        found = await bot.guilds[0].query_members(query="own", limit=5)
        assert [member.name for member in found] == ["owner"]


async def test_two_shards_share_one_guild(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(*_: object, **__: object) -> None:
        """discord.py keeps its shards 5 s apart."""

    monkeypatch.setattr(discord.AutoShardedClient, "before_identify_hook", at_once)
    client = discord.AutoShardedClient(
        shard_count=2, intents=discord.Intents(guilds=True), guild_ready_timeout=0.05
    )
    async with running(client, stage.box.secrets.discord_token):
        await asyncio.wait_for(client.wait_until_ready(), 5)
        assert len(client.guilds) == 1
        assert (await stage.box.state())["status"]["bot"]["sessions"] == 2


async def test_a_slash_command_is_synced_used_and_answered(stage: Stage) -> None:
    bot = stage.bot()
    seen: list[discord.Locale | None] = []

    async def roll(interaction: discord.Interaction[Bot], count: int, dice: str = "d6") -> None:
        seen.extend((interaction.locale, interaction.guild_locale))
        await interaction.response.defer(ephemeral=True)
        await interaction.edit_original_response(content=f"{count} of {dice}")
        await interaction.followup.send("and more")

    bot.tree.add_command(
        discord.app_commands.Command(name="roll", description="rolls dice", callback=roll)
    )
    async with running(bot, bot.token):
        await asyncio.wait_for(bot.wait_until_ready(), 5)
        assert [command.name for command in await bot.tree.sync()] == ["roll"]
        body = {"name": "roll", "author": "you", "options": {"count": 2}, "locale": "ko"}
        assert (await stage.box.post("/control/discord/slash", body))[0] == 201
        assert await stage.until_answers(2) == ["2 of d6", "and more"]
        assert seen == [discord.Locale.korean, discord.Locale.american_english]


async def test_a_hybrid_command_answers_a_slash(stage: Stage) -> None:
    bot = stage.bot()

    async def echo(context: commands.Context[Bot], *, text: str) -> None:
        sent = await context.send(text)
        assert sent.content == text

    bot.add_command(commands.HybridCommand(echo, name="echo", description="says it again"))
    async with running(bot, bot.token):
        await asyncio.wait_for(bot.wait_until_ready(), 5)
        await bot.tree.sync()
        await stage.say("/echo hello there")
        assert await stage.until_answers(1) == ["hello there"]
