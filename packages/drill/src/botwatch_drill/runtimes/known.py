"""The runtimes there are, and which of them a host has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botwatch_drill.runtimes.k3s import HAS_MONITORING, KUBECONFIG, k3s
from botwatch_drill.runtimes.systemd import systemd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botwatch_drill.host import Host
    from botwatch_drill.runtimes.runtime import Runtime

AUTO = "auto"
RUNTIMES: Mapping[str, Callable[[str], Runtime]] = {"systemd": systemd, "k3s": k3s}
"""Each makes the runtime with the bot of a name."""
# A host may have a cluster for something else.
_HAS_K3S = (
    f"if [ -e {KUBECONFIG} ] && {{ {HAS_MONITORING}; }} 2>/dev/null\n"
    "then echo yes; else echo no; fi"
)


def detect(host: Host) -> str:
    """Return the name of the stack's runtime on a host.

    Raises:
        HostError: the host cannot be asked.
    """
    return "k3s" if host.sh(_HAS_K3S).strip() == "yes" else "systemd"
