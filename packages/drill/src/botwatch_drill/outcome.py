"""What came of a fault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botwatch_sandbox.drills.record import Record


@dataclass(frozen=True, slots=True)
class Ended:
    """What a deployment came to.

    Attributes:
        code: its exit code, negative for a signal.
        output: everything it said.
        in_time: whether it ended by itself.
    """

    code: int
    output: str
    in_time: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was seen of a fault until it was over.

    Attributes:
        record: what the observer saw.
        ended: what the deployment came to; None: there was none.
    """

    record: Record
    ended: Ended | None = None
