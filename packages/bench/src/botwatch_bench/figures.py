"""What was measured: numbers with names, units and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class BenchError(Exception):
    """Something cannot be measured; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number.

    Attributes:
        name: its name in the report that programs read, as in `bot.cpu_ratio`.
        title: what it is, for people.
        value: the number.
        unit: its unit; empty for a ratio.
        limit: the most that is allowed, if there is a limit.
    """

    name: str
    title: str
    value: float
    unit: str = ""
    limit: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the limit is held."""
        return self.limit is None or self.value <= self.limit


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of all values do not exceed.

    Args:
        values: at least one.
        share: from 0 to 1, as 0.99.
    """
    ordered = sorted(values)
    rank = -int(-share * len(ordered) // 1)  # rounded up
    return ordered[max(rank, 1) - 1]
