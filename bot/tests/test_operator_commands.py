"""The operators' commands, without Discord."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
from bot.tests.asking import (
    Failure,
    FakeAlertmanager,
    FakeBot,
    FakeContext,
    FakePrometheus,
    ask,
    away,
    watched,
)

from botwatch_bot.cogs import status
from botwatch_bot.mistakes import Mistake, Unavailable
from botwatch_bot.monitoring.alertmanager import Alert
from botwatch_bot.replies import MAX_REPLY
from botwatch_bot.texts import texts


class TestStatus:
    async def test_tells_what_prometheus_and_alertmanager_say(self) -> None:
        assert (await ask("status", watched())).splitlines() == [
            "**What the monitoring sees**",
            "🟢 The bot is up.",
            "Errors: 2 in the last 5 minutes",
            "Commands that failed: 12.5 % in the last 5 minutes",
            "95 % of the answers came within 42 ms",
            "Firing alerts: 1 (`DiscordBotDown`)",
        ]

    @pytest.mark.parametrize(
        ("values", "line"),
        [
            ([0, None, None, None], "🔴 The bot is down."),
            ([None, None, None, None], "⚪ Prometheus does not know the bot."),
            ([1, 0, None, None], "No commands in the last 5 minutes"),
        ],
    )
    async def test_tells_what_is_missing(self, values: list[float | None], line: str) -> None:
        bot = watched()
        bot.prometheus = FakePrometheus(values)
        assert line in (await ask("status", bot)).splitlines()

    async def test_one_half_is_reported_while_the_other_is_away(self) -> None:
        bot = watched()
        bot.prometheus = FakePrometheus(failure=away("Prometheus"))
        reply = await ask("status", bot)
        assert "⚠️ Prometheus cannot be reached." in reply
        assert "Firing alerts: 1" in reply

    async def test_without_any_monitoring_it_names_the_settings(self) -> None:
        reply = await ask("status")
        assert "`BOT_PROMETHEUS_URL` is not set" in reply
        assert "`BOT_ALERTMANAGER_URL` is not set" in reply


class TestAlerts:
    async def test_are_listed_with_severity_time_and_summary(self) -> None:
        assert await ask("alerts", watched()) == (
            "**Firing alerts: 1**\n`DiscordBotDown` (`critical`) since <t:1000:R>: It is down."
        )

    async def test_none_is_good_news(self) -> None:
        assert "No alerts are firing" in await ask(
            "alerts", FakeBot(alertmanager=FakeAlertmanager())
        )

    async def test_many_fit_into_a_message(self) -> None:
        many = [Alert("A" * 200, "S" * 200, "x " * 500, 1) for _ in range(40)]
        reply = status.listing(many, texts("en"))
        assert reply.endswith("… and 30 more")
        assert len(reply) <= MAX_REPLY * 1.5  # the last line of defence shortens it

    async def test_an_alertmanager_that_is_away_is_named(self) -> None:
        bot = FakeBot(alertmanager=FakeAlertmanager(failure=away("Alertmanager")))
        with pytest.raises(Unavailable, match="Alertmanager cannot be reached"):
            await ask("alerts", bot)
        with pytest.raises(Unavailable, match="BOT_ALERTMANAGER_URL"):
            await ask("alerts")


class TestSilence:
    async def test_silences_and_tells_until_when(self) -> None:
        bot = watched()
        reply = await ask("silence DiscordBotDown 2h deploying a new one", bot)
        assert bot.alertmanager is not None
        assert bot.alertmanager.silenced == [
            ("DiscordBotDown", 7200, "someone (7)", "deploying a new one")
        ]
        assert reply.startswith("🔕 `DiscordBotDown` is silent until <t:")
        assert "`a-silence`" in reply

    async def test_a_reason_may_be_left_out(self) -> None:
        bot = watched()
        await ask("silence NodeDown 7d", bot)
        assert bot.alertmanager is not None
        assert bot.alertmanager.silenced[0][3] == "silenced in Discord"

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "name of an alert and a duration"),
            ("DiscordBotDown", "name of an alert and a duration"),
            ("Discord`Bot 1h", "not the name of an alert"),
            ("DiscordBotDown soon", "no duration"),
            ("DiscordBotDown 0m", "no duration"),
            ("DiscordBotDown 8d", "no duration"),
            ("DiscordBotDown " + "9" * 500 + "d", "no duration"),
            ("DiscordBotDown ٣h", "no duration"),
            ("DiscordBotDwon 1h", "Did you mean `DiscordBotDown`"),
        ],
    )
    async def test_a_mistake_is_explained(self, text: str, why: str) -> None:
        bot = watched()
        with pytest.raises(Mistake, match=why):
            await ask(f"silence {text}", bot)
        assert bot.alertmanager is not None
        assert bot.alertmanager.silenced == []

    @pytest.mark.parametrize("prometheus", [None, FakePrometheus(failure=away("Prometheus"))])
    async def test_without_prometheus_the_name_is_believed(
        self, prometheus: FakePrometheus | None
    ) -> None:
        bot = watched()
        bot.prometheus = prometheus
        assert "is silent until" in await ask("silence Anything 5m", bot)


class TestErrors:
    async def test_come_by_direct_message_with_type_place_count_and_time(self) -> None:
        ctx = FakeContext(watched())
        await ctx.run("errors")
        ((text, files),) = ctx.author.received
        assert text.splitlines() == [
            "**Errors in the last hour**",
            "`ZeroDivisionError` in `dice.py:12`: 3 ×, last <t:1000:R>: `by zero`",
        ]
        assert files == ()
        assert ctx.said == ["📬 I have sent you a direct message."]

    async def test_none_is_good_news(self) -> None:
        assert await received("errors", FakeBot()) == "✅ No errors in the last hour."

    async def test_many_fit_into_a_message(self) -> None:
        many = [Failure("E" * 300, "w" * 300, "m" * 300, 10**6, 1e9) for _ in range(40)]
        assert len(await received("errors", FakeBot(errors=many))) <= MAX_REPLY


class TestLogs:
    async def test_the_last_lines_come_as_a_block_of_code(self) -> None:
        bot = FakeBot(log=[f"line {number}" for number in range(30)])
        text = await received("logs 2", bot)
        assert text == "```\nline 28\nline 29\n```"
        assert (await received("logs", bot)).count("line") == 20

    async def test_what_no_message_holds_comes_as_a_file(self) -> None:
        ctx = FakeContext(FakeBot(log=["x" * 300] * 20))
        await ctx.run("logs 10")
        ((text, (file,)),) = ctx.author.received
        assert (text, file.filename) == ("", "log.txt")
        assert file.fp.read() == b"\n".join([b"x" * 300] * 10)

    async def test_what_is_no_unicode_does_not_stop_the_file(self) -> None:
        ctx = FakeContext(FakeBot(log=["\ud800" + "x" * 3000]))
        await ctx.run("logs")
        ((_, (file,)),) = ctx.author.received
        assert file.fp.read() == b"?" + b"x" * 3000

    async def test_an_empty_log_is_said(self) -> None:
        assert await received("logs", FakeBot()) == "The log is empty."


class TestDirectMessages:
    async def test_in_a_direct_message_the_reply_is_enough(self) -> None:
        ctx = FakeContext(watched(), guild=None)
        await ctx.run("errors")
        assert (len(ctx.author.received), ctx.said) == (1, [])

    async def test_a_slash_command_needs_a_reply_also_there(self) -> None:
        ctx = FakeContext(watched(), guild=None, interaction="one")
        await ctx.run("errors")
        assert (len(ctx.author.received), len(ctx.said)) == (1, 1)
        assert ctx.deferred  # Discord waits 3 s for it, and the message may take longer

    async def test_a_user_who_takes_none_is_told(self) -> None:
        response = SimpleNamespace(status=403, reason="Forbidden")
        ctx = FakeContext(watched())
        ctx.author.failure = discord.Forbidden(cast("Any", response), "no")
        with pytest.raises(Unavailable, match="allow them for this server"):
            await ctx.run("logs")


async def received(line: str, bot: FakeBot) -> str:
    """Use a command and return what came by direct message."""
    ctx = FakeContext(bot)
    await ctx.run(line)
    ((text, _),) = ctx.author.received
    return text
