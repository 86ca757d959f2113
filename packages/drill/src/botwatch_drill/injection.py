"""A breakage on its host: put in place, and taken away whatever happens."""

from __future__ import annotations

import time
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from botwatch_drill.host import TIMEOUT_S, HostError

if TYPE_CHECKING:
    from botwatch_drill.breakage import Breakage
    from botwatch_drill.host import Host

FAIL_SAFE_UNIT = "botwatch-drill-undo"
UNDO_ATTEMPTS = 3
NOW = "date +%s.%N"
# Shorter than a host is waited for: by then, what gave no answer has come to its end there.
INJECT_WITHIN_S = TIMEOUT_S - 10.0
# So long an attempt to undo waits for an injection that goes on.
WAIT_S = 20


@dataclass(frozen=True, slots=True)
class Injection:
    """A breakage of a host, put in place and taken away.

    Attributes:
        breakage: what breaks.
        host: where.
        fail_safe_s: after so many seconds the host undoes it by itself, if nobody else did.
        pause_s: seconds between two attempts to undo it.
        name: tells it from others that are in place at the same time.
        inject_within_s: after so many seconds the host does nothing more of an injection.
    """

    breakage: Breakage
    host: Host
    fail_safe_s: int
    pause_s: float = 1.0
    name: str = ""
    inject_within_s: float = INJECT_WITHIN_S

    def inject(self) -> float:
        """Break it, and return when (Unix seconds on the host's clock).

        A command that gives no answer may still reach the host, or go on there, when the fault has
        been undone. So it carries a deadline by the host's own clock, and undoing waits for it.

        Raises:
            HostError: it could not be done, or it is not known whether it was.
        """
        end = _moment(self.host.sh(NOW)) + self.inject_within_s
        lines = self.breakage.find()
        if self.breakage.stays:
            lines = [*lines, *self._fail_safe_lines()]
        lines = [*lines, *self.breakage.hold(), NOW, *self.breakage.strike()]
        return _moment(self.host.sh(self._until(end, lines)))

    def undo(self) -> float:
        """Take the fault away and make the bot run; harmless where nothing is broken.

        Returns:
            When the fault was away (Unix seconds on the host's clock).

        Raises:
            HostError: it could not be done.
        """
        repair = [*self.breakage.clear(), NOW, *self.breakage.start()]
        # An injection may go on although its connection is lost.
        wait = f"exec 9>>{self._lock}; flock --wait={WAIT_S} 9 || true"
        script = "\n".join([wait, *repair, *self._disarm_lines()])
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

    def _until(self, end: float, lines: list[str]) -> str:
        """Return a script that is not begun after a time (Unix seconds), and ended at that time."""
        # Without the trap, a shell that is ended would leave what its own traps remove.
        script = "\n".join(["trap 'exit 143' TERM", *lines])
        return "\n".join(
            [
                f"left=$(({int(end)} - $(date +%s)))",
                "[ \"$left\" -gt 0 ] || { echo 'it came too late to break anything' >&2; exit 1; }",
                f"exec 9>>{self._lock}",
                "flock --nonblock 9 || { echo 'it is being undone' >&2; exit 1; }",
                f'timeout --kill-after=2 "$left" /bin/sh -ec {quote(script)} || {{',
                "code=$?",
                "[ \"$code\" != 124 ] || echo 'it took too long and was ended' >&2",
                'exit "$code"; }',
            ]
        )

    def _fail_safe_lines(self) -> list[str]:
        disarm, forget = self._disarm_lines()
        undo = "\n".join(["set -e", *self.breakage.clear(), *self.breakage.start(), forget, ""])
        when = f"--on-active={self.fail_safe_s}s --timer-property=AccuracySec=1s"
        # A runtime that is away at that moment is asked again, for ten minutes.
        again = (
            "--property=Restart=on-failure --property=RestartSec=10s "
            "--property=StartLimitIntervalSec=1h --property=StartLimitBurst=60"
        )
        what = f"--unit={self._unit} /bin/sh {self._script}"
        return [
            disarm,
            # A file: a reload makes systemd read its own note of a command again, which changes
            # what is quoted in it.
            f"printf '%s' {quote(undo)} >{self._script}",
            f"systemd-run --quiet --collect {when} {again} {what}",
        ]

    def _disarm_lines(self) -> tuple[str, str]:
        stop = f"systemctl stop {self._unit}.timer {self._unit}.service 2>/dev/null || true"
        return stop, f"rm -f {self._script} {self._lock}"

    @property
    def _unit(self) -> str:
        return f"{FAIL_SAFE_UNIT}-{self.name}" if self.name else FAIL_SAFE_UNIT

    @property
    def _script(self) -> str:
        return f"/run/{self._unit}.sh"

    @property
    def _lock(self) -> str:
        return f"/run/{self._unit}.lock"

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
