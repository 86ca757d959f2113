"""What a user may do wrong: kinds of discord.py's own errors, with a text of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord.ext import commands

if TYPE_CHECKING:
    from botwatch_bot.texts import Phrase


class Mistake(commands.UserInputError):
    """The user asked for something that cannot be done; the reply adds an example."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(str(phrase))
        self.phrase = phrase


class Unavailable(commands.CheckFailure):
    """The user cannot have what they asked for, however they ask: an example would not help."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(str(phrase))
        self.phrase = phrase
