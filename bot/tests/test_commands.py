"""Each command, without Discord."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from bot.tests.asking import COMMANDS, FakeBot, ask, watched

from botwatch_bot.cogs import about, choices, clock, dice
from botwatch_bot.mistakes import Mistake
from botwatch_bot.replies import MAX_REPLY, code_block, did_you_mean, quote, shorten
from botwatch_bot.texts import LOCALES, texts


def test_the_commands_are_those_of_the_contract() -> None:
    assert sorted(COMMANDS) == [
        *("add", "alerts", "choose", "errors", "help", "info"),
        *("logs", "ping", "roll", "silence", "status", "time"),
    ]


@pytest.mark.parametrize("name", COMMANDS)
async def test_every_example_of_every_command_works(name: str) -> None:
    for example in COMMANDS[name].extras["examples"]:
        for locale in LOCALES:
            reply = await ask(f"{name} {example}".rstrip(), watched(), locale)
            assert 0 < len(reply) <= MAX_REPLY


class TestPing:
    async def test_tells_the_latency_in_milliseconds(self) -> None:
        assert await ask("ping") == "🏓 Pong! The gateway answers in 42 ms."

    async def test_answers_while_the_latency_is_not_known(self) -> None:
        reply = await ask("ping", FakeBot(latency=math.nan))
        assert reply.startswith("🏓 Pong!")
        assert "not known" in reply


class TestAdd:
    @pytest.mark.parametrize(
        ("line", "reply"),
        [
            ("add 1 2", "1 + 2 = **3**"),
            ("add 0.1 0.2", "0.1 + 0.2 = **0.3**"),
            ("add 1 -4", "1 + (-4) = **-3**"),
            ("add +1. .5 2", "1 + 0.5 + 2 = **3.5**"),
            ("add 1.50 1.50", "1.5 + 1.5 = **3**"),
            ("add -0 0.0", "0 + 0 = **0**"),
            ("add 100 200", "100 + 200 = **300**"),
        ],
    )
    async def test_sums_are_exact_and_written_plainly(self, line: str, reply: str) -> None:
        assert await ask(line) == reply

    async def test_the_longest_numbers_stay_exact(self) -> None:
        large, small = "9" * 300, "." + "0" * 299 + "1"
        assert await ask(f"add {large} {small}") == f"{large} + 0{small} = **{large}{small}**"

    async def test_of_numbers_that_fill_a_message_only_the_sum_is_shown(self) -> None:
        reply = await ask("add " + "9" * 1900 + " 1")
        assert reply == f"The sum of your 2 numbers: **1{'0' * 1900}**"

    async def test_a_sum_that_no_message_holds_is_a_mistake(self) -> None:
        # Some people may write longer messages than a bot.
        with pytest.raises(Mistake, match="it has 3992 characters"):
            await ask("add " + "9" * 1991 + " ." + "0" * 1999 + "1")

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            ("add", "you gave me 0"),
            ("add 1", "you gave me 1"),
            ("add " + "1 " * 101, "you gave me 101"),
            ("add x y", "`x` is not a number"),
            ("add 1,5 2", "with a point"),
            ("add nan 1", "not a number"),
            ("add inf 1", "not a number"),
            ("add 1e999999 1", "not a number"),
            ("add ٣ 1", "not a number"),
            ("add . 1", "not a number"),
        ],
    )
    async def test_a_mistake_is_explained(self, line: str, why: str) -> None:
        with pytest.raises(Mistake, match=why):
            await ask(line)


class TestRoll:
    @pytest.mark.parametrize(
        ("text", "asked"),
        [
            ("", dice.Dice(1, 6)),
            ("2d6", dice.Dice(2, 6)),
            ("d20", dice.Dice(1, 20)),
            ("3d8+2", dice.Dice(3, 8, 2)),
            ("3D8 - 2", dice.Dice(3, 8, -2)),
            ("100d1000+10000", dice.Dice(100, 1000, 10_000)),
        ],
    )
    def test_reads_the_notation(self, text: str, asked: dice.Dice) -> None:
        assert dice.parse(text) == asked

    @pytest.mark.parametrize("text", ["banana", "2", "d", "2d", "-1d6", "2d6+", "1d6;1", "²d6"])
    def test_what_is_no_dice_is_answered_with_the_bounds(self, text: str) -> None:
        with pytest.raises(Mistake, match="1 to 100 dice with 2 to 1000 sides"):
            dice.parse(text)

    @pytest.mark.parametrize(
        "text", ["0d6", "101d6", "1d1", "1d1001", "1d6+10001", "1d6-10001", "100d" + "9" * 1900]
    )
    def test_too_much_is_answered_with_the_bounds(self, text: str) -> None:
        with pytest.raises(Mistake, match="1 to 100 dice with 2 to 1000 sides") as refused:
            dice.parse(text)
        assert len(str(refused.value)) < 300

    def test_every_side_can_come_up_and_no_other(self) -> None:
        assert dice.throw(dice.Dice(2, 6), below=lambda _: 0) == [1, 1]
        assert dice.throw(dice.Dice(2, 6), below=lambda sides: sides - 1) == [6, 6]

    async def test_shows_the_dice_and_their_sum(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(dice, "throw", lambda asked: [3] * asked.count)
        assert await ask("roll 2d6+1") == "🎲 2d6+1: 3 + 3 + 1 = **7**"
        assert await ask("roll 2d6-1") == "🎲 2d6-1: 3 + 3 - 1 = **5**"

    async def test_the_largest_throw_fits_into_a_message(self) -> None:
        assert len(await ask("roll 100d1000+10000")) <= MAX_REPLY


class TestTime:
    async def test_is_korean_by_default(self) -> None:
        reply = await ask("time")
        now = datetime.now(ZoneInfo("Asia/Seoul"))
        assert f"{now:%Y-%m-%d}" in reply
        assert "KST (Asia/Seoul, UTC+09:00)" in reply

    @pytest.mark.parametrize(
        ("text", "zone"),
        [
            ("Europe/Paris", "Europe/Paris"),
            ("europe/paris", "Europe/Paris"),
            ("new york", "America/New_York"),
            ("Seoul", "Asia/Seoul"),
            ("kst", "Asia/Seoul"),
            ("UTC", "UTC"),
        ],
    )
    async def test_takes_names_cities_and_abbreviations(self, text: str, zone: str) -> None:
        assert f"({zone}, UTC" in await ask(f"time {text}")

    @pytest.mark.parametrize(
        "text", ["Atlantis", "../../etc/passwd", "/etc/passwd", "Asia", "\0", "x" * 1900]
    )
    async def test_an_unknown_zone_is_a_mistake(self, text: str) -> None:
        with pytest.raises(Mistake, match="do not know the time zone"):
            await ask(f"time {text}")

    async def test_a_near_miss_is_put_right(self) -> None:
        with pytest.raises(Mistake, match="Did you mean `Europe/Berlin`"):
            await ask("time Europe/Berlinn")

    @pytest.mark.parametrize(
        ("zone", "shown"),
        [
            ("Asia/Seoul", "**2025-01-01 09:00:00** KST (Asia/Seoul, UTC+09:00)"),
            ("America/St_Johns", "**2024-12-31 20:30:00** NST (America/St_Johns, UTC-03:30)"),
            ("Asia/Dubai", "**2025-01-01 04:00:00** (Asia/Dubai, UTC+04:00)"),
            ("UTC", "**2025-01-01 00:00:00** UTC (UTC, UTC+00:00)"),
        ],
    )
    def test_shows_date_zone_and_distance(self, zone: str, shown: str) -> None:
        moment = datetime(2025, 1, 1, tzinfo=UTC).astimezone(ZoneInfo(zone))
        assert clock.show(moment, zone, texts("en")) == f"🕒 {shown}"


class TestChoose:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("tea coffee", ["tea", "coffee"]),
            ('pizza "fish and chips"', ["pizza", "fish and chips"]),
            ("“green tea” „black tea“ «chai»", ["green tea", "black tea", "chai"]),
            ('a "" " " b', ["a", "b"]),
            ("it's 5'", ["it's", "5'"]),
            ("두부 김치", ["두부", "김치"]),
        ],
    )
    def test_splits_words_and_quotes(self, text: str, found: list[str]) -> None:
        assert choices.parse(text) == found

    async def test_gives_one_of_them(self) -> None:
        seen = {await ask("choose tea coffee") for _ in range(60)}
        assert seen == {"I choose: tea", "I choose: coffee"}

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "you gave me 0"),
            ("alone", "you gave me 1"),
            ("x " * 51, "you gave me 51"),
            ('tea "fish and chips', "not closed"),
            ("tea " + "x" * 201, "too long"),
        ],
    )
    def test_a_mistake_is_explained(self, text: str, why: str) -> None:
        with pytest.raises(Mistake, match=why):
            choices.parse(text)


class TestInfo:
    async def test_tells_how_the_bot_is_doing(self) -> None:
        reply = await ask("info")
        for part in ("botwatch", "Up for 1 h 1 min", "Servers: 2", "42 ms", "`?help`"):
            assert part in reply

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3661, "1 h 1 min"), (90_000, "1 d 1 h")],
    )
    def test_durations_show_their_two_largest_units(self, seconds: float, text: str) -> None:
        assert about.duration(seconds, texts("en")) == text


class TestHelp:
    async def test_lists_every_command_with_the_prefix_in_use(self) -> None:
        reply = await ask("help", FakeBot(prefix="!!"))
        assert all(f"`!!{name}" in reply for name in COMMANDS)
        for name in ("status", "alerts", "silence", "errors", "logs"):
            (line,) = (line for line in reply.splitlines() if f"`!!{name}" in line)
            assert line.endswith("(for operators)")
        assert reply.count("(for operators)") == 5

    @pytest.mark.parametrize("topic", ["roll", "ROLL", "?roll"])
    async def test_explains_one_command(self, topic: str) -> None:
        reply = await ask(f"help {topic}")
        assert "`?roll [dice]`" in reply
        assert str(dice.BOUNDS) in reply
        assert "`?roll 2d6`" in reply

    async def test_an_unknown_topic_is_a_mistake(self) -> None:
        with pytest.raises(Mistake, match=r"no command `rol`\. Did you mean `roll`"):
            await ask("help rol")


class TestText:
    def test_quoted_text_stays_code_on_one_short_line(self) -> None:
        assert quote("a`b\nc") == "`a'b c`"
        assert len(quote("x" * 500)) < 70

    def test_only_what_is_too_long_is_shortened(self) -> None:
        assert shorten("x" * MAX_REPLY) == "x" * MAX_REPLY
        assert shorten("x" * (MAX_REPLY + 1)) == "x" * (MAX_REPLY - 1) + "…"

    def test_a_block_of_code_cannot_be_ended_early(self) -> None:
        assert code_block("a```b") == "```\na'''b\n```"

    def test_a_suggestion_needs_likeness(self) -> None:
        assert str(did_you_mean("pign", ["ping"])) == " Did you mean `ping`?"
        assert str(did_you_mean("zzz", ["ping"])) == ""
