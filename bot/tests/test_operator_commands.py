"""The commands about the monitoring, without Discord: ?status, ?alerts and ?silence."""

from __future__ import annotations

import pytest
from bot.tests.asking import (
    FakeAlertmanager,
    FakePrometheus,
    Surroundings,
    ask,
    away,
    watched,
)

from botwatch_bot.commands import UserError
from botwatch_bot.commands.spec import Alert, UnavailableError
from botwatch_bot.commands.text import MAX_REPLY


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
            "alerts", Surroundings(alertmanager=FakeAlertmanager())
        )

    async def test_many_fit_into_a_message(self) -> None:
        many = [Alert("A" * 200, "S" * 200, "x " * 500, 1) for _ in range(40)]
        reply = await ask("alerts", Surroundings(alertmanager=FakeAlertmanager(many)))
        assert reply.endswith("… and 30 more")
        assert len(reply) <= MAX_REPLY * 1.5  # the last line of defence shortens it

    async def test_an_alertmanager_that_is_away_is_named(self) -> None:
        bot = Surroundings(alertmanager=FakeAlertmanager(failure=away("Alertmanager")))
        with pytest.raises(UnavailableError, match="Alertmanager cannot be reached"):
            await ask("alerts", bot)
        with pytest.raises(UnavailableError, match="BOT_ALERTMANAGER_URL"):
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
        with pytest.raises(UserError, match=why):
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
