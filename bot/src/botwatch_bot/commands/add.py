"""`add`: exact sums of integers and decimals."""

from __future__ import annotations

import re
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal

from botwatch_bot.commands.spec import Command, Request, UserError
from botwatch_bot.commands.text import MAX_REPLY, quote
from botwatch_bot.texts import phrase

MIN_NUMBERS = 2
MAX_NUMBERS = 100
MAX_CHARACTERS = 4000
"""The longest message that Discord lets anybody write."""

_LIMITS = {"lowest": MIN_NUMBERS, "highest": MAX_NUMBERS}

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
# Wide enough that numbers with so many digits on either side of the point stay exact.
_EXACT = Context(prec=MAX_CHARACTERS + len(str(MAX_NUMBERS)), Emax=MAX_EMAX, Emin=MIN_EMIN)


def parse(text: str) -> list[Decimal]:
    """Return the numbers in `text`.

    Raises:
        UserError: one is no number, or there are too few or too many.
    """
    words = text.split()
    if not MIN_NUMBERS <= len(words) <= MAX_NUMBERS:
        raise UserError(phrase("add.count", **_LIMITS, count=len(words)))
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
    """Answer with the terms and their sum, or the sum alone where a message holds no more."""
    numbers = parse(request.text)
    terms = [show(number) if number >= 0 else f"({show(number)})" for number in numbers]
    result = show(total(numbers))
    reply = request.texts("add.sum", terms=" + ".join(terms), sum=result)
    if len(reply) <= MAX_REPLY:
        return reply
    reply = request.texts("add.sum_alone", count=len(numbers), sum=result)
    if len(reply) <= MAX_REPLY:
        return reply
    raise UserError(phrase("add.too_long", count=len(result)))


def _number(word: str) -> Decimal:
    if not _NUMBER.fullmatch(word):
        hint = phrase("add.decimal_point" if "," in word else "answer.nothing")
        raise UserError(phrase("add.not_a_number", word=quote(word), hint=hint))
    return Decimal(word)


COMMAND = Command(
    "add",
    answer,
    takes="numbers",
    limits=_LIMITS,
    examples=("1 2", "0.1 0.2", "10 -4 2.5"),
)
