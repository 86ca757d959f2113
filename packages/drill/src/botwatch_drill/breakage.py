"""What breaks a site on its host: the words for its shell, which each runtime has of its own."""

from __future__ import annotations

from typing import Protocol


class Breakage(Protocol):
    """Lines of shell in the order of their use; each runs as root, and a failing one ends it all.

    Only `strike` and `start` may change what the bot does. Nothing may be written to standard
    output: it belongs to the host's clock.
    """

    @property
    def stays(self) -> bool:
        """Whether it stays until it is undone; the host has a fail-safe for such ones."""

    @property
    def replaces(self) -> bool:
        """Whether undoing it puts a new bot in the place of one that runs."""

    @property
    def remedy(self) -> str:
        """The command that mends it by hand."""

    def find(self) -> list[str]:
        """Find what is to be broken; fails where it does not run."""

    def hold(self) -> list[str]:
        """Keep the runtime from mending it."""

    def strike(self) -> list[str]:
        """Break it."""

    def clear(self) -> list[str]:
        """Take the hold away; harmless where there is none."""

    def start(self) -> list[str]:
        """Make the bot run again; harmless where it runs."""
