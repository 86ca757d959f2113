"""A fault that is a few lines of shell on the host, the same in every runtime."""

from __future__ import annotations

from dataclasses import dataclass

from botwatch_drill.faults.on_host import HostFault


@dataclass(frozen=True, slots=True)
class Shell(HostFault):
    """Lines that break something, and lines that repair it; see Breakage.

    Where repairing it replaces the bot, it happens after the moment at which the fault counts as
    undone, as the new bot's start does.

    Attributes:
        breaks: what breaks it; nothing may be written to standard output.
        repairs: what repairs it; harmless where nothing is broken.
        looks: what fails where it cannot be broken.
    """

    breaks: tuple[str, ...]
    repairs: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()

    @property
    def remedy(self) -> str:
        """See Breakage."""
        return "; ".join(self.repairs) or "true"

    def find(self) -> list[str]:
        """See Breakage."""
        return list(self.looks)

    def strike(self) -> list[str]:
        """See Breakage."""
        return list(self.breaks)

    def clear(self) -> list[str]:
        """See Breakage."""
        return [] if self.replaces else list(self.repairs)

    def start(self) -> list[str]:
        """See Breakage."""
        return list(self.repairs) if self.replaces else []
