"""What a run of the bot leaves behind: for the next run how it ended, for Kubernetes why.

Read and written before the settings, so that a run with wrong settings leaves something too.
"""

from __future__ import annotations

import logging
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from botwatch.exits import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_STATE_FILE = "last-run"
_RUNNING = "running"
_MOST_CRASHES = 10**9

_logger = logging.getLogger(__name__)


class Ending(StrEnum):
    """How a run ended; every ending but STOPPED is a crash."""

    STOPPED = "stopped"
    KILLED = "killed"
    HUNG = "hung"
    DISCONNECTED = "disconnected"
    INTERNAL = "internal"
    DRILL = "drill"
    PORT_BUSY = "port_busy"
    REFUSED = "refused"
    SETTINGS = "settings"


CRASHES = {
    Ending.KILLED: "without a trace: killed, out of memory, hung, or a crash of the interpreter",
    Ending.HUNG: "hung: its event loop was blocked when it was stopped",
    Ending.DISCONNECTED: "because it had no connection to Discord for too long",
    Ending.INTERNAL: "by an internal error: its log contains the traceback",
    Ending.DRILL: "by a crash drill",
    Ending.PORT_BUSY: "because its port was busy",
    Ending.REFUSED: "because Discord refused the token or the intents",
    Ending.SETTINGS: "because a setting or secret file was wrong",
}
"""The endings that are crashes, in words that complete "it ended …"."""

_OF_CODE = {
    ExitCode.OK: Ending.STOPPED,
    ExitCode.DISCONNECTED: Ending.DISCONNECTED,
    ExitCode.INTERNAL: Ending.INTERNAL,
    ExitCode.PORT_BUSY: Ending.PORT_BUSY,
    ExitCode.REFUSED: Ending.REFUSED,
    ExitCode.BAD_SETTINGS: Ending.SETTINGS,
}


class Run:
    """This run of the process; making it reads how the one before ended, and counts.

    Nothing that is wrong with its files keeps the bot from starting or ending.

    Attributes:
        crashes: how often runs crashed since the directory is there, by ending.
        before: how the run before ended; None when there was none.
        problem: what is wrong with the state directory, in one sentence; None when nothing is.
        hangs: says why the process counts as hung, if it does.
    """

    def __init__(
        self, state_directory: str = "", termination_log: str = "", *, replaced: bool = False
    ) -> None:
        self._state = _absolute(state_directory, _STATE_FILE)
        self._termination_log = _absolute(termination_log)
        self._writes = 0
        self._ended = False
        self.crashes = dict.fromkeys(CRASHES, 0)
        self.before: Ending | None = None
        self.problem: str | None = None
        self.hangs: Callable[[], list[str]] = list
        if self._state is not None:
            self._take_over(self._state, replaced=replaced)

    def begin(self) -> None:
        """Note that the process runs after all, if an end was recorded."""
        if self._ended:
            self._ended = False
            try:
                if self._state is not None:
                    self._write(self._state, _RUNNING)
            except OSError as error:
                _logger.warning("the state of this run cannot be recorded: %s", error)

    def end(self, code: ExitCode, *reasons: str) -> None:
        """Leave the ending that belongs to an exit code, and the reasons; the first end counts."""
        self._end(_OF_CODE[code], reasons)

    def crash_for_a_drill(self) -> None:
        """Leave that a drill is about to end the process."""
        self._end(Ending.DRILL, ["a crash drill ended the bot on purpose"])

    def stop(self) -> None:
        """Leave that somebody stops the bot: a clean end, unless it is stopped because it hangs."""
        reasons = self.hangs()
        self._end(Ending.HUNG if reasons else Ending.STOPPED, reasons)

    def _take_over(self, state: Path, *, replaced: bool) -> None:
        try:
            self.before, crashes = _parse(state.read_text(encoding="ascii"))
            self.crashes |= crashes
        except FileNotFoundError:
            pass
        except OSError as error:
            self.problem = (
                f"{state} cannot be read: {error.strerror}; former crashes are not counted, "
                "let the bot's user read it"
            )
        except ValueError:
            self.problem = f"{state} does not hold what a bot writes; the counts start at 0 again"
        if replaced and self.before is Ending.KILLED:
            self.before = Ending.STOPPED  # this process was the bot, and started itself again
        if self.before in self.crashes:
            self.crashes[self.before] += 1
        try:
            self._write(state, _RUNNING)
        except OSError as error:
            self._state = None
            self.problem = (
                f"{state} cannot be written: {error.strerror}; crashes are not counted until "
                "the bot's user may write there"
            )

    def _end(self, ending: Ending, reasons: Sequence[str]) -> None:
        if self._ended:
            return
        self._ended = True
        try:
            if self._state is not None:
                self._write(self._state, ending)
            if self._termination_log is not None and reasons:
                # Not replaced but written to: Kubernetes mounts this very file.
                self._termination_log.write_text("; ".join(reasons) + "\n", encoding="utf-8")
        except OSError as error:
            _logger.warning("the end of this run cannot be recorded: %s", error)

    def _write(self, state: Path, first_line: str) -> None:
        """Replace the file atomically, even if a signal or a thread writes at the same time."""
        counts = [f"{ending} {count}" for ending, count in self.crashes.items()]
        self._writes += 1
        new = state.with_name(f"{state.name}.new{self._writes}")
        new.write_text("\n".join([first_line, *counts, ""]), encoding="ascii")
        new.replace(state)


def _absolute(*parts: str) -> Path | None:
    """Return the path, or None where there is no absolute one: the settings complain about that."""
    path = Path(*parts)
    return path if path.is_absolute() else None


def _parse(text: str) -> tuple[Ending, dict[Ending, int]]:
    """Return how the last run ended, and the crashes before that.

    Raises:
        ValueError: no bot wrote this.
    """
    first_line, *lines = text.splitlines()
    ended = Ending.KILLED if first_line == _RUNNING else Ending(first_line)
    pairs = [line.split(" ") for line in lines]
    crashes = {Ending(name): int(count) for name, count in pairs}
    if not all(name in CRASHES and 0 <= count < _MOST_CRASHES for name, count in crashes.items()):
        raise ValueError
    return ended, crashes
