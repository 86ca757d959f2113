"""Waiting for conditions instead of sleeping."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Found = TypeVar("Found")

STEP_S = 0.01


async def eventually(
    look: Callable[[], Awaitable[Found | None]], what: str, within_s: float = 5.0
) -> Found:
    """Look again and again until something is there, and return it.

    Args:
        look: returns what is waited for, or something false while it is not there.
        what: its name, for the error.
        within_s: seconds to wait at most.

    Raises:
        AssertionError: it did not come in time.
    """
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        found = await look()
        if found:
            return found
        await asyncio.sleep(STEP_S)
    message = f"{what} did not come within {within_s:g} s"
    raise AssertionError(message)
