"""What people ask the bot, and how it is counted."""

from __future__ import annotations

from pathlib import Path

from integration.bot_process import connected


async def test_commands_are_answered_and_counted_once(tmp_path: Path) -> None:
    async with connected(tmp_path) as bot:
        assert "Pong!" in await bot.ask("?ping")
        assert await bot.ask("?add 1 2") == "1 + 2 = **3**"
        assert "For example: `?roll 2d6`" in await bot.ask("?roll banana")
        assert "no command `nope`" in await bot.ask("?nope")
        assert len(await bot.answers()) == 4
        assert await bot.value('commands_total{command="ping",status="success"}') == 1
        assert await bot.value('commands_total{command="add",status="success"}') == 1
        assert await bot.value('commands_total{command="roll",status="user_error"}') == 1
        assert await bot.value("unknown_commands_total") == 1
        assert await bot.value("messages_sent_total") == 4
        assert await bot.value("message_latency_seconds_count") == 3
        await bot.wait_for_value("active_guilds", 1)
        await bot.wait_for_value("active_users", 1)
