from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from botwatch_probe.environment import SettingsError
from botwatch_probe.settings import Settings, read_settings

SOURCE = Path(__file__).resolve().parents[1] / "src"


@contextmanager
def started(**settings: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "botwatch_probe"]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), **settings}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_it_is_ready_alive_and_ends_well_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(path))
        supervisor.settimeout(20)
        with started(NOTIFY_SOCKET=str(path), PROBE_LISTEN_PORT="0") as process:
            assert supervisor.recv(100) == b"READY=1"
            assert supervisor.recv(100) == b"WATCHDOG=1"
            process.terminate()
            while (said := supervisor.recv(100)) == b"WATCHDOG=1":
                pass
            assert said == b"STOPPING=1"
            assert process.wait(10) == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROBE_LISTEN_PORT", "http"),
        ("PROBE_LISTEN_PORT", "65536"),
        ("PROBE_INTERVAL_S", "3m"),
        ("PROBE_INTERVAL_S", "0"),
        ("PROBE_LIMIT_S", "nan"),
        ("PROBE_LIMIT_S", "inf"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is '{value}'"):
        read_settings({name: value})


def test_what_is_not_set_has_its_default() -> None:
    assert read_settings({}) == Settings()
    given = {"PROBE_LISTEN_ADDRESS": "0.0.0.0", "PROBE_INTERVAL_S": "90"}  # noqa: S104 # only read
    assert read_settings(given) == Settings("0.0.0.0", interval_s=90)  # noqa: S104 # as above


def test_a_wrong_setting_ends_it_with_the_reason() -> None:
    with started(PROBE_LIMIT_S="soon") as process:
        _, said = process.communicate(timeout=20)
    assert process.returncode == 78
    assert said.startswith("ERROR PROBE_LIMIT_S is 'soon'")


def test_a_port_that_is_taken_ends_it_with_the_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with started(PROBE_LISTEN_PORT=port) as process:
            _, said = process.communicate(timeout=20)
    assert process.returncode == 75
    assert f"Cannot listen on 127.0.0.1:{port}" in said


def test_it_needs_nothing_but_the_standard_library() -> None:
    script = (
        "import sys, botwatch_probe.main; own = sys.stdlib_module_names | {'botwatch_probe'};"
        "print({name.split('.')[0] for name in sys.modules} - own - {'__main__'})"
    )
    # -S: not even the packages of this environment are there.
    ran = subprocess.run(
        [sys.executable, "-S", "-c", script],
        env={"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "set()"
