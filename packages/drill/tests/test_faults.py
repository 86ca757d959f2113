"""What breaks beside the bot's process: in the made-up stack, and with the real shell."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from botwatch_drill.catalogue import CATALOGUE, DRILLS, choose
from botwatch_drill.control import ControlRoom
from botwatch_drill.faults.outage import Outage
from botwatch_drill.faults.rotation import Rotation
from botwatch_drill.faults.shell import Shell
from botwatch_drill.injection import Injection
from botwatch_drill.runtimes.k3s import ContainerKilled
from botwatch_drill.runtimes.systemd import Kill, bot_unit
from botwatch_drill.session import Plan, Session
from botwatch_drill.stopping import Stop
from botwatch_drill.stubbed import SYSTEMD_RUN, StubbedHost
from botwatch_drill.testing import QUICK, FakeHost, Story
from botwatch_drill.watch import Stack

if TYPE_CHECKING:
    from pathlib import Path

    from botwatch_drill.terms import Limits
    from botwatch_drill.testing import FakeControl, FakeStack


# Where nothing follows a fault, its end is not waited for.
LIMITS = replace(QUICK, resolved_within_s=0.5)


def run(control: FakeControl, host: FakeHost, *names: str, limits: Limits = QUICK) -> Session:
    drills = [replace(drill, limits=limits) for drill in choose(names, DRILLS["systemd"])]
    for number, drill in enumerate(drills):
        if isinstance(drill.breaks, Outage):
            drills[number] = replace(drill, breaks=replace(drill.breaks, lasts_s=0.05))
    with ControlRoom(control.url) as room:
        session = Session(
            Stack(room, host, Stop()), Plan(drills, 1, 1), Console(file=io.StringIO())
        )
        session.run()
    return session


def test_slack_fails_before_the_bot_is_away_and_works_before_it_is_back(
    control: FakeControl, host: FakeHost, stack: FakeStack
) -> None:
    played: list[str] = []
    host.hook = lambda word: played.append(f"{word} {len(stack.played)}")
    session = run(control, host, "slack_500")
    assert session.results[0].failures == []
    assert stack.played[0] == ("slack/faults", {"status": 500, "for_s": QUICK.fail_safe_s})
    assert {body["status"] for _, body in stack.played[1:]} == {None}
    assert played[:2] == ["inject 1", "undo 3"]


def test_a_second_notification_is_a_failure(
    control: FakeControl, host: FakeHost, stack: FakeStack
) -> None:
    stack.stories["slack_429"] = [Story(firing_messages=2)]
    session = run(control, host, "slack_429")
    assert "received 2 firing notifications" in " ".join(session.results[0].failures)


def test_the_stand_ins_play_and_somebody_asks(
    control: FakeControl, host: FakeHost, stack: FakeStack
) -> None:
    session = run(control, host, "commands_fail")
    assert session.results[0].failures == []
    asked = [body for what, body in stack.played if what == "discord/messages"]
    assert [body["content"] for body in asked] == ["?ping"] * 3
    assert len({body["author"] for body in asked}) == 3
    assert stack.played[0][1]["for_s"] == QUICK.fail_safe_s
    assert stack.played[-1] == ("discord/faults", {"server_error": 0})


def test_alertmanager_is_restarted_once_the_message_is_there(
    control: FakeControl, host: FakeHost
) -> None:
    (drill,) = choose(["alertmanager_restart"], DRILLS["systemd"])
    assert drill.meanwhile is not None
    drill = replace(drill, limits=QUICK, meanwhile=replace(drill.meanwhile, quiet_s=0.05))
    with ControlRoom(control.url) as room:
        session = Session(
            Stack(room, host, Stop()), Plan([drill], 1, 1), Console(file=io.StringIO())
        )
        session.run()
    assert session.results[0].failures == []
    restarts = [script for script in host.scripts if "restart prometheus-alertmanager" in script]
    assert len(restarts) == 1
    assert host.scripts.index(restarts[0]) == 1


def test_a_host_that_restarts_is_watched_until_it_is_well(
    control: FakeControl, host: FakeHost, stack: FakeStack
) -> None:
    host.failing = ["booted", "booted"]  # while it boots
    session = run(control, host, "node_restart")
    assert session.results[0].failures == []
    assert stack.log == ["boot", "restart", "booted", "booted", "booted"]
    assert session.results[0].runs[0].timing.recovered_s is not None


def test_a_host_that_has_not_gone_down_yet_is_not_back(
    control: FakeControl, host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reboots a moment after it was asked to, and is well until then."""
    monkeypatch.setattr(FakeHost, "restart", lambda _: None)
    session = run(control, host, "node_restart")
    (failure,) = session.results[0].failures
    assert "was not seen to recover" in failure


def test_drills_that_run_at_the_same_time_are_each_undone_and_judged(
    control: FakeControl, host: FakeHost, stack: FakeStack
) -> None:
    session = run(control, host, "unit_failed", "disk_full", limits=LIMITS)
    assert stack.log[0] == "start together"
    assert stack.log[-1] == "finish failed"  # no notification was sent
    assert [len(result.failures) for result in session.results] == [1, 1]
    undone = [script for script in host.scripts if "reset-failed botwatch" in script]
    assert any("botwatch-drill-undo-unit_failed" in script for script in undone)


def test_a_renewed_webhook_is_put_back(tmp_path: Path) -> None:
    host = StubbedHost(tmp_path)
    host.program("bin/systemctl", "true")
    host.program("bin/systemd-run", SYSTEMD_RUN)
    file = tmp_path / "webhook-url"
    file.write_text("http://127.0.0.1/services/T0/B0/old")
    file.chmod(0o640)
    rotation = Rotation(Kill(bot_unit(), stays=True), str(file))
    fault = Injection(rotation.renewal("new0key"), host, 180, name="webhook")
    fault.inject()
    assert file.read_text().strip() == "http://127.0.0.1/services/T0/B0/new0key"
    fault.undo()
    assert file.read_text() == "http://127.0.0.1/services/T0/B0/old"
    assert file.stat().st_mode & 0o777 == 0o640
    assert not (tmp_path / "run/botwatch-drill-webhook").exists()


@pytest.mark.parametrize(
    "drill", [drill for drill in CATALOGUE if isinstance(drill.breaks, Shell)], ids=lambda d: d.name
)
def test_every_script_is_one_that_a_shell_can_read(drill: object, tmp_path: Path) -> None:
    host = StubbedHost(tmp_path)
    breaks = drill.breaks  # type: ignore[attr-defined]  # pytest's parameters carry no type
    for lines in (breaks.looks, breaks.breaks, breaks.repairs):
        host.run("if false; then\n:\n" + "\n".join(lines) + "\nfi")


@pytest.mark.parametrize("runtime", DRILLS)
def test_a_replaced_bot_starts_after_the_moment_of_the_undoing(runtime: str) -> None:
    """Its start is what the record then waits for."""
    drills = [drill for drill in DRILLS[runtime] if getattr(drill.breaks, "replaces", False)]
    assert "bot_hang" in {drill.name for drill in drills}
    for drill in drills:
        assert isinstance(drill.breaks, Shell | Kill | ContainerKilled)
        cleared, started = "\n".join(drill.breaks.clear()), "\n".join(drill.breaks.start())
        for words in ("systemctl stop", "delete pod"):
            assert words not in cleared
        assert re.search("systemctl stop|delete pod", started)
