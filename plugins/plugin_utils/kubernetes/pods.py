"""Why a pod does not run, in one sentence for each cause, with the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .containers import HOPELESS_AFTER_S, container_fault, has_run
from .messages import one_line, remedy_for
from .snapshot import Snapshot, last_message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .objects import Object

SCHEDULING_REMEDIES = (
    (r"Insufficient (cpu|memory)", "lower its requests, or use a larger host"),
    (r"not-ready|unreachable|no nodes available", "first bring the node back"),
    (r"disk-pressure", "free space on the node"),
    (r"memory-pressure", "free memory on the node"),
    (r"unschedulable", "let the node take pods again: kubectl uncordon NODE"),
    (r"free ports", "another pod has the port of the host: end it, or choose another port"),
    (r"persistentvolumeclaim", "see to its volume"),
    (r"affinity|selector", "label the node as the pod demands, or change its nodeSelector"),
    (r"taint", "remove the taint from the node, or let the pod tolerate it"),
)
VOLUME_REMEDY = "check that the cluster has a storage class that makes volumes, and its logs"
# What keeps the kubelet from making the containers of a pod.
NOT_MADE = (
    "FailedMount",
    "FailedAttachVolume",
    "FailedCreatePodSandBox",
    "FailedCreatePodContainer",
    "NetworkNotReady",
)


def is_ready(pod: Object) -> bool:
    """Say whether a pod counts as ready."""
    return condition(pod, "Ready").get("status") == "True"


def pod_faults(pod: Object, snapshot: Snapshot) -> list[str]:
    """Say everything that keeps a pod from being ready."""
    name = pod["metadata"]["name"]
    events = snapshot.events_about({pod["metadata"]["uid"]})
    faults = [
        f"Container {container['name']} of pod {name} {fault}"
        for container, spec in containers(pod)
        if (fault := container_fault(container, spec, events))
    ]
    if ended := ending_fault(pod):
        return [f"Pod {name} {ended}"]
    if "nodeName" not in pod["spec"]:
        faults = [f"Pod {name} {scheduling_fault(pod)}"]
    volumes = [f"Pod {name} {fault}" for fault in volume_faults(pod, snapshot)]
    return [*faults, *volumes] or [f"Pod {name} {starting_fault(events)}"]


def ending_fault(pod: Object) -> str | None:
    """Say that a pod was ended, or is about to."""
    status = pod.get("status", {})
    if "deletionTimestamp" in pod["metadata"]:
        patience = pod["spec"].get("terminationGracePeriodSeconds", 30)
        return f"is terminating and has not ended yet, for which it has {patience} s"
    if status.get("phase") == "Failed":
        cause = one_line(f"{status.get('reason', 'Failed')}: {status.get('message', '')}")
        return f"was ended by its node ({cause}): free what the node lacks, and delete the pod"
    return None


def scheduling_fault(pod: Object) -> str:
    """Say why no node takes a pod."""
    message = condition(pod, "PodScheduled").get("message")
    if not message:
        return "waits for a node: the scheduler has not looked at it yet"
    remedy = remedy_for(message, SCHEDULING_REMEDIES, "give the cluster a node that fits")
    return f"has no node to run on ({one_line(message)}): {remedy}"


def volume_faults(pod: Object, snapshot: Snapshot) -> list[str]:
    """Say which volumes a pod waits for."""
    faults = []
    for claim in snapshot.claims_of(pod):
        if claim.get("status", {}).get("phase") == "Bound":
            continue
        events = snapshot.events_about({claim["metadata"]["uid"]})
        cause = one_line(events[-1].get("message", "")) if events else "nobody has looked at it"
        name = claim["metadata"]["name"]
        faults.append(f"waits for the volume of the claim {name} ({cause}): {VOLUME_REMEDY}")
    return faults


def starting_fault(events: list[Object]) -> str:
    """Say what keeps the containers of a pod from being made."""
    said = last_message(events, *NOT_MADE)
    if said:
        return f"cannot start yet ({one_line(said)}): correct what it names"
    return "is being started"


def containers(pod: Object) -> Iterator[tuple[Object, Object]]:
    """Go through a pod's containers: the status of each with what was declared."""
    for kind in ("initContainers", "containers"):
        declared = {spec["name"]: spec for spec in pod["spec"].get(kind, [])}
        key = f"{kind.removesuffix('s')}Statuses"
        for status in pod.get("status", {}).get(key, []):
            yield status, declared.get(status["name"], {})


def containers_to_read(pod: Object) -> list[Object]:
    """List the containers whose lines may tell why the pod is not ready."""
    return [
        status
        for status, _ in containers(pod)
        if has_run(status) and not status.get("ready") and not ended_well(status)
    ]


def ended_well(status: Object) -> bool:
    """Say whether a container has done its work, as those that prepare a pod do."""
    return bool(status.get("state", {}).get("terminated", {}).get("exitCode") == 0)


def hopeless_states(pod: Object) -> dict[tuple[str, str, str], float]:
    """List what a pod cannot get out of by itself, and after how many seconds that is sure."""
    return {
        (pod["metadata"]["uid"], status["name"], reason): HOPELESS_AFTER_S[reason]
        for status, _ in containers(pod)
        if (reason := status.get("state", {}).get("waiting", {}).get("reason")) in HOPELESS_AFTER_S
    }


def condition(item: Object, kind: str) -> Object:
    """Find a condition of an object; empty if it has none of this kind."""
    found = item.get("status", {}).get("conditions", [])
    return next((entry for entry in found if entry["type"] == kind), {})
