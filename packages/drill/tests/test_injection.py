from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from botwatch_drill.faults.shell import Shell
from botwatch_drill.host import TIMEOUT_S, HostError
from botwatch_drill.injection import INJECT_WITHIN_S, Injection
from botwatch_drill.runtimes.systemd import Kill
from botwatch_drill.stubbed import SYSTEMD_RUN, StubbedHost
from botwatch_drill.testing import FakeHost, FakeStack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UNIT = "discord-bot.service"
SYSTEMCTL = """echo "systemctl $*" >>"$FAKE/log"
case $* in
  show*) cat "$FAKE/main" ;;
  reset-failed*) exit 1 ;;
  "stop botwatch-drill"*) exit 5 ;;
esac
"""


@dataclass(frozen=True)
class SystemdHost(StubbedHost):
    """A host whose systemd is made up."""

    def files(self) -> list[Path]:
        """What there is under /run, apart from systemd's own directories."""
        own = {self.directory / "run" / part for part in ("systemd", "systemd/system")}
        return [path for path in (self.directory / "run").rglob("*") if path not in own]

    @property
    def drop_in(self) -> Path:
        return self.directory / "run/systemd/system" / f"{UNIT}.d" / "zz-botwatch-drill.conf"


@pytest.fixture
def host(tmp_path: Path) -> SystemdHost:
    made = SystemdHost(tmp_path)
    made.program("bin/systemctl", SYSTEMCTL)
    made.program("bin/systemd-run", SYSTEMD_RUN)
    return made


@pytest.fixture
def victim(host: SystemdHost) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        (host.directory / "main").write_text(f"{process.pid}\n")
        yield process
        process.kill()


def fault(host: SystemdHost, *, stays: bool) -> Injection:
    return Injection(Kill(UNIT, stays=stays), host, fail_safe_s=180, pause_s=0.0)


def test_a_kill_that_stays(host: SystemdHost, victim: subprocess.Popen[bytes]) -> None:
    before = time.time()
    killed_at = fault(host, stays=True).inject()
    assert before - 1 <= killed_at <= time.time()
    assert victim.wait(timeout=5) == -9
    assert host.drop_in.read_text() == "[Service]\nRestart=no\n"
    assert host.log[-1] == "systemctl daemon-reload"
    armed = next(line for line in host.log if line.startswith("systemd-run"))
    assert "--on-active=180s" in armed
    assert "--unit=botwatch-drill-undo" in armed


def test_undoing_it_leaves_nothing(host: SystemdHost, victim: subprocess.Popen[bytes]) -> None:
    broken = fault(host, stays=True)
    killed_at = broken.inject()
    assert victim.wait(timeout=5) == -9
    assert broken.undo() >= killed_at
    assert not host.files()
    assert host.log[-4:] == [
        "systemctl daemon-reload",
        f"systemctl reset-failed {UNIT}",
        f"systemctl start {UNIT}",
        "systemctl stop botwatch-drill-undo.timer botwatch-drill-undo.service",
    ]


def test_the_fail_safe_undoes_it_just_so(
    host: SystemdHost, victim: subprocess.Popen[bytes]
) -> None:
    fault(host, stays=True).inject()
    assert victim.wait(timeout=5) == -9
    host.run_fail_safe()
    assert not host.files()
    assert host.log[-1] == f"systemctl start {UNIT}"


def test_drop_ins_of_others_stay(host: SystemdHost, victim: subprocess.Popen[bytes]) -> None:
    others = host.drop_in.with_name("override.conf")
    others.parent.mkdir(parents=True)
    others.touch()
    broken = fault(host, stays=True)
    broken.inject()
    assert victim.wait(timeout=5) == -9
    broken.undo()
    assert list(others.parent.iterdir()) == [others]


def test_a_kill_that_systemd_mends(host: SystemdHost, victim: subprocess.Popen[bytes]) -> None:
    broken = fault(host, stays=False)
    broken.inject()
    assert victim.wait(timeout=5) == -9
    assert len(host.log) == 1
    broken.undo()
    assert f"systemctl start {UNIT}" in host.log
    assert not host.drop_in.parent.exists()


def test_a_crash_is_undone_by_a_new_start_that_knows_of_none(
    host: SystemdHost, victim: subprocess.Popen[bytes]
) -> None:
    broken = Injection(Kill(UNIT, stays=False, replaces=True), host, fail_safe_s=180, pause_s=0.0)
    broken.inject()
    assert victim.wait(timeout=5) == -9
    broken.undo()
    assert host.log[-3:-1] == [f"systemctl stop {UNIT}", f"systemctl start {UNIT}"]


def test_a_unit_that_does_not_run_is_not_touched(host: SystemdHost) -> None:
    (host.directory / "main").write_text("0\n")
    with pytest.raises(HostError, match=r"discord-bot\.service is not running"):
        fault(host, stays=True).inject()
    assert not host.drop_in.exists()


def test_undoing_is_tried_three_times() -> None:
    notes = FakeHost(FakeStack(), failing=["undo", "undo"])
    Injection(Kill(UNIT, stays=True), notes, 180, pause_s=0.0).undo()
    assert notes.stack.log == ["undo"] * 3


@pytest.mark.parametrize(
    ("stays", "remedy"),
    [
        (True, "the host does it by itself within 180 s"),
        (False, "run `systemctl start discord-bot.service` on the host"),
    ],
)
def test_what_cannot_be_undone_says_what_comes(*, stays: bool, remedy: str) -> None:
    notes = FakeHost(FakeStack(), failing=["undo"] * 3)
    with pytest.raises(HostError, match=remedy):
        Injection(Kill(UNIT, stays=stays), notes, 180, pause_s=0.0).undo()


def test_a_clock_that_tells_no_time() -> None:
    class Odd(FakeHost):
        def sh(self, script: str) -> str:
            super().sh(script)
            return "now"

    with pytest.raises(HostError, match="clock says 'now' instead of a time"):
        Injection(Kill(UNIT, stays=False), Odd(FakeStack()), 180).inject()


@dataclass(frozen=True)
class LateHost(SystemdHost):
    """A host that gets the injecting command later than it is waited for."""

    late: list[str] = field(default_factory=list)

    def sh(self, script: str) -> str:
        if "kill -KILL" in script:
            self.late.append(script)
            message = "no answer within 60 s"
            raise HostError(message)
        return super().sh(script)


def test_a_command_that_comes_after_the_undoing_breaks_nothing(
    host: SystemdHost, victim: subprocess.Popen[bytes]
) -> None:
    slow = LateHost(host.directory)
    broken = Injection(Kill(UNIT, stays=True), slow, 180, pause_s=0.0, inject_within_s=1.0)
    with pytest.raises(HostError, match="no answer"):
        broken.inject()
    broken.undo()
    time.sleep(1.1)
    with pytest.raises(HostError, match="it came too late to break anything"):
        host.sh(slow.late[0])
    assert victim.poll() is None
    assert not host.files()


def test_a_command_that_is_stuck_on_the_host_is_ended_there(
    host: SystemdHost, victim: subprocess.Popen[bytes]
) -> None:
    host.program("bin/systemctl", f"case $* in show*) sleep 10;; esac\n{SYSTEMCTL}")
    stuck = Injection(Kill(UNIT, stays=True), host, 180, pause_s=0.0, inject_within_s=2.0)
    started = time.monotonic()
    with pytest.raises(HostError, match="it took too long and was ended"):
        stuck.inject()
    assert time.monotonic() - started < 9
    stuck.undo()
    assert victim.poll() is None
    assert not host.files()


def test_what_an_injection_leaves_goes_with_it_when_it_is_ended(host: SystemdHost) -> None:
    left = host.directory / "left"
    fault = Shell(looks=(f"touch {left}", f"trap 'rm {left}' EXIT", "sleep 10"), breaks=("true",))
    with pytest.raises(HostError, match="took too long"):
        Injection(fault, host, 180, pause_s=0.0, inject_within_s=2.0).inject()
    assert not left.exists()


@dataclass(frozen=True)
class CutOffHost(SystemdHost):
    """A host whose connection breaks while it receives the fault."""

    running: list[threading.Thread] = field(default_factory=list)

    def sh(self, script: str) -> str:
        if "kill -KILL" not in script:
            return super().sh(script)
        self.running.append(threading.Thread(target=super().sh, args=(script,)))
        self.running[0].start()
        while not (self.directory / "reached").exists():
            time.sleep(0.01)
        message = "the connection is lost"
        raise HostError(message)


def test_undoing_waits_for_a_command_whose_connection_is_lost(
    host: SystemdHost, victim: subprocess.Popen[bytes]
) -> None:
    slow = 'case $* in show*) touch "$FAKE/reached"; sleep 1;; esac'
    host.program("bin/systemctl", f"{slow}\n{SYSTEMCTL}")
    cut_off = CutOffHost(host.directory)
    broken = Injection(Kill(UNIT, stays=True), cut_off, 180, pause_s=0.0)
    with pytest.raises(HostError, match="the connection is lost"):
        broken.inject()
    assert victim.poll() is None
    broken.undo()
    cut_off.running[0].join()
    assert victim.wait(timeout=5) == -9
    assert not host.files()
    assert f"systemctl start {UNIT}" in host.log[-2:]


def test_an_injection_ends_before_its_host_is_given_up() -> None:
    assert INJECT_WITHIN_S + 5 <= TIMEOUT_S
