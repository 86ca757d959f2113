"""Discord's ids: 64 bits that hold a time and a counter."""

from __future__ import annotations

import hashlib
import time

DISCORD_EPOCH_MS = 1_420_070_400_000
TIME_SHIFT = 22
DIGITS_MAX = 20


class Snowflakes:
    """Makes ids that grow and never repeat, even when the clock steps back."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        """Return a new id of the present moment."""
        now = (int(time.time() * 1000) - DISCORD_EPOCH_MS) << TIME_SHIFT
        self._last = max(now, self._last + 1)
        return self._last


def parse(text: str) -> int | None:
    """Return the id in a text; None when it holds none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else None


def id_of_name(name: str) -> int:
    """Return an id that depends on the name alone: a visitor keeps it without being stored."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:7], "big")
