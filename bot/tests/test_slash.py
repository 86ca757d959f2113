"""Slash commands: answered and counted as the others are, in the user's language."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from bot.tests.conftest import TOKEN
from bot.tests.counted import errors, outcome, value

from botwatch_bot.cooldown import UserCooldown
from botwatch_bot.texts import texts

if TYPE_CHECKING:
    from bot.tests.conftest import Chat, Eventually

EPHEMERAL = 64


class TestAnswers:
    async def test_a_slash_command_is_answered_and_counted_once(self, chat: Chat) -> None:
        assert await chat.ask_slash("add", "1 2") == "1 + 2 = **3**"
        assert outcome(chat.client, "add").get("success") == 1
        assert value(chat.client, "messages_sent_total") == 1
        assert value(chat.client, "message_latency_seconds_count") == 1

    async def test_one_without_its_option_works_too(self, chat: Chat) -> None:
        assert "🎲 1d6" in await chat.ask_slash("roll")
        assert "Pong!" in await chat.ask_slash("ping")

    async def test_a_mistake_is_reported_to_the_user_alone(self, chat: Chat) -> None:
        assert "For example: `/roll 2d6`" in await chat.ask_slash("roll", "banana")
        assert chat.rest.sent[-1]["flags"] == EPHEMERAL
        assert outcome(chat.client, "roll").get("user_error") == 1

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
        self, chat: Chat, eventually: Eventually
    ) -> None:
        chat.rest.failures = [(404, {"message": "Unknown interaction"})]
        chat.slash("ping")
        await eventually(lambda: outcome(chat.client, "ping").get("error"))
        assert errors(chat.client).get("send") == 1

    async def test_one_that_discord_knows_and_we_do_not_is_answered_without_a_new_series(
        self, chat: Chat
    ) -> None:
        assert "has changed" in await chat.ask_slash("nope")
        assert value(chat.client, "unknown_commands_total") == 1
        assert value(chat.client, "messages_sent_total") == 1
        assert outcome(chat.client, "nope").get("error") is None

    async def test_an_answer_to_an_unknown_one_that_fails_is_a_failed_send(
        self, chat: Chat, eventually: Eventually
    ) -> None:
        chat.rest.failures = [(400, {"message": "no"})]
        chat.slash("nope")
        await eventually(lambda: errors(chat.client).get("send"))

    async def test_discord_pys_own_refusals_are_explained_and_counted_once(
        self, chat: Chat
    ) -> None:
        async def never(_: object) -> bool:
            return False

        chat.client.all_commands["ping"].add_check(never)
        assert await chat.ask_slash("ping") == "You cannot use this command here."
        assert outcome(chat.client, "ping").get("user_error") == 1


class TestDescriptions:
    async def test_are_in_every_language(self, chat: Chat) -> None:
        await chat.client.tree.sync()
        (roll,) = (command for command in chat.rest.commands if command["name"] == "roll")
        assert roll["description"] == texts("en")("roll.summary")
        assert roll["description_localizations"] == {"ko": texts("ko")("roll.summary")}
        (option,) = roll["options"]
        assert (option["name"], option["required"]) == ("dice", False)
        assert option["description_localizations"] == {"ko": texts("ko")("roll.arguments")}


class TestOperators:
    @pytest.fixture
    def role(self, chat: Chat) -> str:
        chat.client.settings = replace(chat.client.settings, operator_role=555)
        role = {"id": "555", "name": "operators", "permissions": "0", "position": 1, "color": 0}
        role |= {"hoist": False, "managed": False, "mentionable": False, "flags": 0}
        chat.gateway("GUILD_ROLE_CREATE", {"guild_id": "100", "role": role})
        return "555"

    @pytest.mark.parametrize("name", ["status", "alerts", "silence", "errors", "logs"])
    async def test_others_get_an_error(self, chat: Chat, role: str, name: str) -> None:
        del role
        reply = await chat.ask_slash(name)
        assert reply == "Only the bot's operators may use this command."
        assert await chat.ask(f"?{name}") == reply
        assert outcome(chat.client, name).get("user_error") == 2

    async def test_those_with_the_role_may(self, chat: Chat, role: str) -> None:
        assert "What the monitoring sees" in await chat.ask_slash("status", roles=(role,))

    async def test_the_owner_may(self, chat: Chat) -> None:
        assert "What the monitoring sees" in await chat.ask_slash("status", user_id=1)

    @pytest.mark.parametrize(("name", "start"), [("errors", "✅ No errors"), ("logs", "```\n")])
    async def test_diagnostics_go_to_them_by_direct_message(
        self, chat: Chat, role: str, name: str, start: str
    ) -> None:
        logging.getLogger("botwatch_bot").warning("the token is %s", TOKEN)
        reply = await chat.ask_slash(name, roles=(role,))
        assert reply == "📬 I have sent you a direct message."
        assert chat.rest.sent[-1]["flags"] == EPHEMERAL
        (message,) = chat.rest.direct
        assert message["content"].startswith(start)
        assert TOKEN not in message["content"]


def cooldown(chat: Chat, per_minute: int) -> None:
    manners: Any = chat.client.get_cog("Manners")
    manners.cooldown = UserCooldown(per_minute)


class TestCooldown:
    async def test_holds_back_one_user_and_tells_them_once(self, chat: Chat) -> None:
        cooldown(chat, 2)
        for _ in range(5):
            chat.say("?ping")
        await chat.eventually(
            lambda: outcome(chat.client, "ping").get("user_error") == 3 and not chat.running
        )
        assert len(chat.sent) == 3
        assert sum("Not so fast" in text for text in chat.sent) == 1
        # A slash command has to be answered, and so is somebody else.
        assert "Not so fast" in await chat.ask_slash("ping")
        assert "Pong!" in await chat.ask_slash("ping", user_id=8)
        assert errors(chat.client) == {}

    async def test_holds_for_what_is_no_command_too(self, chat: Chat) -> None:
        cooldown(chat, 1)
        for _ in range(3):
            chat.say("?nope")
        await chat.eventually(lambda: value(chat.client, "unknown_commands_total") == 3)
        await chat.eventually(lambda: not chat.running)
        assert [("no command" in text, "Not so fast" in text) for text in chat.sent] == [
            (True, False),
            (False, True),
        ]
