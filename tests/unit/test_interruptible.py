from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[2] / "tools" / "interruptible"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN);"
    "print('ready', flush=True); time.sleep(60)"
)
OBLIGING = "import time; print('ready', flush=True); time.sleep(60)"
LIMIT_S = 10.0


def interrupt(script: str, patience_s: float) -> tuple[int, float]:
    """Run a script, press Ctrl-C once it is ready; return the exit code and how long it took."""
    with subprocess.Popen(
        [sys.executable, PROGRAM, str(patience_s), sys.executable, "-c", script],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        started = time.monotonic()
        # To the whole group, as a terminal does.
        os.killpg(process.pid, signal.SIGINT)
        return process.wait(LIMIT_S), time.monotonic() - started


def test_a_command_that_handles_the_signal_ends_immediately() -> None:
    code, took = interrupt(OBLIGING, patience_s=LIMIT_S)
    assert code == 128 + signal.SIGINT
    assert took < LIMIT_S / 2


def test_a_command_that_does_not_is_ended() -> None:
    code, took = interrupt(STUBBORN, patience_s=0.5)
    assert code == 128 + signal.SIGINT
    assert took >= 0.5


def test_the_exit_code_is_that_of_the_command() -> None:
    run = subprocess.run([sys.executable, PROGRAM, "1", "sh", "-c", "exit 7"], check=False)
    assert run.returncode == 7
