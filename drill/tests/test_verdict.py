from __future__ import annotations

from dataclasses import replace

import pytest

from botwatch_drill.catalogue import LIMITS, Drill, choose
from botwatch_drill.record import Record, Timing
from botwatch_drill.verdict import Result, Run, judge

(BOT_RESTART, BOT_DOWN, ERRORS) = choose([])
GOOD = Record(
    id=1,
    name="bot_down",
    state="running",
    error=None,
    budget_s=15.0,
    injected_at=1000.0,
    released_at=1010.5,
    firing_at=1009.5,
    delivered_at=1010.0,
    recovered_at=1014.0,
    resolved_at=1031.0,
    messages=2,
)
BACK = replace(
    GOOD, firing_at=None, delivered_at=None, recovered_at=1003.0, resolved_at=None, messages=0
)


def failures(drill: Drill, record: Record) -> str:
    return " ".join(judge(drill, record, LIMITS).failures)


def delivered(*seconds: float | None) -> Result:
    runs = [Run(1000.0, Timing(delivered_s=took)) for took in seconds]
    return Result(BOT_DOWN, len(runs), 15.0, runs)


def test_seconds_count_from_the_injection() -> None:
    run = judge(BOT_DOWN, GOOD, LIMITS)
    assert run == Run(1000.0, Timing(9.5, 10.0, 14.0, 31.0), ())


def test_of_an_expected_silence_only_the_recovery_has_a_time() -> None:
    noisy = replace(BACK, delivered_at=1010.0, messages=1)
    assert judge(BOT_RESTART, noisy, LIMITS).timing == Timing(recovered_s=3.0)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"delivered_at": None, "resolved_at": None}, "No Slack message named DiscordBotDown"),
        ({"delivered_at": 1025.1}, "after 25.1 s, over the limit of 25 s for a single run"),
        ({"resolved_at": None}, "No Slack message said that DiscordBotDown is over within 120 s"),
        ({"resolved_at": 1120.5}, "resolved message came after 120.5 s, over the limit of 120 s"),
        ({"recovered_at": None}, "not seen to recover; it should within 120 s"),
        ({"recovered_at": 1121.0}, "recovered after 121.0 s, over the limit of 120 s"),
        ({"injected_at": None, "error": "No token."}, "Nothing was injected: No token."),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, object], sentence: str) -> None:
    record = Record(**{**{name: getattr(GOOD, name) for name in GOOD.__slots__}, **change})
    assert sentence in failures(BOT_DOWN, record)


def test_the_last_moment_of_every_limit_is_in_time() -> None:
    assert not failures(BOT_DOWN, replace(GOOD, delivered_at=1025.0, resolved_at=1120.0))
    assert not failures(BOT_RESTART, replace(BACK, recovered_at=1010.0))


@pytest.mark.parametrize(("messages", "words"), [(1, "1 Slack message came"), (2, "2 Slack mess")])
def test_a_message_about_a_restart_is_wrong(messages: int, words: str) -> None:
    assert words in failures(BOT_RESTART, replace(BACK, messages=messages))


def test_a_restart_must_be_quick() -> None:
    assert "after 11.0 s" in failures(BOT_RESTART, replace(BACK, recovered_at=1011.0))


def test_an_alert_that_never_fired_has_nothing_to_recover_from() -> None:
    silent = replace(
        GOOD, firing_at=None, delivered_at=None, recovered_at=None, resolved_at=None, messages=0
    )
    assert failures(ERRORS, silent) == "No Slack message named DiscordBotHighErrors within 60 s."
    assert "not seen to recover" in failures(BOT_DOWN, silent)


def test_what_only_the_control_room_finds_wrong_counts() -> None:
    record = replace(GOOD, state="failed", error="The bot refuses.")
    assert failures(ERRORS, record) == "The control room says: The bot refuses."


def test_the_control_rooms_budget_is_left_to_the_median() -> None:
    record = replace(GOOD, state="failed", error="Too late.", delivered_at=1016.0)
    assert not failures(ERRORS, record)


def test_the_median_decides_about_the_budget() -> None:
    assert delivered(9.0, 15.0, 24.0).ok
    late = delivered(9.0, 15.2, 16.0)
    assert not late.ok
    assert late.failures == [
        "bot_down: the median message came after 15.2 s, over the budget of 15 s."
    ]


def test_without_a_budget_there_is_nothing_to_be_over() -> None:
    assert Result(BOT_RESTART, 1, None, [Run(1000.0, Timing(recovered_s=3.0))]).ok


def test_missing_runs_are_not_ok() -> None:
    result = delivered(9.0)
    result.wanted = 3
    assert not result.ok
    assert not result.failures


def test_failures_name_drill_and_run() -> None:
    result = delivered(9.0, None)
    result.runs[1] = Run(1000.0, Timing(), ("Nothing came.",))
    assert result.failures == ["bot_down run 2: Nothing came."]
    assert result.median == Timing(delivered_s=9.0)
