"""Connections that are lost, sessions that are taken, and what health says meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration.bot_process import connected


@pytest.mark.parametrize(
    "fault",
    [
        {"drop": True},
        {"drop": True, "code": 4000},
        {"drop": True, "code": 1000},
        {"reconnect": True},
        {"invalid_session": True},
    ],
    ids=["cut", "closed-4000", "closed-1000", "op-7", "op-9-resumable"],
)
async def test_a_lost_connection_is_resumed_and_nothing_is_lost(
    tmp_path: Path, fault: dict[str, object]
) -> None:
    async with connected(tmp_path) as bot:
        await bot.fault(**fault)
        assert await bot.ask("?add 2 3") == "2 + 3 = **5**"
        await bot.wait_for_value('gateway_sessions_total{kind="resume"}', 1)
        await bot.wait_for_health(200)
        assert await bot.value('gateway_sessions_total{kind="identify"}') == 1
        assert await bot.value("gateway_disconnects_total") == 1
        assert await bot.value('errors_total{error_type="gateway"}') == 0
        assert len(await bot.answers()) == 1


async def test_a_session_that_is_gone_is_identified_again(tmp_path: Path) -> None:
    async with connected(tmp_path) as bot:
        await bot.fault(invalid_session=False)
        await bot.wait_for_value('gateway_sessions_total{kind="identify"}', 2)
        assert await bot.value('gateway_sessions_total{kind="resume"}') == 0
        assert "Pong!" in await bot.ask("?ping")
        await bot.wait_for_health(200)
        await bot.wait_for_value("active_guilds", 1)
        assert await bot.value('errors_total{error_type="gateway"}') == 0


async def test_the_bot_listens_to_a_compressed_stream(tmp_path: Path) -> None:
    async with connected(tmp_path) as bot:
        [session] = bot.box.sandbox.gateway.sessions.attached()
        assert session.connection is not None
        assert session.connection.compressed
        assert "Pong!" in await bot.ask("?ping")


async def test_health_follows_the_gateway_while_the_process_stays_alive(tmp_path: Path) -> None:
    async with connected(tmp_path) as bot:
        await bot.fault(hold_gateway=True)
        await bot.fault(drop=True)
        report = await bot.wait_for_health(503)
        assert report["status"] == "degraded"
        assert "shard 0 has been disconnected" in report["reasons"][0]
        await bot.wait_for_value("ready", 0)
        async with bot.box.session.get(f"{bot.url}/livez") as response:
            assert response.status == 200
        await bot.box.until(lambda s: not s["status"]["bot"]["ready"], "the control room to see it")

        await bot.fault(hold_gateway=False)
        assert (await bot.wait_for_health(200))["reasons"] == []
        assert "Pong!" in await bot.ask("?ping")
