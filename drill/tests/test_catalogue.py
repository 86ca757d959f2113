from __future__ import annotations

import pytest

from botwatch_drill.catalogue import CATALOGUE, LIMITS, UnknownDrillError, choose


def names(chosen: list[str]) -> list[str]:
    return [drill.name for drill in choose(chosen)]


def test_all_drills_in_their_order_when_none_is_named() -> None:
    assert names([]) == ["bot_restart", "bot_down", "errors"]


def test_named_drills_come_once_and_in_the_catalogues_order() -> None:
    assert names(["errors", "bot_restart", "errors"]) == ["bot_restart", "errors"]


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UnknownDrillError, match="'boom': choose bot_restart, bot_down or errors"):
        choose(["bot_down", "boom"])


def test_budgets_and_alerts() -> None:
    facts = {drill.name: (drill.alert, drill.budget_s, drill.expect) for drill in CATALOGUE}
    assert facts == {
        "bot_restart": (None, None, "silence"),
        "bot_down": ("DiscordBotDown", 15.0, "message"),
        "errors": ("DiscordBotHighErrors", None, "message"),
    }
    assert (LIMITS.max_s, LIMITS.resolved_within_s, LIMITS.quiet_s) == (25.0, 120.0, 30.0)


def test_the_fail_safe_outlasts_the_longest_wait_with_the_fault_in_place() -> None:
    assert LIMITS.fail_safe_s > 2 * LIMITS.late_s


def test_the_wait_for_rest_outlasts_the_fail_safe_and_the_alert_after_it() -> None:
    assert LIMITS.rest_s >= LIMITS.fail_safe_s + 100
