"""Pacing: no IDENTIFY too early, no wait too long."""

from __future__ import annotations

from botwatch.gateway.pacing import IDENTIFY_SECONDS, Backoff, IdentifyPacer


class Time:
    def __init__(self) -> None:
        self.now = 50.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


async def test_only_an_identify_soon_after_another_waits() -> None:
    time = Time()
    pacer = IdentifyPacer(time.clock, time.sleep)
    await pacer.wait()
    assert time.slept == []
    time.now += 2
    await pacer.wait()
    assert time.slept == [IDENTIFY_SECONDS - 2]
    time.now += 100
    await pacer.wait()
    assert len(time.slept) == 1


async def test_two_at_the_same_time_take_turns() -> None:
    now = 0.0
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    pacer = IdentifyPacer(lambda: now, sleep)
    for _ in range(3):
        await pacer.wait()
    assert slept == [IDENTIFY_SECONDS, 2 * IDENTIFY_SECONDS]


def test_delays_double_up_to_the_longest_and_start_over() -> None:
    backoff = Backoff(first=1, longest=60)
    delays = [backoff.delay() for _ in range(10)]
    limits = [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert all(limit / 2 <= delay <= limit for delay, limit in zip(delays, limits, strict=True))
    backoff.reset()
    assert backoff.delay() <= 1
