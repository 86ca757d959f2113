"""What a run leaves behind, and what the next one makes of it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from botwatch.exits import ExitCode
from botwatch.health import MAX_HEARTBEAT_AGE
from botwatch.runs import CRASHES, Ending, Run
from botwatch.services import Services, take_over

CODES = {
    ExitCode.DISCONNECTED: Ending.DISCONNECTED,
    ExitCode.INTERNAL: Ending.INTERNAL,
    ExitCode.PORT_BUSY: Ending.PORT_BUSY,
    ExitCode.REFUSED: Ending.REFUSED,
    ExitCode.BAD_SETTINGS: Ending.SETTINGS,
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "state"
    path.mkdir()
    return path


def begin(directory: Path) -> Run:
    return Run(str(directory))


def counted(run: Run) -> dict[Ending, int]:
    return {ending: count for ending, count in run.crashes.items() if count}


def test_the_first_run_knows_of_none_before_it(directory: Path) -> None:
    run = begin(directory)
    assert (run.before, counted(run), run.problem) == (None, {}, None)


def test_a_run_that_left_no_word_was_killed(directory: Path) -> None:
    begin(directory)
    run = begin(directory)
    assert (run.before, counted(run)) == (Ending.KILLED, {Ending.KILLED: 1})


def test_a_clean_stop_counts_nothing(directory: Path) -> None:
    begin(directory).stop()
    run = begin(directory)
    assert (run.before, counted(run)) == (Ending.STOPPED, {})
    run.end(ExitCode.OK)
    assert counted(begin(directory)) == {}


@pytest.mark.parametrize(("code", "ending"), CODES.items())
def test_each_exit_code_has_a_reason(directory: Path, code: ExitCode, ending: Ending) -> None:
    begin(directory).end(code, "why")
    run = begin(directory)
    assert (run.before, counted(run)) == (ending, {ending: 1})


def test_a_drill_and_a_hang_are_reasons_too(directory: Path) -> None:
    begin(directory).crash_for_a_drill()
    run = begin(directory)
    assert run.before is Ending.DRILL
    run.hangs = lambda: ["the event loop has not run for 12 s"]
    run.stop()
    assert counted(begin(directory)) == {Ending.DRILL: 1, Ending.HUNG: 1}


def test_every_ending_but_a_clean_one_is_a_crash_that_has_words() -> None:
    assert set(CRASHES) == set(Ending) - {Ending.STOPPED}


def test_counts_last_over_runs_and_never_fall(directory: Path) -> None:
    totals = []
    for end in (ExitCode.INTERNAL, ExitCode.OK, ExitCode.INTERNAL, ExitCode.REFUSED):
        run = begin(directory)
        totals.append(sum(run.crashes.values()))
        run.end(end)
    assert counted(begin(directory)) == {Ending.INTERNAL: 2, Ending.REFUSED: 1}
    assert all(earlier <= later for earlier, later in pairwise(totals))


def test_only_the_first_end_counts(directory: Path) -> None:
    run = begin(directory)
    run.stop()
    run.end(ExitCode.INTERNAL, "while it closed")
    assert begin(directory).before is Ending.STOPPED


@pytest.mark.parametrize("directory", ["", "relative"])
def test_without_a_directory_nothing_is_kept(
    directory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "relative").mkdir()
    Run(directory)
    run = Run(directory)
    run.end(ExitCode.INTERNAL, "why")
    assert (run.before, counted(run), run.problem) == (None, {}, None)
    assert list(tmp_path.rglob("*")) == [tmp_path / "relative"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"asleep\n",
        b"running\nkilled\n",
        b"running\nkilled 1 2\n",
        b"running\nkilled -1\n",
        b"running\nkilled 1e400\n",
        b"running\nkilled " + b"9" * 4000,
        b"running\nstopped 1\n",
        b"running\nbored 1\n",
        b"\xff\x00\xfe",
    ],
)
def test_what_no_bot_wrote_is_one_problem_and_counting_starts_again(
    directory: Path, content: bytes
) -> None:
    (directory / "last-run").write_bytes(content)
    run = begin(directory)
    assert run.problem == (
        f"{directory}/last-run does not hold what a bot writes; the counts start at 0 again"
    )
    assert (run.before, counted(run)) == (None, {})
    run.end(ExitCode.INTERNAL)
    healed = begin(directory)
    assert (healed.problem, counted(healed)) == (None, {Ending.INTERNAL: 1})


def test_a_directory_that_is_not_there_is_one_problem(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = begin(tmp_path / "nowhere")
    assert run.problem is not None
    assert run.problem.startswith(f"{tmp_path}/nowhere/last-run cannot be written: No such file")
    run.end(ExitCode.INTERNAL)
    assert caplog.messages == []


def test_a_file_that_is_no_file_is_one_problem(directory: Path) -> None:
    (directory / "last-run").mkdir()
    run = begin(directory)
    assert run.problem is not None
    assert "cannot be written: Is a directory" in run.problem


def test_a_full_disk_leaves_the_file_as_it_was(
    directory: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = begin(directory)
    before = (directory / "last-run").read_text()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    run.end(ExitCode.INTERNAL, "why")
    assert (directory / "last-run").read_text() == before
    (said,) = caplog.messages
    assert "No space left on device" in said


class TestTerminationLog:
    def test_holds_why_the_run_ended(self, tmp_path: Path) -> None:
        log = tmp_path / "termination-log"
        log.write_text("")
        inode = log.stat().st_ino
        Run(termination_log=str(log)).end(ExitCode.BAD_SETTINGS, "one is wrong", "and another")
        assert log.read_text() == "one is wrong; and another\n"
        assert log.stat().st_ino == inode  # Kubernetes reads the file that it mounted

    def test_is_left_alone_by_a_clean_stop(self, tmp_path: Path) -> None:
        log = tmp_path / "termination-log"
        Run(termination_log=str(log)).stop()
        assert not log.exists()

    def test_that_cannot_be_written_is_a_warning(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        Run(termination_log=str(tmp_path)).end(ExitCode.INTERNAL, "why")
        (said,) = caplog.messages
        assert "Is a directory" in said


class TestTakingOver:
    def test_the_counts_become_metrics_and_the_last_crash_is_reported(
        self, directory: Path, services: Services, caplog: pytest.LogCaptureFixture
    ) -> None:
        begin(directory).end(ExitCode.INTERNAL)
        begin(directory)
        take_over(begin(directory), services.metrics, services.health)
        samples = {
            ending: services.metrics.registry.get_sample_value(
                "discord_bot_crashes_total", {"reason": ending}
            )
            for ending in CRASHES
        }
        assert samples == dict.fromkeys(CRASHES, 0) | {Ending.INTERNAL: 1, Ending.KILLED: 1}
        assert "the last run ended without a trace" in caplog.text

    def test_a_clean_stop_is_not_worth_a_line(
        self, directory: Path, services: Services, caplog: pytest.LogCaptureFixture
    ) -> None:
        begin(directory).stop()
        take_over(begin(directory), services.metrics, services.health)
        assert caplog.messages == []

    def test_a_directory_that_cannot_be_used_is_one_line(
        self, tmp_path: Path, services: Services, caplog: pytest.LogCaptureFixture
    ) -> None:
        take_over(begin(tmp_path / "nowhere"), services.metrics, services.health)
        assert len(caplog.messages) == 1

    def test_a_stop_of_a_bot_whose_event_loop_is_stuck_is_no_clean_one(
        self, directory: Path, services: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = begin(directory)
        take_over(run, services.metrics, services.health)
        last = services.pulse._last
        monkeypatch.setattr(services.pulse, "_clock", lambda: last + MAX_HEARTBEAT_AGE + 1)
        run.stop()
        assert begin(directory).before is Ending.HUNG
