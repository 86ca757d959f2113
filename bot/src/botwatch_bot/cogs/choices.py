"""`choose`: picks one of the user's choices."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from discord import app_commands
from discord.ext import commands

from botwatch_bot.mistakes import Mistake
from botwatch_bot.replies import quote
from botwatch_bot.slash import translated
from botwatch_bot.texts import phrase
from botwatch_bot.usage import hybrid_command

if TYPE_CHECKING:
    from botwatch_bot.bot import Bot, Context

MIN_CHOICES = 2
MAX_CHOICES = 50
MAX_LENGTH = 200

_LIMITS = {"lowest": MIN_CHOICES, "highest": MAX_CHOICES}
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»"}


class Choices(commands.Cog):
    """Choices."""

    @hybrid_command(examples=("tea coffee", 'pizza "fish and chips" salad'), limits=_LIMITS)
    @app_commands.describe(choices=translated("choose.arguments"))
    async def choose(self, ctx: Context, *, choices: str = "") -> None:
        """Reply with one of the choices; all are equally likely."""
        await ctx.answer(ctx.texts("choose.result", choice=secrets.choice(parse(choices))))


def parse(text: str) -> list[str]:
    """Return the choices in `text`: words, or several words between double quotes.

    Raises:
        Mistake: a quote is not closed, a choice is too long, or there are too few or many.
    """
    choices = split(text)
    if not MIN_CHOICES <= len(choices) <= MAX_CHOICES:
        raise Mistake(phrase("choose.count", **_LIMITS, count=len(choices)))
    for choice in choices:
        if len(choice) > MAX_LENGTH:
            raise Mistake(phrase("choose.too_long", choice=quote(choice), highest=MAX_LENGTH))
    return choices


def split(text: str) -> list[str]:
    """Return the words and quoted phrases of `text`, without empty ones.

    Raises:
        Mistake: a quote is not closed.
    """
    found = []
    rest = text.strip()
    while rest:
        word, rest = _first(rest)
        rest = rest.lstrip()
        if word.strip():
            found.append(word.strip())
    return found


def _first(text: str) -> tuple[str, str]:
    closing = _QUOTES.get(text[0])
    if closing is None:
        word, *rest_of = text.split(maxsplit=1)
        return word, "".join(rest_of)
    word, found, rest = text[1:].partition(closing)
    if not found:
        raise Mistake(phrase("choose.open_quote", text=quote(text)))
    return word, rest


async def setup(bot: Bot) -> None:
    """Add the cog."""
    await bot.add_cog(Choices())
