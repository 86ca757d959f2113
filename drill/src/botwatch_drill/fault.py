"""The fault on the host: put in place, and taken away whatever happens."""

from __future__ import annotations

import time
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from botwatch_drill.host import HostError

if TYPE_CHECKING:
    from botwatch_drill.catalogue import Kill
    from botwatch_drill.host import Host

FAIL_SAFE_UNIT = "botwatch-drill-undo"
FAIL_SAFE_SCRIPT = f"/run/{FAIL_SAFE_UNIT}.sh"
UNDO_ATTEMPTS = 3
NOW = "date +%s.%N"
DISARM = f"systemctl stop {FAIL_SAFE_UNIT}.timer 2>/dev/null || true"
FORGET = f"rm -f {FAIL_SAFE_SCRIPT}"


@dataclass(frozen=True, slots=True)
class Fault:
    """A kill on a host.

    Attributes:
        kill: what is killed.
        host: where.
        fail_safe_s: after so many seconds the host undoes it by itself, if nobody else did.
        pause_s: seconds between two attempts to undo it.
    """

    kill: Kill
    host: Host
    fail_safe_s: int
    pause_s: float = 1.0

    def inject(self) -> float:
        """Kills, and returns when (Unix seconds on the host's clock).

        Raises:
            HostError: it could not be done, or it is not known whether it was.
        """
        return _moment(self.host.sh("\n".join(self._inject_lines())))

    def undo(self) -> float:
        """Takes the fault away and starts the unit; harmless where nothing is broken.

        Returns:
            When the fault was away (Unix seconds on the host's clock).

        Raises:
            HostError: it could not be done.
        """
        script = "\n".join([*self._clear_lines(), NOW, self._start_line(), DISARM, FORGET])
        # Ctrl-C in a terminal also ends the connection's own process: try again.
        for _ in range(UNDO_ATTEMPTS - 1):
            try:
                return _moment(self.host.sh(script))
            except HostError:
                time.sleep(self.pause_s)
        try:
            return _moment(self.host.sh(script))
        except HostError as error:
            raise HostError(self._left_broken(error)) from error

    def _inject_lines(self) -> list[str]:
        unit = self.kill.unit
        lines = [
            f"main=$(systemctl show --property=MainPID --value {unit})",
            f'[ "$main" -gt 0 ] || {{ echo "{unit} is not running" >&2; exit 1; }}',
        ]
        if self.kill.stays_down:
            lines += [*self._fail_safe_lines(), *self._hold_lines()]
        return [*lines, NOW, 'kill -KILL "$main"']

    def _fail_safe_lines(self) -> list[str]:
        undo = "\n".join([*self._clear_lines(), self._start_line(), FORGET, ""])
        when = f"--on-active={self.fail_safe_s}s --timer-property=AccuracySec=1s"
        what = f"--unit={FAIL_SAFE_UNIT} /bin/sh {FAIL_SAFE_SCRIPT}"
        return [
            DISARM,
            # A file: a reload makes systemd read its own note of a command again, which changes
            # what is quoted in it.
            f"printf '%s' {quote(undo)} >{FAIL_SAFE_SCRIPT}",
            f"systemd-run --quiet --collect {when} {what}",
        ]

    def _hold_lines(self) -> list[str]:
        return [
            f"mkdir -p {self._folder}",
            f"printf '[Service]\\nRestart=no\\n' >{self._file}",
            "systemctl daemon-reload",
        ]

    def _clear_lines(self) -> list[str]:
        lines = []
        if self.kill.stays_down:
            lines = [
                f"rm -f {self._file}",
                f"rmdir {self._folder} 2>/dev/null || true",
                "systemctl daemon-reload",
            ]
        return [*lines, f"systemctl reset-failed {self.kill.unit} || true"]

    def _start_line(self) -> str:
        return f"systemctl start {self.kill.unit}"

    @property
    def _folder(self) -> str:
        # Under /run: gone after a reboot, whatever happens.
        return f"/run/systemd/system/{self.kill.unit}.d"

    @property
    def _file(self) -> str:
        return f"{self._folder}/zz-botwatch-drill.conf"

    def _left_broken(self, error: HostError) -> str:
        what = f"the fault could not be undone ({error})"
        if self.kill.stays_down:
            return f"{what}: the host does it by itself within {self.fail_safe_s} s"
        return f"{what}: run `systemctl start {self.kill.unit}` on the host"


def _moment(output: str) -> float:
    try:
        return float(output.split(maxsplit=1)[0])
    except (IndexError, ValueError) as error:
        message = f"the host's clock says {output.strip()!r} instead of a time: check `{NOW}` there"
        raise HostError(message) from error
