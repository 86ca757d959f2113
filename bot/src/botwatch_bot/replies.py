"""Writing users' text back to them safely and briefly."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from botwatch_bot.texts import Phrase, phrase

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_REPLY = 2000
"""Discord refuses longer messages (characters)."""

_MAX_QUOTE = 60


def quote(text: str) -> str:
    """Return `text` as inline code: on one line, shortened, unable to end the code early."""
    flat = " ".join(text.replace("`", "'").split())
    return f"`{shorten(flat, _MAX_QUOTE)}`"


def shorten(text: str, limit: int = MAX_REPLY) -> str:
    """Return `text` cut to at most `limit` characters, with an ellipsis where it was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def did_you_mean(word: str, known: Iterable[str]) -> Phrase:
    """Return ` Did you mean X?` with the closest known word, or nothing."""
    known = list(known)
    folded = {name.casefold(): name for name in known}
    # Of a long word no close match can come, and looking for one would take long.
    close = get_close_matches(word.casefold()[:_MAX_QUOTE], folded, n=1)
    return suggest(folded[close[0]] if close else None)


def suggest(word: str | None) -> Phrase:
    """Return ` Did you mean X?`, or nothing where there is no such word."""
    if word is None:
        return phrase("answer.nothing")
    return phrase("answer.did_you_mean", word=quote(word))


def code_block(text: str) -> str:
    """Return `text` as a block of code, unable to end it early."""
    harmless = text.replace("```", "'''")
    return f"```\n{harmless}\n```"
