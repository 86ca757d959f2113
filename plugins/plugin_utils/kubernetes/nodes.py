"""Nodes whose kubelet does not report any more, and the pods that only seem to run there.

For 40 seconds after a node is gone Kubernetes calls it ready, and for five minutes it leaves the
pods there as they were; those of DaemonSets and StatefulSets stay for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from .pods import condition
from .rollouts import shortfall

if TYPE_CHECKING:
    from .objects import Object
    from .snapshot import Snapshot

LEASES = "kube-node-lease"
# A kubelet renews its lease every 10 s.
STALE_AFTER_S = 25.0
# By then Kubernetes has moved all pods that it moves by itself.
MOVED_AFTER_S = 360.0


@dataclass(frozen=True)
class LostNode:
    """A node that is gone, or does not report."""

    name: str
    is_known: bool  # to the cluster
    silent_s: float = 0.0

    @property
    def is_for_good(self) -> bool:
        """Whether Kubernetes has done all that it does about it."""
        return self.silent_s >= MOVED_AFTER_S

    @property
    def cause(self) -> str:
        """Why its pods do not count."""
        if not self.is_known:
            return "is no node of the cluster any more"
        return f"is gone: its kubelet has not reported for {self.silent_s:.0f} s"


class Heartbeats:
    """Remembers when kubelets reported, as their clocks may differ from one another."""

    def __init__(self) -> None:
        self._first: dict[str, float] = {}

    def lost(self, snapshot: Snapshot) -> dict[str, LostNode]:
        """Name the nodes that do not report, and those that pods name and nobody knows."""
        renewals = {
            (item["metadata"]["namespace"], item["metadata"]["name"]): seconds(
                item["spec"].get("renewTime")
            )
            for item in snapshot.leases
        }
        reports = {
            node["metadata"]["name"]: seconds(condition(node, "Ready").get("lastHeartbeatTime"))
            for node in snapshot.nodes
        }
        newest = max([*renewals.values(), *reports.values()], default=0.0)
        lost = {}
        for node in snapshot.nodes:
            name = node["metadata"]["name"]
            renewed = renewals.get((LEASES, name), 0.0)
            silent = newest - max(renewed, reports[name])
            is_renewed = renewed > self._first.setdefault(name, renewed)
            is_stale = bool(renewed) and silent > STALE_AFTER_S and not is_renewed
            if condition(node, "Ready").get("status") == "Unknown" or is_stale:
                lost[name] = LostNode(name, is_known=True, silent_s=silent)
        strangers = {pod["spec"].get("nodeName") for pod in snapshot.pods} - {None, *reports}
        if snapshot.nodes:
            lost |= {name: LostNode(name, is_known=False) for name in strangers if name}
        return lost


def seconds(stamp: str | None) -> float:
    """Read a time as Kubernetes writes it; none is 0."""
    return datetime.fromisoformat(stamp).timestamp() if stamp else 0.0


@dataclass(frozen=True)
class Outlook:
    """Workloads, and where their pods are."""

    workloads: list[Object]
    snapshot: Snapshot
    lost: dict[str, LostNode]

    def lost_node_of(self, workload: Object) -> LostNode | None:
        """Name the lost node that a pod of a workload counts on, if there is one."""
        for pod in self.snapshot.pods_of(workload):
            node = self.lost.get(pod["spec"].get("nodeName", ""))
            if node and "deletionTimestamp" not in pod["metadata"]:
                return node
        return None

    @property
    def unready(self) -> list[Object]:
        """The workloads that lack something."""
        return [item for item in self.workloads if shortfall(item) or self.lost_node_of(item)]

    @property
    def pods(self) -> list[Object]:
        """The pods of what is not ready."""
        return [pod for item in self.unready for pod in self.snapshot.pods_of(item)]

    @property
    def is_for_good(self) -> bool:
        """Whether pods stay on a lost node for good."""
        nodes = [self.lost_node_of(item) for item in self.workloads]
        return any(node.is_for_good for node in nodes if node)
