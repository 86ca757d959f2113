"""The runtimes there are, and which of them a host has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botwatch_drill.runtimes.k3s import K3S, KUBECONFIG
from botwatch_drill.runtimes.systemd import SYSTEMD

if TYPE_CHECKING:
    from botwatch_drill.host import Host
    from botwatch_drill.runtimes.runtime import Runtime

AUTO = "auto"
RUNTIMES = {runtime.name: runtime for runtime in (SYSTEMD, K3S)}
# A host may have a cluster for something else.
_HAS_K3S = (
    f"if [ -e {KUBECONFIG} ] && {{ {K3S.preflight}; }} 2>/dev/null; then echo yes; else echo no; fi"
)


def detect(host: Host) -> Runtime:
    """Return the runtime of the stack on a host.

    Raises:
        HostError: the host cannot be asked.
    """
    return K3S if host.sh(_HAS_K3S).strip() == "yes" else SYSTEMD
