"""What bots asked for that the stand-in does not simulate."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botwatch_sandbox.changes import Changes
    from botwatch_sandbox.jsonio import JsonObject

PATTERNS_KEPT = 100
PATH_MAX = 120
ID = re.compile(r"(?<=/)\d{5,}(?=/|$)")
SECRET = re.compile(r"(?<=/)[\w-]{40,}(?=/|$)")
REACTION = re.compile(r"(?<=/reactions/)[^/]+")


@dataclass(slots=True)
class Missing:
    """Counts requests by method and path, with ids and tokens replaced by their names.

    Attributes:
        changes: notified of each.
    """

    changes: Changes
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, method: str, path: str) -> None:
        """Count a request."""
        key = (method, _pattern(path))
        if key in self._counts or len(self._counts) < PATTERNS_KEPT:
            self._counts[key] += 1
            self.changes.touch("discord")

    def view(self) -> list[JsonObject]:
        """Return what the control room shows."""
        return [
            {"method": method, "path": path, "count": count}
            for (method, path), count in sorted(self._counts.items(), key=lambda item: item[0][1])
        ]


def _pattern(path: str) -> str:
    found = REACTION.sub("{emoji}", SECRET.sub("{token}", ID.sub("{id}", path)))
    return found[:PATH_MAX]
