"""`add`: exact sums of integers and decimals."""

from __future__ import annotations

import re
from decimal import MAX_EMAX, MIN_EMIN, Decimal
from decimal import Context as Precision
from typing import TYPE_CHECKING

from discord import app_commands
from discord.ext import commands

from botwatch_bot.mistakes import Mistake
from botwatch_bot.replies import MAX_REPLY, quote
from botwatch_bot.slash import translated
from botwatch_bot.texts import phrase
from botwatch_bot.usage import hybrid_command

if TYPE_CHECKING:
    from botwatch_bot.bot import Bot, Context
    from botwatch_bot.texts import Texts

MIN_NUMBERS = 2
MAX_NUMBERS = 100
MAX_CHARACTERS = 4000
"""The longest message that Discord lets anybody write."""

_LIMITS = {"lowest": MIN_NUMBERS, "highest": MAX_NUMBERS}

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
# Wide enough that numbers with so many digits on either side of the point stay exact.
_EXACT = Precision(prec=MAX_CHARACTERS + len(str(MAX_NUMBERS)), Emax=MAX_EMAX, Emin=MIN_EMIN)


class Sums(commands.Cog):
    """Exact sums."""

    @hybrid_command(examples=("1 2", "0.1 0.2", "10 -4 2.5"), limits=_LIMITS)
    @app_commands.describe(numbers=translated("add.arguments"))
    async def add(self, ctx: Context, *, numbers: str = "") -> None:
        """Reply with the terms and their sum."""
        await ctx.answer(reply(parse(numbers), ctx.texts))


def parse(text: str) -> list[Decimal]:
    """Return the numbers in `text`.

    Raises:
        Mistake: one is no number, or there are too few or too many.
    """
    words = text.split()
    if not MIN_NUMBERS <= len(words) <= MAX_NUMBERS:
        raise Mistake(phrase("add.count", **_LIMITS, count=len(words)))
    return [_number(word) for word in words]


def total(numbers: list[Decimal]) -> Decimal:
    """Return the exact sum."""
    result = Decimal(0)
    for number in numbers:
        result = _EXACT.add(result, number)
    return result


def show(number: Decimal) -> str:
    """Return a number as people write it: no exponent, no trailing zeros, no minus zero."""
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def reply(numbers: list[Decimal], texts: Texts) -> str:
    """Return the terms and their sum, or the sum alone where a message holds no more.

    Raises:
        Mistake: no message holds even the sum.
    """
    terms = [show(number) if number >= 0 else f"({show(number)})" for number in numbers]
    result = show(total(numbers))
    for said in (
        texts("add.sum", terms=" + ".join(terms), sum=result),
        texts("add.sum_alone", count=len(numbers), sum=result),
    ):
        if len(said) <= MAX_REPLY:
            return said
    raise Mistake(phrase("add.too_long", count=len(result)))


def _number(word: str) -> Decimal:
    if not _NUMBER.fullmatch(word):
        hint = phrase("add.decimal_point" if "," in word else "answer.nothing")
        raise Mistake(phrase("add.not_a_number", word=quote(word), hint=hint))
    return Decimal(word)


async def setup(bot: Bot) -> None:
    """Add the cog."""
    await bot.add_cog(Sums())
