"""How fast one person may use commands."""

from __future__ import annotations

from botwatch_bot.cooldown import Cooldown


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_allowed_and_then_one_at_a_time() -> None:
    clock = Clock()
    cooldown = Cooldown(6, clock)
    assert [cooldown.take(1) for _ in range(6)] == [0] * 6
    assert cooldown.take(1) == 10
    clock.now += 9
    assert cooldown.take(1) == 1
    clock.now += 1
    assert cooldown.take(1) == 0
    assert cooldown.take(1) == 10


def test_users_do_not_hold_each_other_back() -> None:
    cooldown = Cooldown(1, Clock())
    assert [cooldown.take(user) for user in (1, 2, 3)] == [0, 0, 0]


def test_without_a_limit_nobody_waits_and_nothing_is_kept() -> None:
    cooldown = Cooldown(0, Clock())
    assert {cooldown.take(1) for _ in range(1000)} == {0}
    assert cooldown._used_up == {}


def test_a_user_is_warned_once_until_they_may_again() -> None:
    clock = Clock()
    cooldown = Cooldown(1, clock)
    cooldown.take(1)
    assert [cooldown.tell(1), cooldown.tell(1)] == [True, False]
    clock.now += 61
    assert cooldown.take(1) == 0
    assert cooldown.tell(1)


def test_those_who_are_quiet_are_forgotten() -> None:
    clock = Clock()
    cooldown = Cooldown(60, clock)
    for user in range(100):
        cooldown.take(user)
    cooldown.tell(1)
    clock.now += 30
    cooldown.sweep()
    assert len(cooldown._used_up) == 100
    clock.now += 31
    cooldown.take(7)
    cooldown.sweep()
    assert (list(cooldown._used_up), cooldown._told) == ([7], set())
