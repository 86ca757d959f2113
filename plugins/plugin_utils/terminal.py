"""A terminal that shows the running task in its last line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Erasing:
    """A stream of the terminal that clears the line of the running task before it writes."""

    def __init__(self, stream: Any, erase: Callable[[], None]) -> None:
        self._stream = stream
        self._erase = erase

    def write(self, text: str) -> int:
        """Write a text at the start of a line."""
        self._erase()
        return int(self._stream.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@dataclass
class Screen:
    """The line of the running task on a terminal."""

    stream: Any
    shown: bool = field(default=False, init=False)

    def show(self, text: str) -> None:
        """Show a text in the place of the one before."""
        self.stream.write(f"\r\x1b[K{text}")
        self.stream.flush()
        self.shown = True

    def erase(self) -> None:
        """Clear the line if something is there."""
        if self.shown:
            self.shown = False
            self.stream.write("\r\x1b[K")
