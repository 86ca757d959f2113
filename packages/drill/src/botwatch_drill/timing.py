"""The seconds that follow from the record of a drill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botwatch_sandbox.drills.record import Expect, Record


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds after the injection; None where it was not seen or does not apply."""

    firing_s: float | None = None
    delivered_s: float | None = None
    recovered_s: float | None = None
    resolved_s: float | None = None

    @classmethod
    def of(cls, record: Record, expect: Expect) -> Timing:
        """Compute what a record says; of an expected silence only the recovery has a time."""
        start = record.injected_at
        recovered_s = _since(start, record.recovered_at)
        if expect == "silence":
            return cls(recovered_s=recovered_s)
        if expect == "firing":
            return cls(firing_s=_since(start, record.firing_at), recovered_s=recovered_s)
        return cls(
            firing_s=_since(start, record.firing_at),
            delivered_s=_since(start, record.delivered_at),
            recovered_s=recovered_s,
            resolved_s=_since(start, record.resolved_at),
        )


def _since(start: float | None, moment: float | None) -> float | None:
    return None if start is None or moment is None else moment - start
