"""Sessions: what is done in which order, and what comes of it."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from botwatch_drill.catalogue import BOT_SCRAPE_INTERVAL_S
from botwatch_drill.control import ControlError
from botwatch_drill.host import HostError
from botwatch_drill.runtimes.systemd import Kill, bot_unit
from botwatch_drill.session import Session
from botwatch_drill.testing import CRASHES, QUICK, RESTART, QuickStop, Story
from botwatch_drill.timing import Timing

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch_drill.testing import FakeHost, FakeStack


# Long enough for what follows a fault in the made-up stack, and short where nothing follows.
ENDING = replace(QUICK, resolved_within_s=0.5)


def output(session: Session) -> str:
    assert isinstance(session.console.file, io.StringIO)
    return session.console.file.getvalue()


def test_the_phases_of_bot_down(start: Callable[..., Session], stack: FakeStack) -> None:
    session = start("bot_down")
    session.run()
    assert stack.log == [
        "start bot_down",
        "inject",
        "mark injected",
        "undo",
        "mark released",
        "finish passed",
    ]
    (result,) = session.results
    assert result.ok
    assert result.budget_s == 12.0
    assert result.runs[0].timing.delivered_s == pytest.approx(9.8)


def test_the_phases_of_gateway_drop(start: Callable[..., Session], stack: FakeStack) -> None:
    session = start("gateway_drop")
    session.run()
    assert stack.log == ["start gateway_drop", "inject", "mark injected", "undo", "finish passed"]
    assert session.results[0].ok
    assert session.results[0].runs[0].timing.recovered_s == pytest.approx(3.0)


def test_every_run_is_a_line(start: Callable[..., Session], stack: FakeStack) -> None:
    stack.stories["bot_down"] = [Story(), Story(firing_s=11.0, delivered_s=11.3)]
    session = start("bot_down", runs=2)
    session.run()
    first, second = output(session).splitlines()
    assert first.startswith("bot_down             1/2  injected ")
    assert first.endswith(
        "firing 9.1 s · delivered 9.8 s · recovered 14.0 s · resolved 31.2 s · ok"
    )
    assert "delivered 11.3 s" in second


def test_injections_are_spread_over_a_scrape_interval_by_the_seed(
    start: Callable[..., Session], stop: QuickStop
) -> None:
    start("bot_down", runs=4, seed=7).run()
    first = list(stop.delays)
    stop.delays.clear()
    start("bot_down", runs=4, seed=7).run()
    assert stop.delays == first
    assert len(set(first)) == 4
    assert all(0 <= delay <= BOT_SCRAPE_INTERVAL_S for delay in first)


def test_no_message_the_fault_is_undone_and_the_run_failed(
    start: Callable[..., Session], stack: FakeStack
) -> None:
    stack.stories["bot_down"] = [Story(firing_s=9.0, delivered_s=None, resolved_s=None)]
    session = start("bot_down")
    session.run()
    assert stack.log[3:6] == ["undo", "mark released", "finish failed"]
    run = session.results[0].runs[0]
    assert run.timing == Timing(firing_s=9.0, recovered_s=14.0)
    assert run.failures == ("No Slack message named DiscordBotDown within 0.3 s.",)


def test_a_bot_that_somebody_else_starts_ends_the_wait(
    start: Callable[..., Session], stack: FakeStack
) -> None:
    stack.stories["bot_down"] = [
        Story(
            firing_s=None,
            delivered_s=None,
            recovered_s=-0.5,
            resolved_s=None,
            mended_early=True,
        )
    ]
    session = start("bot_down", limits=replace(QUICK, late_s=60.0))
    session.run()
    (failure,) = session.results[0].runs[0].failures
    assert "was started again after -0.5 s although it was to stay down" in failure


def test_what_never_gets_well_is_given_up(start: Callable[..., Session], stack: FakeStack) -> None:
    stack.stories["bot_down"] = [Story(recovered_s=None, resolved_s=None)]
    session = start("bot_down", limits=replace(QUICK, resolved_within_s=0.1))
    session.run()
    assert len(session.results[0].failures) == 2
    assert stack.log[3:6] == ["undo", "mark released", "finish failed"]


@pytest.mark.parametrize(
    "story", [replace(RESTART, messages=1), replace(RESTART, recovered_s=22.0)]
)
def test_a_drop_that_is_noisy_or_slow_fails(
    start: Callable[..., Session], stack: FakeStack, story: Story
) -> None:
    stack.stories["gateway_drop"] = [story]
    session = start("gateway_drop")
    session.run()
    assert len(session.results[0].failures) == 1
    assert stack.log[3:5] == ["undo", "finish failed"]


def test_as_many_runs_as_are_usual(start: Callable[..., Session]) -> None:
    session = start("crash_loop", "bot_down", "gateway_drop", runs=None)
    assert [result.wanted for result in session.results] == [1, 3, 1]


@pytest.mark.parametrize(
    ("name", "runtime"), [("bot_down", "k3s"), ("bot_scaled", "k3s"), ("crash_loop", "systemd")]
)
def test_every_fault_is_undone(
    start: Callable[..., Session], stack: FakeStack, name: str, runtime: str
) -> None:
    session = start(name, runtime=runtime)
    session.run()
    assert session.results[0].failures == []
    ending = [entry for entry in stack.log if entry != "mark again"]
    assert ending[-3:] == ["undo", "mark released", "finish passed"]


def test_the_return_of_a_bot_that_is_not_replaced_counts(
    start: Callable[..., Session], stack: FakeStack
) -> None:
    session = start("crash_loop")
    result = session.results[0]
    result.drill = replace(result.drill, breaks=Kill(bot_unit(), stays=False))
    session.run()
    assert result.failures == []
    assert stack.log[-4:] == ["mark again", "undo", "mark released", "finish passed"]


def test_the_phases_of_pod_crash(start: Callable[..., Session], stack: FakeStack) -> None:
    session = start("pod_crash", runtime="k3s")
    session.run()
    assert stack.log == [
        "start pod_crash",
        "inject",
        "mark injected",
        *["inject", "mark again"] * 2,
        "undo",
        "mark again",
        "mark released",
        "finish passed",
    ]
    assert session.results[0].failures == []
    shown = output(session)
    assert shown.count("recovered") == 1
    assert shown.index("recovered 14.0 s") > shown.index("delivered")


def test_a_bot_is_not_broken_again_once_the_notification_was_sent(
    start: Callable[..., Session], stack: FakeStack
) -> None:
    stack.stories["pod_crash"] = [replace(CRASHES, strikes=2)]
    start("pod_crash", runtime="k3s").run()
    assert stack.log.count("inject") == 2


def test_a_bot_that_does_not_come_back_is_not_broken_again(
    start: Callable[..., Session], stack: FakeStack
) -> None:
    stack.stories["pod_crash"] = [Story(delivered_s=None, recovered_s=None, resolved_s=None)]
    session = start("pod_crash", runtime="k3s", limits=ENDING)
    session.run()
    assert stack.log.count("inject") == 1
    assert stack.log.count("undo") == 1
    assert len(session.results[0].failures) == 2


def test_other_resolved_notifications_are_waited_for(
    start: Callable[..., Session], stack: FakeStack
) -> None:
    stack.stories["pod_crash"] = [replace(CRASHES, unresolved=("DiscordBotDown",))]
    session = start("pod_crash", runtime="k3s", limits=ENDING)
    session.run()
    assert "no resolved notification for DiscordBotDown" in " ".join(session.results[0].failures)


def test_a_good_deployment(start: Callable[..., Session], stack: FakeStack) -> None:
    session = start("deploy")
    session.run()
    assert stack.log == ["start deploy", "mark injected", "mark released", "finish passed"]
    assert session.results[0].runs[0].timing == Timing(
        recovered_s=session.results[0].runs[0].timing.recovered_s
    )
    assert session.results[0].ok
    assert "ended with 0" in output(session)


def test_a_bad_deployment(start: Callable[..., Session], stack: FakeStack) -> None:
    stack.stories["bad_deploy"] = [Story(resolved_s=None, messages=1)]
    session = start("bad_deploy")
    session.run()
    assert stack.log == ["start bad_deploy", "mark injected", "mark released", "finish passed"]
    assert session.results[0].ok
    assert session.results[0].runs[0].timing.delivered_s == pytest.approx(9.8)


def test_a_deployment_that_is_not_as_expected_shows_what_it_said(
    start: Callable[..., Session], stack: FakeStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODE", "3")
    session = start("deploy")
    session.run()
    (failure,) = session.results[0].failures
    assert failure == "deploy run 1: The deployment failed with exit code 3."
    assert "--- what the deployment said\nworking\n" in output(session)
    assert stack.log.count("evidence") == 3


def test_a_failed_run_shows_the_journals_and_the_next_one_goes_on(
    start: Callable[..., Session], stack: FakeStack
) -> None:
    stack.stories["gateway_drop"] = [replace(RESTART, messages=1), RESTART]
    session = start("gateway_drop", runs=2)
    session.run()
    assert stack.log.count("evidence") == 3
    for unit in ("discord-bot", "prometheus", "prometheus-alertmanager"):
        assert f"a line of {unit}.service" in output(session)
    assert [run.failures == () for run in session.results[0].runs] == [False, True]


def test_a_journal_that_cannot_be_read_does_not_end_the_session(
    start: Callable[..., Session], stack: FakeStack, host: FakeHost
) -> None:
    stack.stories["gateway_drop"] = [replace(RESTART, messages=1)]
    host.failing = ["evidence"]
    session = start("gateway_drop")
    session.run()
    assert "cannot be read: a command on the host failed: evidence" in output(session)


def test_a_fault_that_could_not_be_injected_is_undone_all_the_same(
    start: Callable[..., Session], stack: FakeStack, host: FakeHost
) -> None:
    host.failing = ["inject"]
    with pytest.raises(HostError, match="failed: inject"):
        start("bot_down").run()
    assert stack.log == ["start bot_down", "inject", "undo", "finish failed"]
    assert stack.record is not None
    assert stack.record["error"] == "aborted: a command on the host failed: inject"


def test_a_lost_control_room_does_not_keep_the_fault(
    start: Callable[..., Session], stack: FakeStack
) -> None:
    stack.refuse["/control/drills/current/mark"] = (500, "Broken.")
    with pytest.raises(ControlError, match="Broken"):
        start("bot_down").run()
    assert stack.log == ["start bot_down", "inject", "undo", "finish failed"]


def test_a_record_that_ended_from_outside_ends_the_session(
    start: Callable[..., Session], stack: FakeStack
) -> None:
    def abort(record: dict[str, Any]) -> None:
        record.update(state="aborted", error="The runner is gone.")

    stack.watched = abort
    stack.refuse["/control/drills/current/finish"] = (409, "No drill is running.")
    with pytest.raises(ControlError, match="ended the drill: The runner is gone"):
        start("bot_down").run()
    assert stack.log[-1] == "undo"


def test_a_record_of_somebody_else_ends_the_session(
    start: Callable[..., Session], stack: FakeStack
) -> None:
    def replace_record(record: dict[str, Any]) -> None:
        record.update(id=99, name="bot_crash")

    stack.watched = replace_record
    with pytest.raises(ControlError, match="the drill 'bot_crash' was started meanwhile"):
        start("bot_down").run()
    assert "undo" in stack.log
