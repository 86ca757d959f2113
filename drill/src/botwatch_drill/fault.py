"""The fault on the host: put in place, and taken away whatever happens."""

from __future__ import annotations

import time
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from botwatch_drill.host import HostError

if TYPE_CHECKING:
    from botwatch_drill.breakage import Breakage
    from botwatch_drill.host import Host

FAIL_SAFE_UNIT = "botwatch-drill-undo"
FAIL_SAFE_SCRIPT = f"/run/{FAIL_SAFE_UNIT}.sh"
UNDO_ATTEMPTS = 3
NOW = "date +%s.%N"
DISARM = f"systemctl stop {FAIL_SAFE_UNIT}.timer {FAIL_SAFE_UNIT}.service 2>/dev/null || true"
FORGET = f"rm -f {FAIL_SAFE_SCRIPT}"


@dataclass(frozen=True, slots=True)
class Fault:
    """A breakage of a host.

    Attributes:
        breakage: what breaks.
        host: where.
        fail_safe_s: after so many seconds the host undoes it by itself, if nobody else did.
        pause_s: seconds between two attempts to undo it.
    """

    breakage: Breakage
    host: Host
    fail_safe_s: int
    pause_s: float = 1.0

    def inject(self) -> float:
        """Breaks it, and returns when (Unix seconds on the host's clock).

        Raises:
            HostError: it could not be done, or it is not known whether it was.
        """
        lines = self.breakage.find()
        if self.breakage.stays:
            lines = [*lines, *self._fail_safe_lines()]
        lines = [*lines, *self.breakage.hold(), NOW, *self.breakage.strike()]
        return _moment(self.host.sh("\n".join(lines)))

    def undo(self) -> float:
        """Takes the fault away and makes the bot run; harmless where nothing is broken.

        Returns:
            When the fault was away (Unix seconds on the host's clock).

        Raises:
            HostError: it could not be done.
        """
        mend = [*self.breakage.clear(), NOW, *self.breakage.start()]
        script = "\n".join([*mend, DISARM, FORGET])
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

    def _fail_safe_lines(self) -> list[str]:
        undo = "\n".join(["set -e", *self.breakage.clear(), *self.breakage.start(), FORGET, ""])
        when = f"--on-active={self.fail_safe_s}s --timer-property=AccuracySec=1s"
        # A runtime that is away at that moment is asked again, for ten minutes.
        again = (
            "--property=Restart=on-failure --property=RestartSec=10s "
            "--property=StartLimitIntervalSec=1h --property=StartLimitBurst=60"
        )
        what = f"--unit={FAIL_SAFE_UNIT} /bin/sh {FAIL_SAFE_SCRIPT}"
        return [
            DISARM,
            # A file: a reload makes systemd read its own note of a command again, which changes
            # what is quoted in it.
            f"printf '%s' {quote(undo)} >{FAIL_SAFE_SCRIPT}",
            f"systemd-run --quiet --collect {when} {again} {what}",
        ]

    def _left_broken(self, error: HostError) -> str:
        what = f"the fault could not be undone ({error})"
        if self.breakage.stays:
            return f"{what}: the host does it by itself within {self.fail_safe_s} s"
        return f"{what}: run `{self.breakage.remedy}` on the host"


def _moment(output: str) -> float:
    try:
        return float(output.split(maxsplit=1)[0])
    except (IndexError, ValueError) as error:
        message = f"the host's clock says {output.strip()!r} instead of a time: check `{NOW}` there"
        raise HostError(message) from error
