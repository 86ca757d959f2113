from __future__ import annotations

import pytest

from botwatch_drill.catalogue import DRILLS, choose
from botwatch_drill.control import ControlError
from botwatch_drill.recording import Recording
from botwatch_drill.snapshot import Alert, Notification, Snapshot

(BOT_DOWN,) = choose(["bot_down"], DRILLS["systemd"])
DOWN = "DiscordBotDown"


class Stack:
    """What is seen next."""

    def __init__(self) -> None:
        self.now, self.ready = 1000.0, True
        self.started_at: float | None = 900.0
        self.alerts: list[Alert] = []
        self.notifications: list[Notification] = []

    def __call__(self) -> Snapshot:
        self.now += 1
        alerts, sent = tuple(self.alerts), tuple(self.notifications)
        return Snapshot(
            self.now,
            alerts=alerts,
            notifications=sent,
            ready=self.ready,
            started_at=self.started_at,
        )

    def tell(self, state: str, name: str = DOWN) -> None:
        self.notifications.append(
            Notification(self.now, state, f"Alert: {name}", f"Alert: {name} It is away.")
        )


@pytest.fixture
def stack() -> Stack:
    return Stack()


@pytest.fixture
def recording(stack: Stack) -> Recording:
    stack.tell("firing")  # of an earlier one
    recording = Recording(stack)
    recording.start(BOT_DOWN)
    return recording


def test_a_drill_from_fault_to_resolved(stack: Stack, recording: Recording) -> None:
    assert recording.current().injected_at is None
    recording.mark("injected", 1001.5)
    stack.ready = False
    stack.alerts = [Alert(DOWN, "pending", "discord-bot")]
    assert recording.current().firing_at is None
    stack.alerts = [Alert(DOWN, "firing", "discord-bot")]
    fired_at = recording.current().firing_at
    stack.tell("firing")
    record = recording.current()
    assert (record.firing_at, record.delivered_at, record.messages) == (fired_at, fired_at, 1)
    assert record.said == "Alert: DiscordBotDown It is away."
    assert list(record.unresolved) == [DOWN]
    recording.mark("released", 1010.0)
    stack.ready, stack.alerts = True, []
    assert recording.current().recovered_at == stack.now
    stack.tell("resolved")
    record = recording.current()
    assert (record.firing_messages, record.resolved_messages, list(record.unresolved)) == (1, 1, [])
    assert record.resolved_at is not None
    assert recording.finish(ok=True, error=None).state == "passed"


def test_a_fault_that_spares_the_bot_is_over_with_its_alert(
    stack: Stack, recording: Recording
) -> None:
    recording.mark("injected")
    stack.alerts = [Alert(DOWN, "firing", "discord-bot")]
    assert recording.current().recovered_at is None
    stack.alerts = []
    assert recording.current().recovered_at == stack.now


def test_after_a_further_strike_the_bot_must_come_back_anew(
    stack: Stack, recording: Recording
) -> None:
    recording.mark("injected")
    stack.ready = False
    recording.current()
    stack.ready = True
    assert recording.current().recovered_at is not None
    recording.mark("again")
    assert recording.current().recovered_at is None


@pytest.mark.parametrize("started_at", [1010.0, None], ids=["new", "unknown"])
def test_a_bot_that_hung_and_was_replaced_before_anybody_looked_has_recovered(
    stack: Stack, recording: Recording, started_at: float | None
) -> None:
    recording.mark("injected", 1001.5)
    stack.ready = False
    assert recording.current().recovered_at is None
    stack.ready, stack.started_at, stack.now = True, started_at, 1009.0
    recording.mark("again", 1009.0)
    assert recording.current().recovered_at == stack.now


def test_a_bot_that_was_replaced_unseen_has_recovered(stack: Stack, recording: Recording) -> None:
    recording.mark("injected", 1001.5)
    assert recording.current().recovered_at is None
    stack.started_at = 1001.0
    assert recording.current().recovered_at is None
    stack.started_at = 1002.0
    assert recording.current().recovered_at == stack.now
    recording.mark("again", 1004.0)
    assert recording.current().recovered_at is None
    stack.started_at = 1004.5
    assert recording.current().recovered_at == stack.now


def test_other_alerts_are_counted_and_not_taken_for_the_drills_own(
    stack: Stack, recording: Recording
) -> None:
    recording.mark("injected")
    stack.tell("firing", "DiskFull")
    record = recording.current()
    assert (record.messages, record.delivered_at, list(record.unresolved)) == (1, None, [])


def test_where_there_are_no_stand_ins_nothing_is_played(recording: Recording) -> None:
    with pytest.raises(ControlError, match="there are none here"):
        recording.play("slack/faults", {})


def test_before_the_start_there_is_no_record(stack: Stack) -> None:
    with pytest.raises(ControlError, match="no drill was started"):
        Recording(stack).current()
