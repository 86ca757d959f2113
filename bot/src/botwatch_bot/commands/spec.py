"""What a command is: its help and one coroutine from a request to a reply.

Nothing here imports discord.py: commands stay testable as plain functions, and the metrics can
name every command before that library (half a second of imports) is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from zoneinfo import ZoneInfo


class UserError(Exception):
    """The user asked for something that cannot be done; the message tells them why, politely."""


class Surroundings(Protocol):
    """What commands may know about the bot they run in."""

    @property
    def prefix(self) -> str:
        """The text that starts a command."""

    @property
    def timezone(self) -> ZoneInfo:
        """The zone that `time` shows when none is asked for."""

    @property
    def guild_count(self) -> int:
        """The number of servers that are reachable now."""

    @property
    def uptime_seconds(self) -> float:
        """Seconds since the process started, on the monotonic clock."""

    @property
    def latency_seconds(self) -> float | None:
        """Gateway latency in seconds; None while it is not known."""


@dataclass(frozen=True, slots=True)
class Request:
    """One use of a command: the text after its name, stripped, and where it runs."""

    text: str
    bot: Surroundings
    commands: Mapping[str, Command]


@dataclass(frozen=True, slots=True)
class Command:
    """A command's name, its help, and the coroutine that answers it.

    `answer` returns the reply or raises UserError; anything else it raises is a fault of ours.
    `examples` are texts to write after the name; the first that is not empty is shown with every
    mistake.
    """

    name: str
    summary: str
    answer: Callable[[Request], Awaitable[str]]
    arguments: str = ""
    details: str = ""
    examples: tuple[str, ...] = ("",)

    def example(self, prefix: str) -> str:
        """Return the example for those who made a mistake, as they would type it."""
        return self.typed(prefix, next(filter(None, self.examples), ""))

    def typed(self, prefix: str, text: str) -> str:
        """Return how a user types this command with `text` after it."""
        return f"{prefix}{self.name} {text}".rstrip()
