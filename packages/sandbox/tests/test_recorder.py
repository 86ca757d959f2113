"""When a bot counts as recovered, whatever moment of it is looked at."""

from __future__ import annotations

import pytest

from botwatch_sandbox.drills.record import DrillSpec, Mark, Record
from botwatch_sandbox.drills.recorder import Recorder

HANG = DrillSpec("bot_hang", "The bot hangs", "DiscordBotEventLoopBlocked", 20.0, "message")


class Drill:
    """A drill at made-up moments: seconds since its start."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.record: Record = self.recorder.start(HANG)
        self.start = self.record.started_at

    def mark(self, mark: Mark, at: float) -> None:
        self.recorder.mark(mark, self.start + at)

    def health(self, at: float, *, ready: bool, up_since: float | None = None) -> None:
        started_at = None if up_since is None else self.start + up_since
        self.recorder.saw_health(
            ready=ready, asked_at=self.start + at, at=self.start + at + 0.01, started_at=started_at
        )

    @property
    def recovered_at(self) -> float | None:
        found = self.record.recovered_at
        return None if found is None else round(found - self.start, 2)


@pytest.fixture
def drill() -> Drill:
    drill = Drill()
    drill.mark("injected", 1)
    return drill


def test_a_hung_bot_that_is_replaced_between_two_looks_has_recovered(drill: Drill) -> None:
    drill.health(2, ready=False)
    drill.mark("again", 3)
    drill.health(4, ready=True)
    assert drill.recovered_at == 4.01


def test_the_mark_may_come_after_the_new_bot_is_ready(drill: Drill) -> None:
    drill.health(2, ready=False)
    drill.health(4, ready=True)
    drill.mark("again", 3)
    assert drill.recovered_at == 4.01


def test_a_new_process_has_recovered_although_it_was_never_seen_down(drill: Drill) -> None:
    drill.health(2, ready=True, up_since=-100)
    assert drill.recovered_at is None
    drill.mark("again", 3)
    drill.health(4, ready=True, up_since=-100)
    assert drill.recovered_at is None
    drill.health(5, ready=True, up_since=3.5)
    assert drill.recovered_at == 5.01


def test_the_old_bot_back_before_it_is_replaced_does_not_count(drill: Drill) -> None:
    drill.health(2, ready=False)
    drill.health(2.5, ready=True)
    drill.mark("again", 3)
    drill.health(4, ready=True)
    assert drill.recovered_at is None
    drill.health(5, ready=False)
    drill.health(6, ready=True)
    assert drill.recovered_at == 6.01


def test_a_bot_that_was_down_before_the_fault_has_not_recovered_from_it() -> None:
    drill = Drill()
    drill.health(-2, ready=False)
    drill.health(-1, ready=True)
    drill.mark("injected", 1)
    drill.health(2, ready=True)
    assert drill.recovered_at is None


def test_a_bot_without_discord_has_not_recovered(drill: Drill) -> None:
    drill.recorder.saw_gateway(1, drill.start + 1)
    drill.recorder.saw_gateway(0, drill.start + 2)
    drill.health(3, ready=True, up_since=2.5)
    assert drill.recovered_at is None
    drill.recorder.saw_gateway(1, drill.start + 4)
    drill.health(5, ready=True, up_since=2.5)
    assert drill.recovered_at == 5.01
