"""What systemd shows of its units."""

from __future__ import annotations

import calendar
import time


def units_in(shown: str) -> list[dict[str, str]]:
    """Read what `systemctl show` prints: one mapping per unit, in the order of the question."""
    blocks = shown.strip().split("\n\n")
    return [
        dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in blocks
    ]


def seconds(shown: str) -> int | None:
    """Read a time such as `Sun 2026-11-29 17:26:00 UTC`; None if there is none.

    systemd writes seconds since the epoch from version 251 on only; Ubuntu 22.04 has 249.
    """
    _, _, moment = shown.strip().partition(" ")
    if not moment:
        return None
    return calendar.timegm(time.strptime(moment, "%Y-%m-%d %H:%M:%S %Z"))
