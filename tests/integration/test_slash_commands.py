"""Slash commands: known to Discord, answered in the language of who uses them, counted once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from botwatch_sandbox.discord.guilds import HOME
from botwatch_sandbox.discord.state import BOT
from botwatch_sandbox.testing.waiting import eventually
from integration.bot_process import START_SECONDS, Bot, connected


async def until_registered(bot: Bot) -> None:
    commands = bot.box.sandbox.interactions.commands

    async def look() -> bool:
        return commands.find("ping", HOME.id) is not None

    await eventually(look, "the registered commands", START_SECONDS)


async def use(bot: Bot, name: str, locale: str = "en-US", **options: object) -> str:
    """Use a slash command and return the bot's answer."""
    before = len(await bot.answers())
    body = {"name": name, "author": "you", "options": options, "locale": locale}
    status, answer = await bot.box.post("/control/discord/slash", body)
    assert status == 201, answer

    async def look() -> list[str] | None:
        found = await bot.answers()
        return found if len(found) > before else None

    return (await eventually(look, f"an answer to /{name}"))[-1]


async def option(bot: Bot, name: str) -> str:
    """Return the name of a command's only option."""
    url = f"{bot.box.api_url}/applications/{BOT.id}/commands"
    headers = {"Authorization": f"Bot {bot.box.secrets.discord_token}"}
    async with bot.box.session.get(url, headers=headers) as response:
        commands: dict[str, Any] = {entry["name"]: entry for entry in await response.json()}
    [only] = commands[name]["options"]
    return str(only["name"])


async def test_slash_commands_are_answered_and_counted_once(tmp_path: Path) -> None:
    async with connected(tmp_path) as bot:
        await until_registered(bot)
        assert "Pong!" in await use(bot, "ping")
        assert await use(bot, "add", **{await option(bot, "add"): "1 2"}) == "1 + 2 = **3**"
        assert "I roll" in await use(bot, "roll", **{await option(bot, "roll"): "banana"})
        assert await bot.value('commands_total{command="ping",status="success"}') == 1
        assert await bot.value('commands_total{command="add",status="success"}') == 1
        assert await bot.value('commands_total{command="roll",status="user_error"}') == 1
        assert await bot.value("messages_sent_total") == 3
        assert await bot.value("message_latency_seconds_count") == 3
        assert await bot.value('errors_total{error_type="internal"}') == 0
        assert len(await bot.answers()) == 3


async def test_answers_come_in_the_language_of_who_asks(tmp_path: Path) -> None:
    async with connected(tmp_path) as bot:
        await until_registered(bot)
        english, korean = await use(bot, "help"), await use(bot, "help", locale="ko")
        assert english != korean
        assert any("가" <= character <= "힣" for character in korean)
        assert not any("가" <= character <= "힣" for character in english)


async def test_a_lost_connection_keeps_slash_commands(tmp_path: Path) -> None:
    async with connected(tmp_path) as bot:
        await until_registered(bot)
        await bot.fault(drop=True)
        assert "Pong!" in await use(bot, "ping")
        assert await bot.value('commands_total{command="ping",status="success"}') == 1
        await bot.fault(rate_limit=1, via=False)
        status, _ = await bot.box.post("/control/discord/slash", {"name": "ping", "author": "you"})
        assert status == 201
        await bot.wait_for_value('commands_total{command="ping",status="error"}', 1)
        assert await bot.value('errors_total{error_type="send"}') == 1
