from __future__ import annotations

import pytest

from botwatch_drill.catalogue import DRILLS, choose
from botwatch_drill.control import ControlError
from botwatch_drill.recording import Recording
from botwatch_drill.snapshot import Alert, Snapshot, Told

(BOT_DOWN,) = choose(["bot_down"], DRILLS["systemd"])
DOWN = "DiscordBotDown"


class Site:
    """What is seen next."""

    def __init__(self) -> None:
        self.now, self.ready = 1000.0, True
        self.started_at: float | None = 900.0
        self.alerts: list[Alert] = []
        self.told: list[Told] = []

    def __call__(self) -> Snapshot:
        self.now += 1
        alerts, told = tuple(self.alerts), tuple(self.told)
        return Snapshot(
            self.now, alerts=alerts, told=told, ready=self.ready, started_at=self.started_at
        )

    def tell(self, state: str, name: str = DOWN) -> None:
        self.told.append(Told(self.now, state, f"Alert: {name}", f"Alert: {name} It is away."))


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def recording(site: Site) -> Recording:
    site.tell("firing")  # of an earlier one
    recording = Recording(site)
    recording.start(BOT_DOWN)
    return recording


def test_a_drill_from_fault_to_resolved(site: Site, recording: Recording) -> None:
    assert recording.current().injected_at is None
    recording.mark("injected", 1001.5)
    site.ready = False
    site.alerts = [Alert(DOWN, "pending", "discord-bot")]
    assert recording.current().firing_at is None
    site.alerts = [Alert(DOWN, "firing", "discord-bot")]
    fired_at = recording.current().firing_at
    site.tell("firing")
    record = recording.current()
    assert (record.firing_at, record.delivered_at, record.messages) == (fired_at, fired_at, 1)
    assert record.said == "Alert: DiscordBotDown It is away."
    assert list(record.unresolved) == [DOWN]
    recording.mark("released", 1010.0)
    site.ready, site.alerts = True, []
    assert recording.current().recovered_at == site.now
    site.tell("resolved")
    record = recording.current()
    assert (record.told_firing, record.told_resolved, list(record.unresolved)) == (1, 1, [])
    assert record.resolved_at is not None
    assert recording.finish(ok=True, error=None).state == "passed"


def test_a_fault_that_spares_the_bot_is_over_with_its_alert(
    site: Site, recording: Recording
) -> None:
    recording.mark("injected")
    site.alerts = [Alert(DOWN, "firing", "discord-bot")]
    assert recording.current().recovered_at is None
    site.alerts = []
    assert recording.current().recovered_at == site.now


def test_after_a_further_strike_the_bot_must_come_back_anew(
    site: Site, recording: Recording
) -> None:
    recording.mark("injected")
    site.ready = False
    recording.current()
    site.ready = True
    assert recording.current().recovered_at is not None
    recording.mark("again")
    assert recording.current().recovered_at is None


@pytest.mark.parametrize("started_at", [1010.0, None], ids=["new", "unknown"])
def test_a_bot_that_hung_and_was_replaced_before_anybody_looked_has_recovered(
    site: Site, recording: Recording, started_at: float | None
) -> None:
    recording.mark("injected", 1001.5)
    site.ready = False
    assert recording.current().recovered_at is None
    site.ready, site.started_at, site.now = True, started_at, 1009.0
    recording.mark("again", 1009.0)
    assert recording.current().recovered_at == site.now


def test_a_bot_that_was_replaced_unseen_has_recovered(site: Site, recording: Recording) -> None:
    recording.mark("injected", 1001.5)
    assert recording.current().recovered_at is None
    site.started_at = 1001.0
    assert recording.current().recovered_at is None
    site.started_at = 1002.0
    assert recording.current().recovered_at == site.now
    recording.mark("again", 1004.0)
    assert recording.current().recovered_at is None
    site.started_at = 1004.5
    assert recording.current().recovered_at == site.now


def test_other_alerts_are_counted_and_not_taken_for_the_drills_own(
    site: Site, recording: Recording
) -> None:
    recording.mark("injected")
    site.tell("firing", "DiskFull")
    record = recording.current()
    assert (record.messages, record.delivered_at, list(record.unresolved)) == (1, None, [])


def test_where_there_are_no_stand_ins_nothing_is_played(recording: Recording) -> None:
    with pytest.raises(ControlError, match="there are none here"):
        recording.play("slack/faults", {})


def test_before_the_start_there_is_no_record(site: Site) -> None:
    with pytest.raises(ControlError, match="no drill was started"):
        Recording(site).current()
