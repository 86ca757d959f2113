"""`add`: exact sums of integers and decimals."""

from __future__ import annotations

import re
from decimal import Context, Decimal

from botwatch_bot.commands.spec import Command, Request, UserError
from botwatch_bot.commands.text import quote

MIN_NUMBERS = 2
MAX_NUMBERS = 20
MAX_DIGITS = 30

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
# Wide enough that MAX_NUMBERS numbers of MAX_DIGITS digits on either side of the point stay exact.
_EXACT = Context(prec=2 * MAX_DIGITS + 4)


def parse(text: str) -> list[Decimal]:
    """Return the numbers in `text`.

    Raises:
        UserError: one is no number, too long, or there are too few or too many.
    """
    words = text.split()
    if not MIN_NUMBERS <= len(words) <= MAX_NUMBERS:
        message = f"I add {MIN_NUMBERS} to {MAX_NUMBERS} numbers, and you gave me {len(words)}."
        raise UserError(message)
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


async def answer(request: Request) -> str:
    """Answer with the terms and their sum."""
    numbers = parse(request.text)
    terms = [show(number) if number >= 0 else f"({show(number)})" for number in numbers]
    return f"{' + '.join(terms)} = **{show(total(numbers))}**"


def _number(word: str) -> Decimal:
    if not _NUMBER.fullmatch(word):
        hint = " Write decimals with a point." if "," in word else ""
        message = f"{quote(word)} is not a number that I can read.{hint}"
        raise UserError(message)
    if sum(character.isdigit() for character in word) > MAX_DIGITS:
        message = f"{quote(word)} is too long: I add numbers of up to {MAX_DIGITS} digits."
        raise UserError(message)
    return Decimal(word)


COMMAND = Command(
    "add",
    "adds numbers exactly",
    answer,
    arguments="<number> <number> …",
    details=f"{MIN_NUMBERS} to {MAX_NUMBERS} integers or decimals, each of up to "
    f"{MAX_DIGITS} digits.",
    examples=("1 2", "0.1 0.2", "10 -4 2.5"),
)
