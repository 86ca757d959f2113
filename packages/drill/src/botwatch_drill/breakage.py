"""What breaks a stack on its host: the words for its shell, which each runtime has of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakage(ABC):
    """Lines of shell in the order of their use; each runs as root, and a failing one ends it all.

    Only `strike` and `start` may change what the bot does. Nothing may be written to standard
    output: it belongs to the host's clock.

    Attributes:
        stays: whether it stays until it is undone; the host has a fail-safe for such ones.
        replaces: whether undoing it puts a new bot in the place of one that runs.
    """

    stays: bool = True
    replaces: bool = False

    @property
    @abstractmethod
    def remedy(self) -> str:
        """The command that repairs it by hand."""

    def find(self) -> list[str]:
        """Find what is to be broken; fail where it does not run."""
        return []

    def hold(self) -> list[str]:
        """Keep the runtime from repairing it."""
        return []

    @abstractmethod
    def strike(self) -> list[str]:
        """Break it."""

    def clear(self) -> list[str]:
        """Take the hold away; harmless where there is none."""
        return []

    @abstractmethod
    def start(self) -> list[str]:
        """Make the bot run again; harmless where it runs."""
