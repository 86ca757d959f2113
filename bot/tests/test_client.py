"""The discord.py client: what is answered, and what is counted."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest
from bot.tests.counted import errors, outcome, total_errors
from discord.ext import commands
from prometheus_client import generate_latest

from botwatch_bot.commands import Command, Request
from botwatch_bot.gateway import answering
from botwatch_bot.gateway.verdicts import APOLOGY

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.tests.conftest import Chat, Eventually

    from botwatch_bot.services import Services


def replace(monkeypatch: pytest.MonkeyPatch, answer: Callable[[Request], Any]) -> None:
    """Let `?ping` do something else."""
    monkeypatch.setattr(Command, "answer", property(lambda _: answer))


class TestAnswers:
    async def test_a_command_is_answered_and_counted_once(
        self, chat: Chat, services: Services, value: Callable[..., float | None]
    ) -> None:
        assert await chat.ask("?add 1 2") == "1 + 2 = **3**"
        assert outcome(services, "add") == {"success": 1}
        assert value("messages_sent_total") == 1
        assert value("message_latency_seconds_count") == 1

    async def test_case_does_not_matter(self, chat: Chat, services: Services) -> None:
        assert (await chat.ask("?PING")).startswith("🏓 Pong!")
        assert outcome(services, "ping") == {"success": 1}

    async def test_ping_answers_while_no_latency_is_known(self, chat: Chat) -> None:
        assert "not known yet" in await chat.ask("?ping")

    async def test_nobody_is_ever_mentioned(self, chat: Chat) -> None:
        await chat.ask("?choose @everyone @everyone")
        assert chat.rest.sent[-1]["allowed_mentions"] == {"parse": []}

    @pytest.mark.parametrize("text", ["hello", "?", "??", "? ping", "?!", "?1", "what?", "?<@7>"])
    async def test_what_is_no_command_is_not_answered(
        self, chat: Chat, value: Callable[..., float | None], text: str
    ) -> None:
        chat.say(text)
        await chat.ask("?ping")
        assert len(chat.sent) == 1
        assert value("unknown_commands_total") == 0

    async def test_bots_are_not_answered(self, chat: Chat) -> None:
        chat.say("?ping", bot=True)
        await chat.ask("?add 1 2")
        assert len(chat.sent) == 1

    async def test_a_reply_is_cut_to_what_discord_takes(
        self, chat: Chat, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def talk(_: Request) -> str:
            return "x" * 5000

        replace(monkeypatch, talk)
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
        self, chat: Chat, services: Services, line: str, command: str, hint: str
    ) -> None:
        assert hint in await chat.ask(line)
        assert services.metrics.registry.get_sample_value("discord_bot_messages_sent_total") == 1
        assert outcome(services, command) == {"user_error": 1}
        assert total_errors(services) == 0

    async def test_an_unknown_command_is_answered_without_a_new_series(
        self, chat: Chat, services: Services, value: Callable[..., float | None]
    ) -> None:
        series = generate_latest(services.metrics.registry).count(b"commands_total{")
        reply = await chat.ask("?pign")
        assert reply == "I have no command `pign`. Did you mean `ping`? Write `?help` for a list."
        assert value("unknown_commands_total") == 1
        assert value("messages_sent_total") == 1
        assert generate_latest(services.metrics.registry).count(b"commands_total{") == series
        assert total_errors(services) == 0

    @pytest.mark.parametrize("status", [403, 404])
    async def test_a_place_where_the_bot_may_not_write_is_no_error(
        self, chat: Chat, services: Services, eventually: Eventually, status: int
    ) -> None:
        chat.rest.failures = [(status, {"message": "Missing Permissions"})]
        chat.say("?ping")
        await eventually(lambda: outcome(services, "ping"))
        assert outcome(services, "ping") == {"user_error": 1}
        assert total_errors(services) == 0

    @pytest.mark.parametrize("line", ["?ping", "?nope"])
    async def test_asking_faster_than_a_bot_may_answer_is_no_error(
        self,
        chat: Chat,
        services: Services,
        eventually: Eventually,
        monkeypatch: pytest.MonkeyPatch,
        line: str,
    ) -> None:
        chat.rest.headers = {
            "X-RateLimit-Bucket": "messages",
            "X-RateLimit-Limit": "1",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset-After": "0.05",
        }
        monkeypatch.setattr(answering, "COMMAND_SECONDS", 0.5)
        for _ in range(50):
            chat.say(line)
        await eventually(lambda: chat.client.answering.running)

        def ended() -> bool:
            chat.client.sample()
            return not chat.client.answering.running

        await eventually(ended)
        assert 0 < len(chat.sent) < 50
        assert total_errors(services) == 0
        counted = outcome(services, "ping")
        assert sum(counted.values()) == (50 if line == "?ping" else 0)
        assert set(counted) <= {"success", "cancelled"}

    async def test_discord_pys_own_refusals_are_explained(
        self, chat: Chat, services: Services
    ) -> None:
        async def never(_: commands.Context[Any]) -> bool:
            return False

        chat.client.all_commands["ping"].add_check(never)
        assert await chat.ask("?ping") == "You cannot use this command here."
        assert outcome(services, "ping") == {"user_error": 1}


class TestFaults:
    async def test_a_bug_is_counted_once_and_the_user_hears_of_it(
        self,
        chat: Chat,
        services: Services,
        value: Callable[..., float | None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        async def broken(_: Request) -> str:
            raise ZeroDivisionError

        replace(monkeypatch, broken)
        assert await chat.ask("?ping") == str(APOLOGY)
        assert value("messages_sent_total") == 1
        assert outcome(services, "ping") == {"error": 1}
        assert errors(services) == {"command": 1}

    async def test_a_failed_send_is_an_error_and_no_success(
        self,
        chat: Chat,
        services: Services,
        eventually: Eventually,
        value: Callable[..., float | None],
    ) -> None:
        chat.rest.failures = [(400, {"message": "no"})]
        chat.say("?ping")
        await eventually(lambda: outcome(services, "ping"))
        assert outcome(services, "ping") == {"error": 1}
        assert errors(services) == {"send": 1}
        assert value("messages_sent_total") == 0
        assert value("api_responses_total", result="client_error") == 1

    async def test_a_429_without_via_is_counted_as_rate_limited(
        self,
        chat: Chat,
        services: Services,
        eventually: Eventually,
        value: Callable[..., float | None],
    ) -> None:
        chat.rest.failures = [(429, {"message": "no"})]
        chat.say("?ping")
        await eventually(lambda: outcome(services, "ping"))
        assert errors(services) == {"send": 1}
        assert value("api_responses_total", result="rate_limited") == 1

    async def test_an_answer_to_a_mistake_that_fails_is_counted_as_a_send(
        self, chat: Chat, services: Services, eventually: Eventually
    ) -> None:
        chat.rest.failures = [(400, {"message": "no"})]
        chat.say("?roll banana")
        await eventually(lambda: outcome(services, "roll"))
        assert outcome(services, "roll") == {"user_error": 1}
        assert errors(services) == {"send": 1}

    async def test_an_answer_about_a_bug_that_is_refused_counts_the_bug_alone(
        self,
        chat: Chat,
        services: Services,
        eventually: Eventually,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        async def broken(_: Request) -> str:
            raise ZeroDivisionError

        replace(monkeypatch, broken)
        chat.rest.failures = [(403, {"message": "Missing Permissions"})]
        chat.say("?ping")
        await eventually(lambda: outcome(services, "ping"))
        assert errors(services) == {"command": 1}

    async def test_a_command_that_takes_too_long_is_ended_and_an_error(
        self,
        chat: Chat,
        services: Services,
        eventually: Eventually,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        chat.rest.hold = asyncio.Event()
        chat.say("?ping")
        await eventually(lambda: chat.client.answering.running)
        chat.client.sample()
        assert not errors(services)
        monkeypatch.setattr(answering, "COMMAND_SECONDS", 0)
        chat.client.sample()
        chat.client.sample()
        await eventually(lambda: outcome(services, "ping"))
        chat.rest.hold.set()
        assert outcome(services, "ping") == {"error": 1}
        assert errors(services) == {"command": 1}

    async def test_a_command_that_hangs_while_its_channel_is_answered_is_an_error(
        self,
        chat: Chat,
        services: Services,
        eventually: Eventually,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        async def endless(_: Request) -> str:
            await asyncio.Event().wait()
            return "never"

        replace(monkeypatch, endless)
        chat.say("?ping")
        chat.say("?nope")
        await eventually(lambda: chat.sent and len(chat.client.answering.running) == 1)
        (ctx,) = chat.client.answering.running
        ctx.arrived -= answering.COMMAND_SECONDS
        chat.client.sample()
        await eventually(lambda: outcome(services, "ping"))
        assert outcome(services, "ping") == {"error": 1}
        assert errors(services) == {"command": 1}

    async def test_a_handler_that_fails_is_an_internal_error(
        self,
        chat: Chat,
        services: Services,
        eventually: Eventually,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        async def broken(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(chat.client, "on_guild_update", broken, raising=False)
        chat.client.dispatch("guild_update", None, None)
        await eventually(lambda: errors(services))
        assert errors(services) == {"internal": 1}


class TestEnding:
    async def test_a_running_command_may_end_before_the_client_closes(
        self,
        chat: Chat,
        services: Services,
        eventually: Eventually,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        started, go = asyncio.Event(), asyncio.Event()

        async def slow(_: Request) -> str:
            started.set()
            await go.wait()
            return "done"

        replace(monkeypatch, slow)
        chat.say("?ping")
        await started.wait()
        closing = asyncio.create_task(chat.client.shut_down())
        await eventually(lambda: not chat.client.answering.accepting)
        chat.say("?add 1 2")
        go.set()
        await closing
        assert chat.sent == ["done"]
        assert outcome(services, "ping") == {"success": 1}
        assert outcome(services, "add") == {}

    async def test_a_command_that_does_not_end_is_cancelled_and_counted_so(
        self,
        chat: Chat,
        services: Services,
        eventually: Eventually,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        started = asyncio.Event()

        async def endless(_: Request) -> str:
            started.set()
            await asyncio.Event().wait()
            return "never"

        monkeypatch.setattr(answering, "_DRAIN_SECONDS", 0.05)
        replace(monkeypatch, endless)
        chat.say("?ping")
        await started.wait()
        begun = time.monotonic()
        await chat.client.shut_down()
        await eventually(lambda: outcome(services, "ping"))
        assert time.monotonic() - begun < 1.5
        assert outcome(services, "ping") == {"cancelled": 1}
        assert total_errors(services) == 0


class TestLatency:
    async def test_counts_from_the_arrival_of_the_message(
        self, chat: Chat, value: Callable[..., float | None]
    ) -> None:
        chat.say("?ping")
        # The handler has not run yet: this delay is part of what the user waits for.
        begun = time.perf_counter()
        while time.perf_counter() - begun < 0.06:
            pass
        await chat.eventually(lambda: chat.sent and not chat.client.answering.running)
        assert (value("message_latency_seconds_sum") or 0) >= 0.06
