from __future__ import annotations

from dataclasses import replace

import pytest

from botwatch_drill.catalogue import DRILLS, choose, deployments
from botwatch_drill.drill import Drill
from botwatch_drill.outcome import Ended
from botwatch_drill.result import Result, Run
from botwatch_drill.timing import Timing
from botwatch_drill.verdict import judge
from botwatch_sandbox.drills.record import Record

CRASH_LOOP, BOT_DOWN, QUIET_DROP, ERRORS, UNREACHABLE = choose(
    ["crash_loop", "bot_down", "errors", "gateway_drop", "alertmanager_down"], DRILLS["systemd"]
)
# A drop that must be seen to be over.
BOT_RESTART = replace(QUIET_DROP, brief=False, recovered_within_s=10.0)
DEPLOY, BAD_DEPLOY = deployments(["true"], ["false"])
GOOD = Record(
    id=1,
    name="bot_down",
    title="bot killed, stays down",
    expect="message",
    also=(),
    started_at=999.0,
    alert="DiscordBotDown",
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
    firing_messages=1,
    resolved_messages=1,
    said="DiscordBotDown: it was killed.",
    unresolved=(),
)
BACK = replace(
    GOOD, firing_at=None, delivered_at=None, recovered_at=1003.0, resolved_at=None, messages=0
)
NOTIFIED = replace(GOOD, delivered_at=1200.0, resolved_at=None, messages=1)


def failures(drill: Drill, record: Record, ended: Ended | None = None) -> str:
    return " ".join(judge(drill, record, ended).failures)


def delivered(*seconds: float | None) -> Result:
    runs = [Run(1000.0, Timing(delivered_s=took)) for took in seconds]
    return Result(BOT_DOWN, len(runs), 15.0, runs)


def test_seconds_count_from_the_injection() -> None:
    run = judge(BOT_DOWN, GOOD)
    assert run == Run(1000.0, Timing(9.5, 10.0, 14.0, 31.0), ())


def test_of_an_expected_silence_only_the_recovery_has_a_time() -> None:
    noisy = replace(BACK, delivered_at=1010.0, messages=1)
    assert judge(BOT_RESTART, noisy).timing == Timing(recovered_s=3.0)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"delivered_at": None, "resolved_at": None}, "No Slack message named DiscordBotDown"),
        ({"delivered_at": 1020.1}, "after 20.1 s, over the limit of 20 s for a single run"),
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
    assert not failures(BOT_DOWN, replace(GOOD, delivered_at=1020.0, resolved_at=1120.0))
    assert not failures(BOT_RESTART, replace(BACK, recovered_at=1010.0))


@pytest.mark.parametrize(("messages", "words"), [(1, "1 Slack message came"), (2, "2 Slack mess")])
def test_a_message_about_a_restart_is_wrong(messages: int, words: str) -> None:
    assert words in failures(BOT_RESTART, replace(BACK, messages=messages))


def test_a_message_that_should_not_come_is_quoted() -> None:
    noisy = replace(BACK, messages=1, said="🚨 DiscordBotDown\nIt does not answer.")
    assert failures(BOT_RESTART, noisy) == (
        "1 Slack message came although it came back by itself (🚨 DiscordBotDown)."
    )


def test_a_crash_loop_must_be_reported_with_its_reason() -> None:
    assert not failures(CRASH_LOOP, GOOD)
    assert "does not say 'killed'; it says: It crashed." in failures(
        CRASH_LOOP, replace(GOOD, said="It crashed.")
    )


def test_what_else_was_notified_must_be_over_at_the_end() -> None:
    left = replace(GOOD, unresolved=("DiscordBotDown",))
    assert failures(CRASH_LOOP, left) == (
        "Slack received no resolved notification for DiscordBotDown within 120 s."
    )


def test_a_fault_that_does_not_stay_is_not_mended_too_early() -> None:
    silent = replace(GOOD, delivered_at=None, resolved_at=None, recovered_at=1005.0)
    assert "No Slack message named DiscordBotCrashLooping" in failures(CRASH_LOOP, silent)


def test_a_good_deployment_ends_well_and_in_silence() -> None:
    assert not failures(DEPLOY, BACK, Ended(0, "ok"))
    assert "failed with exit code 2" in failures(DEPLOY, BACK, Ended(2, ""))
    noisy = replace(BACK, messages=2)
    assert "2 Slack messages came although this was a deployment" in failures(
        DEPLOY, noisy, Ended(0, "")
    )


def test_a_deployment_that_replaces_nothing_is_none() -> None:
    untouched = replace(BACK, recovered_at=None)
    assert "was it replaced" in failures(DEPLOY, untouched, Ended(0, ""))


def test_a_bad_deployment_fails_with_one_message_that_is_not_taken_back() -> None:
    assert not failures(BAD_DEPLOY, NOTIFIED, Ended(2, ""))
    assert "says that it went well" in failures(BAD_DEPLOY, NOTIFIED, Ended(0, ""))
    assert "2 Slack messages came instead of one" in failures(
        BAD_DEPLOY, replace(NOTIFIED, messages=2), Ended(2, "")
    )
    unsent = replace(NOTIFIED, delivered_at=None, messages=0)
    assert "No Slack message named DiscordBotDeploymentFailed" in failures(
        BAD_DEPLOY, unsent, Ended(2, "")
    )


@pytest.mark.parametrize(("drill", "record"), [(DEPLOY, BACK), (BAD_DEPLOY, NOTIFIED)])
def test_a_deployment_that_was_stopped_is_wrong(drill: Drill, record: Record) -> None:
    ended = Ended(-15, "", in_time=False)
    assert failures(drill, record, ended) == (
        "The deployment did not end within 900 s and was stopped."
    )


def test_what_a_deployment_said_is_kept() -> None:
    assert judge(DEPLOY, BACK, Ended(0, "ok")).output == "ok"


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


def test_what_must_be_sent_once_may_not_be_sent_twice() -> None:
    assert failures(BOT_DOWN, replace(GOOD, firing_messages=2, resolved_messages=3)) == (
        "Slack received 2 firing notifications for DiscordBotDown instead of one. "
        "Slack received 3 resolved notifications for DiscordBotDown instead of one."
    )
    assert not failures(CRASH_LOOP, replace(GOOD, firing_messages=2, said="killed"))


def test_an_alert_without_a_notification_must_fire_all_the_same() -> None:
    record = replace(GOOD, delivered_at=None, resolved_at=None, messages=0, recovered_at=1200.0)
    run = judge(UNREACHABLE, record)
    assert (run.failures, run.timing) == ((), Timing(firing_s=9.5, recovered_s=200.0))
    assert "AlertmanagerUnreachable did not fire within 300 s" in failures(
        UNREACHABLE, replace(record, firing_at=None)
    )
    assert "fired after 240.5 s, over the limit of 240 s" in failures(
        UNREACHABLE, replace(record, firing_at=1240.5)
    )
    late = Result(UNREACHABLE, 2, 180.0, [Run(1000.0, Timing(firing_s=181.0))] * 2)
    assert late.failures == [
        "alertmanager_down: the median alert came after 181.0 s, over the budget of 180 s."
    ]


def test_what_is_brief_need_not_be_seen_to_recover() -> None:
    assert not failures(QUIET_DROP, replace(BACK, recovered_at=None))
