"""Connections, guilds, launching and slash commands, as a bot of the library's own has them."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING, Any

import discord
import pytest
from discord.ext import commands
from discord.shard import AutoShardedClient
from packages.botwatch.tests.doubles import until

import botwatch
from botwatch import bots, current

if TYPE_CHECKING:
    from pathlib import Path

    import yarl
    from packages.botwatch.tests.conftest import Start
    from packages.botwatch.tests.doubles import Chat, RestDouble

    from botwatch import Watch

INTENTS = discord.Intents.default()
DETAIL = "nobody listens"
DAY = 86_400


def refuse() -> None:
    raise ConnectionRefusedError(DETAIL)


@pytest.fixture
async def chat(start: Start) -> Chat:
    bot = botwatch.Bot("!", intents=INTENTS)

    @bot.tree.command(description="Reply with pong.")
    async def ping(interaction: discord.Interaction[Any]) -> None: ...

    return await start(bot)


class TestConnections:
    async def test_sessions_and_losses_are_counted(self, chat: Chat) -> None:
        for event in ("shard_connect", "shard_disconnect", "shard_resumed"):
            chat.client.dispatch(event, 0)
        assert chat.value("gateway_sessions_total", kind="identify") == 1
        assert chat.value("gateway_sessions_total", kind="resume") == 1
        assert chat.value("gateway_disconnects_total") == 1
        assert chat.errors == {}

    async def test_those_of_an_unsharded_client_are_as_well(self, start: Start) -> None:
        chat = await start(discord.Client(intents=INTENTS))
        for event in ("connect", "disconnect", "resumed", "disconnect", "disconnect"):
            chat.client.dispatch(event)
        assert chat.value("gateway_shard_sessions_total", shard="0", kind="resume") == 1
        assert chat.value("gateway_disconnects_total") == 2
        assert chat.errors == {"gateway": 1}

    async def test_health_tells_why_coming_back_failed(self, chat: Chat) -> None:
        chat.client.dispatch("shard_connect", 0)
        chat.client.dispatch("shard_disconnect", 0)
        try:
            refuse()
        except ConnectionRefusedError:  # as discord.py does, it reports from within
            chat.client.dispatch("shard_disconnect", 0)
        assert chat.watch.health.ready_reasons()[0].endswith(f"could not reconnect: {DETAIL}")
        assert chat.value("gateway_failures_total", cause="connect") == 1

    async def test_guilds_are_counted_as_they_come_and_go(self, chat: Chat) -> None:
        assert chat.watch.observer is not None
        chat.watch.observer.sample()
        assert (chat.value("active_guilds"), chat.value("guild_members")) == (1, 3)
        chat.gateway("GUILD_DELETE", {"id": "100"})
        chat.watch.observer.sample()
        assert (chat.value("active_guilds"), chat.value("guild_members")) == (0, 0)

    async def test_the_tick_refreshes_what_no_event_announces(
        self, chat: Chat, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        chat.watch._beat()
        chat.watch.metrics.heartbeat.set(0)
        chat.client.dispatch("shard_connect", 0)
        shard = chat.watch.gateway._shards[0]
        shard.latency = 0.5
        chat.watch._beat()
        assert chat.value("gateway_latency_seconds") == 0.5
        assert chat.value("ready") == 1
        assert time.time() - (chat.value("heartbeat_timestamp_seconds") or 0) < 5

    async def test_a_bug_in_observing_does_not_end_the_bot(
        self, chat: Chat, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(chat.watch.metrics.ready, "set", refuse)
        chat.watch._beat()
        assert chat.errors == {"internal": 1}

    async def test_what_nobody_awaits_is_counted(self, chat: Chat) -> None:
        async def fail() -> None:
            refuse()

        task = asyncio.create_task(fail())
        await asyncio.wait((task,))
        del task
        await until(lambda: chat.errors == {"internal": 1})

    async def test_every_failed_launch_is_counted_and_their_number_is_bounded(
        self, chat: Chat, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(
            self: botwatch.Bot, gateway: yarl.URL, shard_id: int, *, initial: bool = False
        ) -> None:
            # As discord.py does: catch the failure, wait, call oneself again.
            try:
                refuse()
            except ConnectionRefusedError:
                await self.launch_shard(gateway, shard_id)

        monkeypatch.setattr(AutoShardedClient, "launch_shard", fail)
        client: Any = chat.client
        with pytest.raises(bots.GatewayUnreachableError):
            await client.launch_shard("ws://127.0.0.1:9", 0)
        assert chat.errors == {"gateway": bots._LAUNCH_TRIES}


class TestSyncing:
    @pytest.fixture
    def bot(self, chat: Chat) -> botwatch.Bot:
        assert isinstance(chat.client, botwatch.Bot)
        return chat.client

    @pytest.fixture
    def directory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("BOTWATCH_STATE_DIRECTORY", str(tmp_path))
        return tmp_path

    async def test_commands_are_sent_once(self, chat: Chat, bot: botwatch.Bot) -> None:
        await bot.sync_slash_commands()
        assert [command["name"] for command in chat.rest.commands] == ["ping"]
        await bot.sync_slash_commands()
        assert (chat.rest.asked_for_commands, chat.rest.told_commands) == (2, 1)
        assert chat.value("slash_command_syncs_total", result="updated") == 1
        assert chat.value("slash_command_syncs_total", result="unchanged") == 1

    async def test_a_context_menu_may_have_the_name_of_a_command(
        self, chat: Chat, bot: botwatch.Bot
    ) -> None:
        @bot.tree.context_menu(name="ping")
        async def ping_menu(
            interaction: discord.Interaction[botwatch.Bot], user: discord.User
        ) -> None: ...

        await bot.sync_slash_commands()
        assert [command["name"] for command in chat.rest.commands] == ["ping", "ping"]
        await bot.sync_slash_commands()
        assert chat.rest.told_commands == 1

    async def test_a_change_by_somebody_else_is_undone(self, chat: Chat, bot: botwatch.Bot) -> None:
        await bot.sync_slash_commands()
        chat.rest.commands[0]["description"] = "another"
        await bot.sync_slash_commands()
        assert chat.rest.told_commands == 2

    async def test_a_failure_is_counted_and_no_error_of_the_bot(
        self, chat: Chat, bot: botwatch.Bot
    ) -> None:
        chat.rest.failures = [(403, {})]
        await bot.sync_slash_commands()
        assert chat.value("slash_command_syncs_total", result="failed") == 1
        assert chat.errors == {}

    async def test_with_a_directory_discord_is_asked_once_a_day(
        self, directory: Path, chat: Chat, bot: botwatch.Bot
    ) -> None:
        await bot.sync_slash_commands()
        await bot.sync_slash_commands()
        assert chat.rest.asked_for_commands == 1
        file = directory / "slash-commands"
        os.utime(file, (time.time() - DAY - 1,) * 2)
        await bot.sync_slash_commands()
        assert chat.rest.asked_for_commands == 2

    async def test_a_directory_of_no_use_costs_a_question(
        self, directory: Path, chat: Chat, bot: botwatch.Bot
    ) -> None:
        (directory / "slash-commands").mkdir()
        await bot.sync_slash_commands()
        await bot.sync_slash_commands()
        assert chat.rest.asked_for_commands == 2


async def test_a_plain_bot_is_stopped_in_order(
    watch: Watch, rest: RestDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = commands.Bot("!", intents=INTENTS)
    connected = asyncio.Event()

    async def connect(*, reconnect: bool = True) -> None:
        connected.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(bot, "connect", connect)
    botwatch.watch(bot)
    running = asyncio.create_task(bot.start("a.test.token"))
    await connected.wait()
    watch.stop_soon()
    await running
    assert bot.is_closed()


async def test_with_a_format_run_sets_up_no_logging_of_its_own(
    monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    given: list[dict[str, Any]] = []
    monkeypatch.setattr(discord.Client, "run", lambda *_, **named: given.append(named))
    monkeypatch.setattr("botwatch.logs.configure", lambda *_: None)
    monkeypatch.setenv("BOTWATCH_LOG_FORMAT", "json")
    client = discord.Client(intents=INTENTS)
    botwatch.watch(client)
    client.run("a.test.token")
    current.forget()
    assert given == [{"log_handler": None}]
