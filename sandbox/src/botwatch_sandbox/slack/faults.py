"""The faults that the Slack stand-in plays on request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botwatch_sandbox.changes import Changes
    from botwatch_sandbox.jsonio import JsonObject


@dataclass(slots=True)
class SlackFaults:
    """How the next posts are answered: `remaining` of them with `status`."""

    changes: Changes
    status: int | None = None
    remaining: int = 0

    def set(self, status: int | None, remaining: int) -> None:
        """Plans a fault; no status, or none remaining, takes it back."""
        planned = status is not None and remaining > 0
        self.status, self.remaining = (status, remaining) if planned else (None, 0)
        self.changes.touch("status")

    def take(self) -> int | None:
        """Uses up one faulty answer; returns its status, None when the post may pass."""
        status = self.status
        if status is not None:
            self.set(status, self.remaining - 1)
        return status

    def view(self) -> JsonObject:
        """Returns the fault as the snapshot shows it."""
        return {"status": self.status, "remaining": self.remaining}
