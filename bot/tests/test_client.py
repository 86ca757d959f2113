"""The bot in front of Discord's REST API: what it replies, and how that is counted."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest
from bot.tests.counted import errors, outcome, value
from discord.ext import commands

import botwatch
from botwatch_bot import bot as module
from botwatch_bot.texts import texts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.tests.conftest import Chat, Eventually

    from botwatch_bot.bot import Context
    from botwatch_bot.settings import Settings

APOLOGY = texts("en")("answer.apology")


def replace(chat: Chat, answer: Callable[[Context], Awaitable[None]]) -> None:
    """Let `?ping` do something else."""

    async def ping(_: commands.Cog, ctx: Context) -> None:
        await answer(ctx)

    command: Any = chat.client.get_command("ping")
    command._callback = ping


async def broken(_: Context) -> None:
    raise ZeroDivisionError


class TestReplies:
    async def test_a_command_is_answered_and_counted_once(self, chat: Chat) -> None:
        assert await chat.ask("?add 1 2") == "1 + 2 = **3**"
        assert outcome(chat.client, "add") == {"success": 1}
        assert value(chat.client, "messages_sent_total") == 1
        assert value(chat.client, "message_latency_seconds_count") == 1

    async def test_case_does_not_matter(self, chat: Chat) -> None:
        assert (await chat.ask("?PING")).startswith("🏓 Pong!")
        assert outcome(chat.client, "ping") == {"success": 1}

    async def test_ping_answers_while_no_latency_is_known(self, chat: Chat) -> None:
        assert "not known yet" in await chat.ask("?ping")

    async def test_nobody_is_ever_mentioned(self, chat: Chat) -> None:
        await chat.ask("?choose @everyone @everyone")
        assert chat.rest.sent[-1]["allowed_mentions"] == {"parse": []}

    @pytest.mark.parametrize("text", ["hello", "?", "??", "? ping", "?!", "?1", "what?", "?<@7>"])
    async def test_what_is_no_command_is_not_answered(self, chat: Chat, text: str) -> None:
        chat.say(text)
        await chat.ask("?ping")
        assert len(chat.sent) == 1
        assert errors(chat.client) == {}

    async def test_bots_are_not_answered(self, chat: Chat) -> None:
        chat.say("?ping", bot=True)
        await chat.ask("?add 1 2")
        assert len(chat.sent) == 1

    async def test_a_reply_is_cut_to_what_discord_takes(self, chat: Chat) -> None:
        replace(chat, lambda ctx: ctx.answer("x" * 5000))
        assert len(await chat.ask("?ping")) == 2000


class TestUsersMistakes:
    @pytest.mark.parametrize(
        ("line", "command", "hint"),
        [
            ("?add x y", "add", "For example: `?add 1 2`"),
            ("?add", "add", "For example: `?add 1 2`"),
            ("?roll banana", "roll", "For example: `?roll 2d6`"),
            ("?roll 100d" + "9" * 1900, "roll", "For example: `?roll 2d6`"),
            ("?time Atlantis", "time", "For example: `?time Europe/Paris`"),
            ('?choose "a b', "choose", "For example: `?choose tea coffee`"),
            ("?help nope", "help", "For example: `?help roll`"),
        ],
    )
    async def test_are_answered_and_are_no_errors(
        self, chat: Chat, line: str, command: str, hint: str
    ) -> None:
        assert hint in await chat.ask(line)
        assert value(chat.client, "messages_sent_total") == 1
        assert outcome(chat.client, command) == {"user_error": 1}
        assert errors(chat.client) == {}

    @pytest.mark.parametrize("lines", ["many", "0", "201"])
    async def test_an_argument_that_discord_py_refuses_is_answered_as_well(
        self, chat: Chat, lines: str
    ) -> None:
        chat.client.owner_id = 7
        assert "For example: `?logs 50`" in await chat.ask(f"?logs {lines}")
        assert outcome(chat.client, "logs") == {"user_error": 1}

    async def test_an_unknown_command_is_answered(self, chat: Chat) -> None:
        reply = await chat.ask("?pign")
        assert reply == "I have no command `pign`. Did you mean `ping`? Write `?help` for a list."
        assert value(chat.client, "unknown_commands_total") == 1
        assert errors(chat.client) == {}

    @pytest.mark.parametrize("status", [403, 404])
    @pytest.mark.parametrize("line", ["?ping", "?ping too much"])
    async def test_a_place_where_the_bot_may_not_write_is_no_error(
        self, chat: Chat, eventually: Eventually, status: int, line: str
    ) -> None:
        chat.rest.failures = [(status, {"message": "Missing Permissions"})]
        chat.say(line)
        await eventually(lambda: outcome(chat.client, "ping") and not chat.running)
        assert len(outcome(chat.client, "ping")) == 1
        assert errors(chat.client) == {}

    @pytest.mark.parametrize("line", ["?ping", "?nope"])
    async def test_asking_faster_than_a_bot_may_answer_is_no_error(
        self, chat: Chat, eventually: Eventually, monkeypatch: pytest.MonkeyPatch, line: str
    ) -> None:
        chat.rest.headers = {
            "X-RateLimit-Bucket": "messages",
            "X-RateLimit-Limit": "1",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset-After": "0.05",
        }
        monkeypatch.setattr(module, "REPLY_SECONDS", 0.5)
        for _ in range(50):
            chat.say(line)
        await eventually(lambda: chat.sent and not chat.running)
        assert 0 < len(chat.sent) < 50
        assert errors(chat.client) == {}
        counted = outcome(chat.client, "ping")
        assert sum(counted.values()) == (50 if line == "?ping" else 0)
        assert set(counted) <= {"success", "cancelled"}

    async def test_discord_pys_own_refusals_are_explained(self, chat: Chat) -> None:
        async def never(_: commands.Context[Any]) -> bool:
            return False

        chat.client.all_commands["ping"].add_check(never)
        assert await chat.ask("?ping") == "You cannot use this command here."
        assert outcome(chat.client, "ping") == {"user_error": 1}


def test_of_channels_only_those_of_the_last_minute_are_remembered(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = module.Bot(settings)
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for channel in (1, 2, 1):
        bot.note_reply(channel)
        now += 40
    assert [bot.replies_lately(channel) for channel in (1, 2, 3)] == [True, False, False]
    bot.note_reply(3)
    assert list(bot._replied_at) == [1, 3]


class TestFaults:
    async def test_a_bug_is_counted_once_and_the_user_hears_of_it(self, chat: Chat) -> None:
        replace(chat, broken)
        assert await chat.ask("?ping") == APOLOGY
        assert value(chat.client, "messages_sent_total") == 1
        assert outcome(chat.client, "ping") == {"error": 1}
        assert errors(chat.client) == {"command": 1}

    async def test_a_failed_send_is_an_error_and_no_success(
        self, chat: Chat, eventually: Eventually
    ) -> None:
        chat.rest.failures = [(400, {"message": "no"})]
        chat.say("?ping")
        await eventually(lambda: outcome(chat.client, "ping") and not chat.running)
        assert outcome(chat.client, "ping") == {"error": 1}
        assert errors(chat.client) == {"send": 1}
        assert value(chat.client, "messages_sent_total") == 0
        assert chat.sent == []

    async def test_a_reply_to_a_mistake_that_fails_is_counted_as_a_send(
        self, chat: Chat, eventually: Eventually
    ) -> None:
        chat.rest.failures = [(400, {"message": "no"})]
        chat.say("?roll banana")
        await eventually(lambda: errors(chat.client))
        assert outcome(chat.client, "roll") == {"user_error": 1}
        assert errors(chat.client) == {"send": 1}

    async def test_an_apology_that_is_refused_counts_the_bug_alone(
        self, chat: Chat, eventually: Eventually
    ) -> None:
        replace(chat, broken)
        chat.rest.failures = [(403, {"message": "Missing Permissions"})]
        chat.say("?ping")
        await eventually(lambda: outcome(chat.client, "ping") and not chat.running)
        assert errors(chat.client) == {"command": 1}

    async def test_a_reply_that_discord_does_not_take_in_time_is_an_error(
        self, chat: Chat, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "REPLY_SECONDS", 0.05)
        chat.rest.hold = asyncio.Event()
        chat.say("?ping")
        await eventually(lambda: outcome(chat.client, "ping"))
        chat.rest.hold.set()
        assert outcome(chat.client, "ping") == {"error": 1}
        assert errors(chat.client) == {"command": 1}


class TestEnding:
    async def test_a_running_command_may_end_before_the_bot_closes(
        self, chat: Chat, eventually: Eventually
    ) -> None:
        started, go = asyncio.Event(), asyncio.Event()

        async def slow(ctx: Context) -> None:
            started.set()
            await go.wait()
            await ctx.answer("done")

        replace(chat, slow)
        chat.say("?ping")
        await started.wait()
        botwatch.watch(chat.client).stop_soon()
        await asyncio.sleep(0.05)
        chat.say("?add 1 2")
        go.set()
        await eventually(chat.client.is_closed)
        assert chat.sent == ["done"]
        assert outcome(chat.client, "ping") == {"success": 1}
        assert outcome(chat.client, "add") == {}

    async def test_a_command_that_does_not_end_is_cancelled(
        self, chat: Chat, eventually: Eventually
    ) -> None:
        started = asyncio.Event()

        async def endless(_: Context) -> None:
            started.set()
            await asyncio.Event().wait()

        replace(chat, endless)
        chat.say("?ping")
        await started.wait()
        begun = time.monotonic()
        botwatch.watch(chat.client).stop_soon()
        await eventually(lambda: chat.client.is_closed() and outcome(chat.client, "ping"))
        assert time.monotonic() - begun < 2
        assert outcome(chat.client, "ping") == {"cancelled": 1}
        assert errors(chat.client) == {}
