"""The discord.py client and the gateway: sessions, guilds, zombie connections, launching."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from bot.tests.counted import errors, outcome, total_errors
from discord.ext import commands
from discord.shard import AutoShardedClient

from botwatch_bot.commands import COMMANDS
from botwatch_bot.gateway import client as client_module

if TYPE_CHECKING:
    from collections.abc import Callable

    import yarl
    from bot.tests.conftest import Chat, Eventually

    from botwatch_bot.gateway.client import BotClient
    from botwatch_bot.services import Services

DETAIL = "nobody listens"


def refuse() -> None:
    raise ConnectionRefusedError(DETAIL)


class TestGatewayEvents:
    async def test_sessions_and_losses_are_counted(
        self, client: BotClient, services: Services, value: Callable[..., float | None]
    ) -> None:
        client.dispatch("shard_connect", 0)
        client.dispatch("shard_disconnect", 0)
        client.dispatch("shard_resumed", 0)
        assert value("gateway_sessions_total", kind="identify") == 1
        assert value("gateway_sessions_total", kind="resume") == 1
        assert value("gateway_disconnects_total") == 1
        assert total_errors(services) == 0

    async def test_an_attempt_to_come_back_that_fails_is_a_gateway_error(
        self, client: BotClient, services: Services, value: Callable[..., float | None]
    ) -> None:
        client.dispatch("shard_connect", 0)
        client.dispatch("shard_disconnect", 0)
        client.dispatch("shard_disconnect", 0)
        assert value("gateway_disconnects_total") == 1
        assert errors(services) == {"gateway": 1}
        assert services.gateway.reasons()[0].endswith("failed: shard 0 could not reconnect")

    async def test_health_tells_why_coming_back_failed(
        self, client: BotClient, services: Services
    ) -> None:
        client.dispatch("shard_connect", 0)
        client.dispatch("shard_disconnect", 0)
        try:
            refuse()
        except ConnectionRefusedError:  # as the library does, it reports from within
            client.dispatch("shard_disconnect", 0)
        assert services.gateway.reasons()[0].endswith(f"shard 0 could not reconnect: {DETAIL}")

    async def test_a_second_ready_does_no_harm(self, client: BotClient, services: Services) -> None:
        client.dispatch("shard_connect", 0)
        client.dispatch("shard_connect", 0)
        assert total_errors(services) == 0

    async def test_guilds_are_counted_as_they_come_and_go(
        self, chat: Chat, value: Callable[..., float | None]
    ) -> None:
        chat.guild("101", members=40)
        chat.guild("102", members=50)
        chat.client.sample()
        assert value("active_guilds") == 3
        assert value("guild_members") == 93
        chat.gateway("GUILD_DELETE", {"id": "101", "unavailable": True})
        chat.gateway("GUILD_DELETE", {"id": "102"})
        chat.client.sample()
        assert value("active_guilds") == 1
        assert value("guild_members") == 3

    async def test_nothing_is_kept_that_grows_with_members_or_messages(self, chat: Chat) -> None:
        await chat.ask("?ping")
        assert [list(guild.members) for guild in chat.client.guilds] == [[]]
        assert list(chat.client.cached_messages) == []

    async def test_active_users_are_different_people(
        self, chat: Chat, services: Services, value: Callable[..., float | None]
    ) -> None:
        for author in (1, 1, 2):
            chat.say("?ping", author_id=author)
        await chat.eventually(lambda: outcome(services, "ping") == {"success": 3})
        services.counter.refresh()
        assert value("active_users") == 2


class FakeSocket:
    """A connection to the gateway that can be looked at and closed."""

    open = True
    latency = 0.02
    sequence = 5

    def __init__(self) -> None:
        self.closed: list[int] = []

    async def close(self, code: int) -> None:
        self.closed.append(code)


class TestDeafConnections:
    @pytest.fixture
    def socket(self, client: BotClient, monkeypatch: pytest.MonkeyPatch) -> FakeSocket:
        socket = FakeSocket()
        shard = SimpleNamespace(ws=socket, id=0, close=partial(socket.close, 1000))
        monkeypatch.setattr(client, "_AutoShardedClient__shards", {0: shard})
        client.shard_count = 1
        client.dispatch("shard_connect", 0)
        return socket

    async def age(self, services: Services, seconds: float) -> None:
        """Let the connection be older than it is."""
        shard = services.gateway._shards[0]
        shard.since -= seconds
        shard.last_event -= seconds
        shard.acked = shard.since

    async def test_one_that_is_well_is_left_alone(
        self, client: BotClient, socket: FakeSocket, services: Services
    ) -> None:
        client.sample()
        await asyncio.sleep(0)
        assert (socket.closed, services.gateway.reasons()) == ([], [])

    async def test_one_whose_heartbeats_nobody_answers_is_resumed_once(
        self,
        client: BotClient,
        socket: FakeSocket,
        services: Services,
        eventually: Eventually,
        value: Callable[..., float | None],
    ) -> None:
        await self.age(services, 80)
        assert "has had no heartbeat answered" in services.gateway.reasons()[0]
        client.sample()
        client.sample()
        await eventually(lambda: socket.closed == [4000])
        assert value("gateway_interventions_total", reason="unanswered") == 1

    async def test_one_that_is_quiet_for_long_is_resumed(
        self,
        client: BotClient,
        socket: FakeSocket,
        services: Services,
        eventually: Eventually,
        value: Callable[..., float | None],
    ) -> None:
        await self.age(services, services.settings.gateway_quiet + 1)
        services.gateway.acknowledged(0, 41.25)
        client.sample()
        await eventually(lambda: socket.closed == [4000])
        assert value("gateway_interventions_total", reason="quiet") == 1
        assert value("gateway_interventions_total", reason="unanswered") == 0

    async def test_a_drill_drops_what_is_connected(
        self,
        client: BotClient,
        socket: FakeSocket,
        eventually: Eventually,
        value: Callable[..., float | None],
    ) -> None:
        assert client.drop_connections() == 1
        await eventually(lambda: socket.closed == [4000])
        assert value("gateway_interventions_total", reason="drill") == 1
        socket.open = False
        assert client.drop_connections() == 0

    async def test_each_shard_has_metrics(
        self, client: BotClient, socket: FakeSocket, value: Callable[..., float | None]
    ) -> None:
        client.sample()
        assert value("gateway_connected", shard="0") == 1
        assert value("gateway_shard_latency_seconds", shard="0") == 0.02
        assert value("gateway_shard_sessions_total", shard="0", kind="identify") == 1
        assert value("gateway_shard_disconnects_total", shard="0") == 0
        seen = value("gateway_shard_last_event_timestamp_seconds", shard="0") or 0
        assert abs(seen - time.time()) < 5
        socket.open = False
        client.sample()
        assert value("gateway_connected", shard="0") == 0


class TestConnecting:
    async def test_asks_for_no_privileged_intent_but_message_content(
        self, client: BotClient
    ) -> None:
        assert client.intents.message_content
        assert not client.intents.members
        assert not client.intents.presences

    async def test_every_failed_launch_is_counted_and_their_number_is_bounded(
        self, client: BotClient, services: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(
            self: BotClient, gateway: yarl.URL, shard_id: int, *, initial: bool = False
        ) -> None:
            # As the library does: catch the failure, wait, call oneself again.
            del initial
            try:
                refuse()
            except ConnectionRefusedError:
                await self.launch_shard(gateway, shard_id)

        monkeypatch.setattr(AutoShardedClient, "launch_shard", fail)
        with pytest.raises(client_module.GatewayUnreachableError):
            await client.launch_shard("ws://127.0.0.1:9", 0)  # type: ignore[arg-type]
        assert errors(services) == {"gateway": client_module._LAUNCH_TRIES}
        assert f"did not take shard 0: {DETAIL}" in services.gateway.reasons()[0]

    async def test_every_command_is_registered_once(self, client: BotClient) -> None:
        assert {command.name for command in client.commands} == set(COMMANDS)
        assert all(isinstance(command, commands.Command) for command in client.commands)
