"""What a drill is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botwatch_drill.terms import Terms

if TYPE_CHECKING:
    from botwatch_drill.fault import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill(Terms):
    """One drill: a fault, and the terms on which it is run.

    Attributes:
        breaks: what is broken, and how.
    """

    breaks: Fault
