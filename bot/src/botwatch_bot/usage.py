"""How a command is used: its line in `help`, its limits and examples, from its texts and extras."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from discord.ext import commands

from botwatch_bot.operators import OperatorCog
from botwatch_bot.slash import translated

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from botwatch_bot.texts import Texts

    Callback = Callable[..., Coroutine[Any, Any, None]]


def hybrid_command(
    *, examples: tuple[str, ...] = ("",), limits: Mapping[str, object] | None = None
) -> Callable[[Callback], commands.HybridCommand[Any, ..., None]]:
    """Make a method discord.py's hybrid command, described in every language.

    Args:
        examples: what to write after its name; the first that is not empty comes with each mistake.
        limits: the values in the text `<name>.details`.
    """

    def decorate(callback: Callback) -> commands.HybridCommand[Any, ..., None]:
        name = callback.__name__
        extras = {"examples": examples, "limits": limits or {}}
        description = translated(f"{name}.summary")
        # discord.py's own types leave mypy no way to see a method in this.
        method: Any = callback
        return commands.hybrid_command(name=name, description=description, extras=extras)(method)

    return decorate


@dataclass(frozen=True, slots=True)
class Usage:
    """How a command is used, in one language and behind one prefix.

    Its texts have the keys `<name>.summary`, and where there is something to say
    `<name>.arguments` and `<name>.details`.
    """

    command: commands.Command[Any, ..., Any]
    texts: Texts
    prefix: str

    @property
    def headline(self) -> str:
        """How it is typed, and what it does in half a sentence."""
        note = f" {self.texts('help.operators')}" if self._for_operators else ""
        return f"`{self.typed(self._text('arguments'))}` {self._text('summary')}{note}"

    @property
    def details(self) -> str:
        """Its limits in words; empty if it has none."""
        limits = self._text("details", **self.command.extras["limits"])
        return limits[:1].upper() + limits[1:]

    @property
    def examples(self) -> list[str]:
        """All examples, as the user would type them."""
        return [self.typed(example) for example in self._examples]

    @property
    def example(self) -> str:
        """The example for those who made a mistake."""
        return self.typed(next(filter(None, self._examples), ""))

    def typed(self, text: str) -> str:
        """Return how a user types this command with `text` after it."""
        return f"{self.prefix}{self.command.name} {text}".rstrip()

    @property
    def _examples(self) -> tuple[str, ...]:
        examples: tuple[str, ...] = self.command.extras["examples"]
        return examples

    @property
    def _for_operators(self) -> bool:
        return isinstance(self.command.cog, OperatorCog)

    def _text(self, kind: str, **values: object) -> str:
        key = f"{self.command.name}.{kind}"
        return self.texts(key, **values) if key in self.texts else ""
