"""Who watches a stack while it is broken: the control room of the stand-ins, or the host itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botwatch_drill.snapshot import Snapshot
    from botwatch_sandbox.drills.record import DrillSpec, Mark, Record


class Observer(Protocol):
    """Keeps the record of one drill at a time. Every method raises ControlError."""

    def state(self) -> Snapshot:
        """Return the state of the whole stack."""

    def start(self, spec: DrillSpec) -> Record:
        """Start the record of a drill."""

    def mark(self, mark: Mark, at: float | None = None) -> Record:
        """Note when the fault was put in place, came again, or was taken away.

        Args:
            mark: what happened.
            at: Unix seconds by the observer's clock; now when None.
        """

    def finish(self, *, ok: bool, error: str | None) -> Record:
        """End the record with its verdict."""

    def current(self) -> Record:
        """Return the running or last drill's record."""

    def play(self, what: str, body: Mapping[str, object]) -> None:
        """Let the stand-ins do something, such as `slack/faults`."""
