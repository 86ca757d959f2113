"""`roll`: dice in the notation of role-playing games."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from discord import app_commands
from discord.ext import commands

from botwatch_bot.mistakes import Mistake
from botwatch_bot.replies import quote
from botwatch_bot.slash import translated
from botwatch_bot.texts import phrase
from botwatch_bot.usage import hybrid_command

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch_bot.bot import Bot, Context
    from botwatch_bot.texts import Texts

MAX_DICE = 100
MIN_SIDES = 2
MAX_SIDES = 1000
MAX_MODIFIER = 10_000

BOUNDS = phrase(
    "roll.bounds", dice=MAX_DICE, lowest=MIN_SIDES, highest=MAX_SIDES, modifier=MAX_MODIFIER
)

# No number longer than six digits is converted: int() of a very long one is slow.
_DICE = re.compile(r"(?P<count>[0-9]{1,6})?[dD](?P<sides>[0-9]{1,6})(?P<modifier>[+-][0-9]{1,6})?")


class Rolls(commands.Cog):
    """Dice."""

    @hybrid_command(examples=("2d6", "d20", "3d8+2"), limits={"bounds": BOUNDS})
    @app_commands.describe(dice=translated("roll.arguments"))
    async def roll(self, ctx: Context, *, dice: str = "") -> None:
        """Reply with every die and the sum."""
        asked = parse(dice)
        await ctx.answer(show(asked, throw(asked), ctx.texts))


@dataclass(frozen=True, slots=True)
class Dice:
    """A throw of `count` dice with `sides` sides, and a number added to their sum."""

    count: int
    sides: int
    modifier: int = 0

    def __str__(self) -> str:
        modifier = f"{self.modifier:+}" if self.modifier else ""
        return f"{self.count}d{self.sides}{modifier}"


def parse(text: str) -> Dice:
    """Return the dice that `text` asks for: `2d6`, `d20`, `3d8 + 2`; one die of six when empty.

    Raises:
        Mistake: it is no dice notation, or beyond the bounds.
    """
    compact = "".join(text.split()) or "1d6"
    match = _DICE.fullmatch(compact)
    if match is None:
        raise Mistake(phrase("roll.unreadable", text=quote(text), bounds=BOUNDS))
    dice = Dice(
        count=int(match["count"] or 1),
        sides=int(match["sides"]),
        modifier=int(match["modifier"] or 0),
    )
    if not _within_bounds(dice):
        raise Mistake(phrase("roll.too_much", text=quote(text), bounds=BOUNDS))
    return dice


def throw(dice: Dice, below: Callable[[int], int] = secrets.randbelow) -> list[int]:
    """Return what each die shows; `below(n)` returns a random integer from 0 to n - 1."""
    return [below(dice.sides) + 1 for _ in range(dice.count)]


def show(dice: Dice, shown: list[int], texts: Texts) -> str:
    """Return what each die shows, and the sum."""
    terms = " + ".join(map(str, shown))
    if dice.modifier:
        terms += f" {'+' if dice.modifier > 0 else '-'} {abs(dice.modifier)}"
    return texts("roll.result", dice=dice, terms=terms, sum=sum(shown) + dice.modifier)


def _within_bounds(dice: Dice) -> bool:
    return (
        1 <= dice.count <= MAX_DICE
        and MIN_SIDES <= dice.sides <= MAX_SIDES
        and abs(dice.modifier) <= MAX_MODIFIER
    )


async def setup(bot: Bot) -> None:
    """Add the cog."""
    await bot.add_cog(Rolls())
