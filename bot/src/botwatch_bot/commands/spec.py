"""What a command is: its help and one coroutine from a request to a reply.

Nothing here imports discord.py: commands stay testable as plain functions, and the metrics can
name every command before that library (half a second of imports) is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from botwatch_bot.texts import Phrase, Texts, phrase

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from zoneinfo import ZoneInfo


class UserError(Exception):
    """The user asked for something that cannot be done; its phrase tells them why, politely."""

    def __init__(self, what: Phrase) -> None:
        self.phrase = what
        super().__init__(str(what))


class UnavailableError(UserError):
    """What the user asked for is not to be had, however they ask: an example would not help."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that fires, `since` a Unix time in seconds."""

    name: str
    severity: str
    summary: str
    since: int


class Prometheus(Protocol):
    """What commands may ask Prometheus; each raises UserError when it cannot be asked."""

    async def value(self, expression: str) -> float | None:
        """Return the one value of an expression; None where it has none, or is no number."""

    async def alert_names(self) -> set[str]:
        """Return the names of all alerts that there are rules for."""
        ...


class Alertmanager(Protocol):
    """What commands may ask Alertmanager; each raises UserError when it cannot be asked."""

    async def firing(self) -> list[Alert]:
        """Return the alerts that fire and that nobody has silenced, the latest first."""
        ...

    async def silence(self, alert: str, seconds: int, author: str, comment: str) -> str:
        """Silence an alert from now on, and return the silence's name."""
        ...


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

    @property
    def prometheus(self) -> Prometheus | None:
        """The Prometheus that watches the bot; None where nobody has named one."""

    @property
    def alertmanager(self) -> Alertmanager | None:
        """The Alertmanager that reports on the bot; None where nobody has named one."""


@dataclass(frozen=True, slots=True)
class Request:
    """One use of a command: the text after its name, stripped, who asks, and where it runs."""

    text: str
    bot: Surroundings
    commands: Mapping[str, Command]
    texts: Texts
    prefix: str
    author: str = "somebody"


@dataclass(frozen=True, slots=True)
class Command:
    """A command's name, its help, and the coroutine that answers it.

    `answer` returns the reply or raises UserError; anything else it raises is a fault of ours. Its
    help is in the catalogues, under the keys `<name>.summary`, and where it takes something
    `<name>.arguments` and `<name>.details`.

    Attributes:
        name: what people type.
        answer: the coroutine.
        takes: the name of what it takes, for those who use it as a slash command; empty if nothing.
        limits: values for its details.
        examples: texts to write after its name; the first that is not empty is shown with every
            mistake.
        operators_only: whether it is for the bot's operators alone.
    """

    name: str
    answer: Callable[[Request], Awaitable[str]]
    takes: str = ""
    limits: Mapping[str, object] = field(default_factory=dict)
    examples: tuple[str, ...] = ("",)
    operators_only: bool = False

    @property
    def summary(self) -> Phrase:
        """What it does, in half a sentence."""
        return phrase(f"{self.name}.summary")

    @property
    def arguments(self) -> Phrase:
        """What it takes, in the notation of manuals."""
        return phrase(f"{self.name}.arguments" if self.takes else "answer.nothing")

    def details(self, texts: Texts) -> str:
        """Return its limits in words; empty if it has none."""
        key = f"{self.name}.details"
        return texts(key, **self.limits) if key in texts else ""

    def example(self, prefix: str) -> str:
        """Return the example for those who made a mistake, as they would type it."""
        return self.typed(prefix, next(filter(None, self.examples), ""))

    def typed(self, prefix: str, text: str) -> str:
        """Return how a user types this command with `text` after it."""
        return f"{prefix}{self.name} {text}".rstrip()
