"""How fast one person may use commands."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import cast

import pytest
from discord.ext import commands

from botwatch_bot.cooldown import UserCooldown


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    return clock


Context = commands.Context[commands.Bot]


def user(number: int) -> Context:
    return cast("Context", SimpleNamespace(author=SimpleNamespace(id=number)))


def wait(cooldown: UserCooldown, ctx: Context) -> float:
    """Use a command; return for how many seconds the user has to wait instead."""
    try:
        cooldown.take(ctx)
    except commands.CommandOnCooldown as error:
        return error.retry_after
    return 0.0


def test_so_many_commands_at_the_same_time_and_then_again_after_a_minute(clock: Clock) -> None:
    cooldown = UserCooldown(3)
    assert [wait(cooldown, user(1)) for _ in range(5)] == [0, 0, 0, 60, 60]
    clock.now += 45
    assert wait(cooldown, user(1)) == 15
    clock.now += 15
    assert wait(cooldown, user(1)) == 0


def test_each_user_has_a_limit_of_their_own(clock: Clock) -> None:
    del clock
    cooldown = UserCooldown(1)
    assert [wait(cooldown, user(number)) for number in (1, 2, 1)] == [0, 0, 60]


def test_zero_stands_for_no_limit() -> None:
    cooldown = UserCooldown(0)
    assert not any(wait(cooldown, user(1)) for _ in range(1000))


def test_a_user_is_warned_once_a_minute(clock: Clock) -> None:
    cooldown = UserCooldown(1)
    assert [cooldown.warn(user(1)) for _ in range(3)] == [True, False, False]
    assert cooldown.warn(user(2))
    clock.now += 61
    assert cooldown.warn(user(1))
