"""Waiting for something to become true."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(condition: Callable[[], bool], limit_s: float, every_s: float = 0.5) -> bool:
    """Wait until something holds; say whether it ever did."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(every_s)
    return condition()
