"""What a cluster holds at one moment, as far as it tells why something does not run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .kubectl import Kubectl
    from .objects import Object

NEVER = "0"
# What kubectl calls the kinds, in the order of the snapshot's fields.
KINDS = {
    "pods": "Pod",
    "replicasets.apps": "ReplicaSet",
    "events": "Event",
    "persistentvolumeclaims": "PersistentVolumeClaim",
    "nodes": "Node",
    "leases.coordination.k8s.io": "Lease",
}
# What tells on which nodes pods run: much less than all.
PLACES = ("pods", "replicasets.apps", "nodes", "leases.coordination.k8s.io")


@dataclass(frozen=True)
class Snapshot:
    """Objects of all namespaces."""

    pods: list[Object] = field(default_factory=list)
    replica_sets: list[Object] = field(default_factory=list)
    events: list[Object] = field(default_factory=list)
    claims: list[Object] = field(default_factory=list)
    nodes: list[Object] = field(default_factory=list)
    leases: list[Object] = field(default_factory=list)

    def makers_of(self, workload: Object) -> set[str]:
        """Tell who makes a workload's pods, by uid: itself, or its ReplicaSets."""
        uid = workload["metadata"]["uid"]
        return {uid, *(item["metadata"]["uid"] for item in self.replica_sets if is_of(item, uid))}

    def pods_of(self, workload: Object) -> list[Object]:
        """List a workload's pods."""
        makers = self.makers_of(workload)
        return [pod for pod in self.pods if any(is_of(pod, uid) for uid in makers)]

    def events_about(self, uids: set[str]) -> list[Object]:
        """List what happened to objects, the latest last."""
        found = [item for item in self.events if item["involvedObject"].get("uid") in uids]
        return sorted(found, key=happened_at)

    def claims_of(self, pod: Object) -> set[str]:
        """Name the claims for volumes that a pod waits for, by uid."""
        volumes = pod["spec"].get("volumes", [])
        names = {volume.get("persistentVolumeClaim", {}).get("claimName") for volume in volumes}
        return {
            claim["metadata"]["uid"]
            for claim in self.claims
            if claim["metadata"]["namespace"] == pod["metadata"]["namespace"]
            and claim["metadata"]["name"] in names
            and claim.get("status", {}).get("phase") != "Bound"
        }


def take_snapshot(kubectl: Kubectl, kinds: Iterable[str] = KINDS) -> Snapshot:
    """Look at everything at once; what cannot be seen is left out, the rest may tell enough."""
    answer = kubectl.ask("get", ",".join(kinds), "--all-namespaces", "--output=json")
    found: dict[str, list[Object]] = {kind: [] for kind in KINDS.values()}
    for item in answer.items:
        found[item["kind"]].append(item)
    return Snapshot(*found.values())


def is_of(item: Object, uid: str) -> bool:
    """Say whether an object was made by another one."""
    return any(owner["uid"] == uid for owner in item["metadata"].get("ownerReferences", []))


def happened_at(event: Object) -> str:
    """Tell when something happened last. Times of one format are ordered as texts."""
    series = event.get("series") or {}
    times = (
        series.get("lastObservedTime"),
        event.get("lastTimestamp"),
        event.get("eventTime"),
        event["metadata"].get("creationTimestamp"),
    )
    return next((str(time) for time in times if time), NEVER)


def last_message(events: list[Object], *reasons: str) -> str | None:
    """Tell the last thing that happened for one of these reasons."""
    messages = [event.get("message", "") for event in events if event.get("reason") in reasons]
    return messages[-1] if messages else None
