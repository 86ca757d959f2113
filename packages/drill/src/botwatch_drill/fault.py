"""What a drill breaks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botwatch_drill.outcome import Outcome
    from botwatch_drill.watch import Watch


class Fault(ABC):
    """Something that breaks, is watched, and is undone whatever happens.

    Attributes:
        stays: whether it stays until it is undone.
        deploys: whether it is a deployment of the bot.
        has_own_record: whether it makes the record itself, as the observer may lose its own.
    """

    __slots__ = ()

    stays: bool
    deploys = False
    has_own_record = False

    @abstractmethod
    def run(self, watch: Watch) -> Outcome:
        """Break the stack, watch what follows, and undo it.

        Raises:
            ControlError: the control room is gone or refuses.
            DeploymentError: the command does not start.
            HostError: the host is gone, or the fault could not be injected or undone.
            InterruptionError: somebody asked to end.
        """
