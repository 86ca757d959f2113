"""`choose`: picks one of the user's choices."""

from __future__ import annotations

import secrets

from botwatch_bot.commands.spec import Command, Request, UserError
from botwatch_bot.commands.text import quote
from botwatch_bot.texts import phrase

MIN_CHOICES = 2
MAX_CHOICES = 50
MAX_LENGTH = 200

_LIMITS = {"lowest": MIN_CHOICES, "highest": MAX_CHOICES}
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»"}


def parse(text: str) -> list[str]:
    """Return the choices in `text`: words, or several words between double quotes.

    Raises:
        UserError: a quote is not closed, a choice is too long, or there are too few or many.
    """
    choices = split(text)
    if not MIN_CHOICES <= len(choices) <= MAX_CHOICES:
        raise UserError(phrase("choose.count", **_LIMITS, count=len(choices)))
    for choice in choices:
        if len(choice) > MAX_LENGTH:
            raise UserError(phrase("choose.too_long", choice=quote(choice), highest=MAX_LENGTH))
    return choices


def split(text: str) -> list[str]:
    """Return the words and quoted phrases of `text`, without empty ones.

    Raises:
        UserError: a quote is not closed.
    """
    found = []
    rest = text.strip()
    while rest:
        word, rest = _first(rest)
        rest = rest.lstrip()
        if word.strip():
            found.append(word.strip())
    return found


async def answer(request: Request) -> str:
    """Answer with one of the choices; all are equally likely."""
    return request.texts("choose.result", choice=secrets.choice(parse(request.text)))


def _first(text: str) -> tuple[str, str]:
    closing = _QUOTES.get(text[0])
    if closing is None:
        word, *rest_of = text.split(maxsplit=1)
        return word, "".join(rest_of)
    word, found, rest = text[1:].partition(closing)
    if not found:
        raise UserError(phrase("choose.open_quote", text=quote(text)))
    return word, rest


COMMAND = Command(
    "choose",
    answer,
    takes="choices",
    limits=_LIMITS,
    examples=("tea coffee", 'pizza "fish and chips" salad'),
)
