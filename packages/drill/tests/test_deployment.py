from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from botwatch_drill.deployment import DeploymentError, RunningDeployment
from botwatch_drill.outcome import Ended


def ended(*command: str, within_s: float = 10.0) -> Ended:
    with RunningDeployment(command, within_s) as running:
        return running.result()


def runs(number: int) -> bool:
    """Whether a process is there and not only waits to be reaped."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_its_words_reach_it_as_they_are_and_nobody_answers_its_questions() -> None:
    script = 'printf "%s\\n" "$@"; cat; echo to the side >&2; exit 3'
    found = ended("sh", "-c", script, "sh", "a b", "$HOME")
    assert found == Ended(3, "a b\n$HOME\nto the side\n")


def test_much_output_does_not_block_it() -> None:
    assert len(ended("sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x").output) == 300000


def test_it_is_out_of_the_reach_of_ctrl_c() -> None:
    assert ended("sh", "-c", "ps -o sid= -p $$").output.strip() != str(os.getsid(0))


def test_leaving_it_waits_for_its_end(tmp_path: Path) -> None:
    done = tmp_path / "done"
    command = ("sh", "-c", f"sleep 0.3; touch {done}")
    with RunningDeployment(command, 10.0) as running:
        assert not running.ended
    assert done.exists()


def test_one_that_does_not_end_is_stopped_with_all_that_it_started(tmp_path: Path) -> None:
    child = tmp_path / "child"
    began = time.monotonic()
    script = f"sleep 60 & echo $! >{child}; echo working; wait"
    found = ended("sh", "-c", script, within_s=0.5)
    assert time.monotonic() - began < 10
    assert found == Ended(-signal.SIGTERM, "working\n", in_time=False)
    while runs(int(child.read_text())):
        assert time.monotonic() - began < 10
        time.sleep(0.01)


def test_what_is_no_program_says_so(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("no program")
    program.chmod(0o755)
    with pytest.raises(DeploymentError, match="cannot be started: Exec format error"):
        ended(str(program))
