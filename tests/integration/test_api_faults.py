"""Answers that Discord does not take immediately, or at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration.bot_process import connected

SLOW_MS = 700


async def test_a_rate_limit_of_cloudflares_fails_a_command_and_is_reported(tmp_path: Path) -> None:
    async with connected(tmp_path) as bot:
        await bot.fault(rate_limit=1, via=False)
        await bot.say("?ping")
        await bot.wait_for_value('commands_total{command="ping",status="error"}', 1)
        assert await bot.value('errors_total{error_type="send"}') == 1
        assert await bot.value('api_responses_total{result="rate_limited"}') == 1
        assert await bot.value("messages_sent_total") == 0


async def test_a_rate_limit_of_discords_delays_an_answer(tmp_path: Path) -> None:
    async with connected(tmp_path) as bot:
        await bot.fault(rate_limit=1, via=True)
        assert "Pong!" in await bot.ask("?ping")
        await bot.wait_for_value('commands_total{command="ping",status="success"}', 1)
        assert await bot.value('api_responses_total{result="rate_limited"}') == 1
        assert await bot.value('errors_total{error_type="send"}') == 0


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_a_server_error_is_tried_again(tmp_path: Path, status: int) -> None:
    async with connected(tmp_path) as bot:
        await bot.fault(server_error=1, server_status=status)
        assert "Pong!" in await bot.ask("?ping")
        await bot.wait_for_value('commands_total{command="ping",status="success"}', 1)
        assert await bot.value('api_responses_total{result="server_error"}') == 1
        assert await bot.value('errors_total{error_type="send"}') == 0
        assert await bot.value("messages_sent_total") == 1


async def test_a_slow_discord_shows_in_the_latency_and_nowhere_else(tmp_path: Path) -> None:
    async with connected(tmp_path) as bot:
        await bot.fault(slow_ms=SLOW_MS)
        for number in range(3):
            await bot.say(f"?add {number} 1")
        await bot.wait_for_health(200)  # nothing is blocked by waiting answers
        await bot.box.until(
            lambda s: sum(m["author"]["bot"] for m in s["discord"]["messages"]) == 3, "the answers"
        )
        await bot.wait_for_value('commands_total{command="add",status="success"}', 3)
        assert await bot.value("message_latency_seconds_sum") > 3 * SLOW_MS / 1000
        assert await bot.value('message_latency_seconds_bucket{le="0.5"}') == 0
        assert await bot.value("ready") == 1
