"""One line per run, which grows while the run goes on."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol

from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from rich.status import Status


class Notes(Protocol):
    """What a run tells of itself."""

    def says(self, text: str) -> None:
        """Add what has happened."""

    def waits(self, what: str) -> None:
        """Say what is waited for."""


class Line:
    """The line of one run.

    A terminal shows it with what is waited for at its end; elsewhere it is only added to.
    """

    def __init__(self, console: Console, label: str, status: Status | None) -> None:
        self._console = console
        self._status = status
        self._text = label
        self._separator = "  "
        self._write(label)

    def says(self, text: str) -> None:
        """Add what has happened."""
        added = self._separator + text
        self._text += added
        self._separator = " · "
        self._write(added)

    def waits(self, what: str) -> None:
        """Say what is waited for."""
        if self._status is not None:
            self._status.update(Text(f"{self._text} … {what}"))

    def end(self) -> None:
        """Leave the line as it is."""
        if self._status is not None:
            self._status.stop()
            self._out(self._text)
        self._out("\n")

    def _write(self, text: str) -> None:
        if self._status is None:
            self._out(text)
        else:
            self._status.update(Text(self._text))

    def _out(self, text: str) -> None:
        self._console.out(text, end="", highlight=False)
        self._console.file.flush()


@contextlib.contextmanager
def line(console: Console, label: str) -> Iterator[Line]:
    """Show a line as long as its run goes on, and leave it there."""
    status = console.status("") if console.is_interactive else None
    if status is not None:
        status.start()
    shown = Line(console, label, status)
    try:
        yield shown
    finally:
        shown.end()
