"""Slash commands: answered and counted as the others are, in the user's language, and announced."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from botwatch_bot.commands import COMMANDS
from botwatch_bot.cooldown import Cooldown
from botwatch_bot.gateway import slash
from botwatch_bot.texts import texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.tests.conftest import Chat, Eventually

    from botwatch_bot.services import Services

EPHEMERAL = 64


class TestAnswers:
    async def test_a_slash_command_is_answered_and_counted_once(
        self, chat: Chat, value: Callable[..., float | None]
    ) -> None:
        assert await chat.ask_slash("add", "1 2") == "1 + 2 = **3**"
        assert value("commands_total", command="add", status="success") == 1
        assert value("messages_sent_total") == 1
        assert value("message_latency_seconds_count") == 1

    async def test_one_without_its_option_works_too(self, chat: Chat) -> None:
        assert "🎲 1d6" in await chat.ask_slash("roll")
        assert "Pong!" in await chat.ask_slash("ping")

    async def test_a_mistake_is_reported_to_the_user_alone(
        self, chat: Chat, value: Callable[..., float | None]
    ) -> None:
        assert "For example: `/roll 2d6`" in await chat.ask_slash("roll", "banana")
        assert chat.rest.sent[-1]["flags"] == EPHEMERAL
        assert value("commands_total", command="roll", status="user_error") == 1

    async def test_nobody_is_ever_mentioned(self, chat: Chat) -> None:
        await chat.ask_slash("choose", "@everyone @everyone")
        assert chat.rest.sent[-1]["allowed_mentions"] == {"parse": []}

    @pytest.mark.parametrize(
        ("locale", "guild_locale", "word"),
        [
            ("ko", "en-US", "퐁!"),
            ("fr", "ko", "퐁!"),
            ("en-GB", "ko", "Pong!"),
            ("fr", "de", "Pong!"),
        ],
    )
    async def test_the_answer_is_in_the_language_of_the_user_or_else_of_the_server(
        self, chat: Chat, locale: str, guild_locale: str, word: str
    ) -> None:
        assert word in await chat.ask_slash("ping", locales=(locale, guild_locale))

    async def test_an_answer_that_comes_too_late_is_a_failed_send(
        self, chat: Chat, eventually: Eventually, value: Callable[..., float | None]
    ) -> None:
        chat.rest.failures = [(404, {"message": "Unknown interaction"})]
        chat.slash("ping")
        await eventually(lambda: value("commands_total", command="ping", status="error"))
        assert value("errors_total", error_type="send") == 1

    async def test_one_that_discord_knows_and_we_do_not_is_answered_without_a_new_series(
        self, chat: Chat, value: Callable[..., float | None]
    ) -> None:
        assert "has changed" in await chat.ask_slash("nope")
        assert value("unknown_commands_total") == 1
        assert value("messages_sent_total") == 1
        assert value("commands_total", command="nope", status="error") is None

    async def test_an_answer_to_an_unknown_one_that_fails_is_a_failed_send(
        self, chat: Chat, eventually: Eventually, value: Callable[..., float | None]
    ) -> None:
        chat.rest.failures = [(400, {"message": "no"})]
        chat.slash("nope")
        await eventually(lambda: value("errors_total", error_type="send"))

    async def test_discord_pys_own_refusals_are_explained_and_counted_once(
        self, chat: Chat, value: Callable[..., float | None]
    ) -> None:
        async def never(_: object) -> bool:
            return False

        chat.client.all_commands["ping"].add_check(never)
        assert await chat.ask_slash("ping") == "You cannot use this command here."
        assert value("commands_total", command="ping", status="user_error") == 1


class TestAnnouncing:
    @pytest.fixture
    def folder(self, tmp_path: Path, chat: Chat) -> Path:
        settings = replace(chat.client.services.settings, state_folder=tmp_path)
        chat.client.services = replace(chat.client.services, settings=settings)
        return tmp_path

    async def test_the_commands_are_synchronised_once(
        self, chat: Chat, value: Callable[..., float | None]
    ) -> None:
        await chat.client.sync_slash_commands()
        assert {command["name"] for command in chat.rest.commands} == set(COMMANDS)
        await chat.client.sync_slash_commands()
        assert chat.rest.told_commands == 1
        assert value("slash_command_syncs_total", result="updated") == 1
        assert value("slash_command_syncs_total", result="unchanged") == 1

    async def test_descriptions_are_in_every_language(self, chat: Chat) -> None:
        await chat.client.sync_slash_commands()
        (roll,) = (command for command in chat.rest.commands if command["name"] == "roll")
        assert roll["description"] == texts("en")("roll.summary")
        assert roll["description_localizations"] == {"ko": texts("ko")("roll.summary")}
        (option,) = roll["options"]
        assert (option["name"], option["required"]) == ("dice", False)
        assert option["description_localizations"] == {"ko": texts("ko")("roll.arguments")}

    async def test_with_a_directory_discord_is_not_even_asked_again_for_a_day(
        self, chat: Chat, folder: Path
    ) -> None:
        await chat.client.sync_slash_commands()
        await chat.client.sync_slash_commands()
        assert (chat.rest.asked_for_commands, chat.rest.told_commands) == (1, 1)
        yesterday = time.time() - 90_000
        os.utime(folder / "slash-commands", (yesterday, yesterday))
        await chat.client.sync_slash_commands()
        assert (chat.rest.asked_for_commands, chat.rest.told_commands) == (2, 1)

    async def test_a_directory_of_no_use_costs_a_question(self, chat: Chat, folder: Path) -> None:
        (folder / "slash-commands").mkdir()
        await chat.client.sync_slash_commands()
        await chat.client.sync_slash_commands()
        assert (chat.rest.asked_for_commands, chat.rest.told_commands) == (2, 1)

    async def test_a_change_by_somebody_else_is_put_right(self, chat: Chat) -> None:
        await chat.client.sync_slash_commands()
        chat.rest.commands[0]["description"] = "something else"
        await chat.client.sync_slash_commands()
        assert chat.rest.told_commands == 2

    async def test_a_failure_is_counted_and_no_error_of_the_bot(
        self, chat: Chat, value: Callable[..., float | None]
    ) -> None:
        chat.rest.failures = [(404, {})]
        await chat.client.sync_slash_commands()
        assert value("slash_command_syncs_total", result="failed") == 1
        assert value("errors_total", error_type="internal") == 0

    def test_what_discord_leaves_out_or_adds_is_no_difference(self) -> None:
        ours = [{"name": "x", "options": [], "nsfw": False, "dm_permission": True}]
        assert slash.same(ours, [{"name": "x", "id": "1"}])
        assert not slash.same(ours, [])
        assert not slash.same(ours, [{"name": "x"}, {"name": "y"}])
        assert not slash.same(ours, [{"name": "y"}])
        assert not slash.same([{"name": "x", "options": [1]}], [{"name": "x", "options": []}])


class TestOperators:
    @pytest.fixture
    def role(self, chat: Chat, services: Services) -> str:
        settings = replace(services.settings, operator_role=555)
        chat.client.services = replace(services, settings=settings)
        role = {"id": "555", "name": "operators", "permissions": "0", "position": 1, "color": 0}
        role |= {"hoist": False, "managed": False, "mentionable": False, "flags": 0}
        chat.gateway("GUILD_ROLE_CREATE", {"guild_id": "100", "role": role})
        return "555"

    @pytest.mark.parametrize("name", ["status", "alerts", "silence"])
    async def test_others_get_an_error(
        self, chat: Chat, role: str, value: Callable[..., float | None], name: str
    ) -> None:
        del role
        reply = await chat.ask_slash(name)
        assert reply == "Only the bot's operators may use this command."
        assert await chat.ask(f"?{name}") == reply
        assert value("commands_total", command=name, status="user_error") == 2

    async def test_those_with_the_role_may(self, chat: Chat, role: str) -> None:
        assert "What the monitoring sees" in await chat.ask_slash("status", roles=(role,))

    async def test_the_owner_may(self, chat: Chat) -> None:
        assert "What the monitoring sees" in await chat.ask_slash("status", user_id=1)


class TestCooldown:
    async def test_holds_back_one_user_and_tells_them_once(
        self, chat: Chat, value: Callable[..., float | None]
    ) -> None:
        chat.client.answering.cooldown = Cooldown(2)
        for _ in range(5):
            chat.say("?ping")
        await chat.eventually(
            lambda: value("commands_total", command="ping", status="user_error") == 3
        )
        assert len(chat.sent) == 3
        assert sum("Not so fast" in text for text in chat.sent) == 1
        # A slash command has to be answered, and so is somebody else.
        assert "Not so fast" in await chat.ask_slash("ping")
        assert "Pong!" in await chat.ask_slash("ping", user_id=8)
        assert value("errors_total", error_type="command") == 0

    async def test_holds_for_what_is_no_command_too(
        self, chat: Chat, value: Callable[..., float | None]
    ) -> None:
        chat.client.answering.cooldown = Cooldown(1)
        for _ in range(3):
            chat.say("?nope")
        await chat.eventually(lambda: value("unknown_commands_total") == 3)
        await chat.eventually(lambda: not chat.client.answering.running)
        assert [("no command" in text, "Not so fast" in text) for text in chat.sent] == [
            (True, False),
            (False, True),
        ]
