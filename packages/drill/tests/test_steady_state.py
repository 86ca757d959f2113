"""What a run waits for before it breaks anything."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from botwatch_drill.session import Session
from botwatch_drill.steady_state import NotSteadyError
from botwatch_drill.stopping import Stop
from botwatch_drill.testing import QuickStop

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch_drill.testing import FakeStack


ABOUT_DOWN = {"text": "", "attachments": [{"title": "DiscordBotDown"}]}


def output(session: Session) -> str:
    assert isinstance(session.console.file, io.StringIO)
    return session.console.file.getvalue()


def test_a_run_waits_until_earlier_crashes_are_forgotten(
    start: Callable[..., Session], stack: FakeStack
) -> None:
    stack.snapshot["status"]["bot"]["crashes"] = 2
    with pytest.raises(NotSteadyError, match="crashed 2 times within the last ten minutes"):
        start("bot_restart").run()
    assert stack.log == []
    stack.snapshot["status"]["bot"]["crashes"] = 1
    start("bot_restart", "bot_down").run()
    with pytest.raises(NotSteadyError, match="crashed once within the last ten minutes"):
        start("crash_loop").run()


def test_an_unsteady_state_and_earlier_crashes_are_each_reported_once(
    start: Callable[..., Session], stack: FakeStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.snapshot["status"]["bot"]["crashes"] = 2
    stack.snapshot["alerts"]["items"] = [{"name": "DiskFull", "state": "firing", "labels": {}}]

    def sleep(self: QuickStop, seconds: float) -> None:
        stack.snapshot["alerts"]["items"] = []
        Stop.sleep(self, seconds)

    monkeypatch.setattr(QuickStop, "sleep", sleep)
    session = start("bot_restart")
    with pytest.raises(NotSteadyError, match="crashed 2 times"):
        session.run()
    assert output(session).split("1/1  ")[1].rstrip() == (
        "waits for a steady state (DiskFull is firing) · "
        "waits for a steady state (the bot crashed 2 times within the last ten minutes)"
    )


def test_a_run_waits_for_a_steady_state(start: Callable[..., Session], stack: FakeStack) -> None:
    stack.snapshot["alerts"]["items"] = [{"name": "DiskFull", "state": "firing", "labels": {}}]
    session = start("bot_down")
    with pytest.raises(
        NotSteadyError, match=r"has not reached a steady state after 0\.3 s: DiskFull is firing"
    ):
        session.run()
    assert stack.log == []
    assert "waits for a steady state (DiskFull is firing)" in output(session)


def test_a_run_waits_for_the_last_resolved_message(
    start: Callable[..., Session], stack: FakeStack
) -> None:
    stack.snapshot["slack"]["messages"] = [{"state": "firing", "at": 0.0, **ABOUT_DOWN}]
    with pytest.raises(NotSteadyError, match="Slack has not received the last"):
        start("bot_down").run()


@pytest.mark.parametrize(("ago_s", "at_rest"), [(31.0, False), (33.0, True)])
def test_a_run_waits_until_alertmanager_has_forgotten_the_last_alert(
    start: Callable[..., Session], stack: FakeStack, ago_s: float, *, at_rest: bool
) -> None:
    sent_at = stack.snapshot["now"] - ago_s
    stack.snapshot["slack"]["messages"] = [{"state": "resolved", "at": sent_at, **ABOUT_DOWN}]
    session = start("bot_down")
    if at_rest:
        session.run()
        assert session.results[0].ok
    else:
        with pytest.raises(NotSteadyError, match="Alertmanager still keeps the last alert's group"):
            session.run()


def test_a_run_waits_until_nothing_keeps_its_alert_quiet(
    start: Callable[..., Session], stack: FakeStack
) -> None:
    about = {"text": "", "attachments": [{"title": "DiscordBotHighErrors"}]}
    sent_at = stack.snapshot["now"] - 79.0
    stack.snapshot["slack"]["messages"] = [{"state": "resolved", "at": sent_at, **about}]
    quiet = "79 s ago, which keeps DiscordBotErrorBudgetBurning quiet"
    with pytest.raises(NotSteadyError, match=quiet):
        start("budget").run()
