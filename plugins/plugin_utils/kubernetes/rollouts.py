"""Whether a Deployment, StatefulSet or DaemonSet runs as declared, and what it still lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .objects import Object

KINDS = ("Deployment.v1.apps", "StatefulSet.v1.apps", "DaemonSet.v1.apps")


def shortfall(workload: Object) -> str | None:
    """Say what the workload lacks to be rolled out; None if nothing."""
    status = workload.get("status", {})
    if status.get("observedGeneration", 0) < workload["metadata"]["generation"]:
        return "Kubernetes has not looked at its newest version yet"
    if workload["kind"] == "DaemonSet":
        return of_daemon_set(status)
    wanted = workload["spec"].get("replicas", 1)
    if wanted and not status.get("replicas"):
        return "it has no pods yet"
    # A StatefulSet of Kubernetes 1.20 counts the pods that are ready, and none as available.
    ready = "availableReplicas" if workload["kind"] == "Deployment" else "readyReplicas"
    if status.get("replicas", 0) > wanted:
        return f"there are {status['replicas']} pods instead of {wanted}"
    return too_few(status.get("updatedReplicas", 0), status.get(ready, 0), wanted)


def of_daemon_set(status: Object) -> str | None:
    """Say what a DaemonSet lacks, which wants as many pods as there are nodes for it."""
    wanted = status.get("desiredNumberScheduled", 0)
    if wanted == 0:
        return "there is no node for its pods"
    updated = status.get("updatedNumberScheduled", 0)
    return too_few(updated, status.get("numberAvailable", 0), wanted)


def too_few(updated: int, ready: int, wanted: int) -> str | None:
    """Say that not all pods are what they should be."""
    if updated < wanted:
        return f"{updated} of {wanted} pods are of its newest version"
    return f"{ready} of {wanted} pods are ready" if ready < wanted else None
