"""The process's exit codes and the exception that carries one out of any depth."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes, named after sysexits.h; the service unit decides on them whether to restart."""

    OK = 0
    DISCONNECTED = 69
    INTERNAL = 70
    PORT_BUSY = 75
    REFUSED = 77
    BAD_SETTINGS = 78


class FatalError(Exception):
    """Ends the process with `code`, after one line on standard error for each problem."""

    def __init__(self, code: ExitCode, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.code = code
        self.problems = problems
