"""How the bot ends: when it is asked to, within two seconds; by itself only where nothing helps."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from integration.bot_process import START_SECONDS, Bot, connected, started

STOP_SECONDS = 2.0
REFUSED = 77


async def stop(bot: Bot) -> int:
    bot.process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(STOP_SECONDS):
        return await bot.process.wait()


async def test_sigterm_ends_the_bot_and_its_session(tmp_path: Path) -> None:
    async with connected(tmp_path) as bot:
        assert await stop(bot) == 0
        # Only a clean close gives the session up: one that was lost could still be resumed.
        await bot.box.until(lambda s: s["status"]["bot"]["sessions"] == 0, "the end")
        assert bot.box.sandbox.gateway.sessions.all() == []


async def test_sigterm_does_not_wait_for_a_slow_answer(tmp_path: Path) -> None:
    async with connected(tmp_path) as bot:
        await bot.fault(slow_ms=10_000)
        await bot.say("?ping")
        assert await stop(bot) == 0
        assert bot.box.sandbox.gateway.sessions.all() == []


@pytest.mark.parametrize("fault", [{"hold_gateway": True, "drop": True}, {"silent": True}])
async def test_sigterm_does_not_wait_for_a_gateway_that_is_away(
    tmp_path: Path, fault: dict[str, object]
) -> None:
    async with connected(tmp_path) as bot:
        await bot.fault(**fault)
        assert await stop(bot) == 0


async def test_a_wrong_token_ends_the_bot(tmp_path: Path) -> None:
    async with started(tmp_path, token="not-the-token") as bot, asyncio.timeout(START_SECONDS):
        assert await bot.process.wait() == REFUSED


@pytest.mark.parametrize("code", [4004, 4013, 4014])
async def test_a_refusal_of_the_gateways_ends_the_bot(tmp_path: Path, code: int) -> None:
    async with connected(tmp_path) as bot, asyncio.timeout(START_SECONDS):
        await bot.fault(drop=True, code=code)
        assert await bot.process.wait() == REFUSED
