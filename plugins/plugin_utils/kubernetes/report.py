"""The report on workloads that do not run: why, what happened last, and what they wrote last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .messages import one_line, to_the_point
from .objects import Object, identify
from .pods import (
    condition,
    containers_to_read,
    hopeless_states,
    is_ready,
    pod_faults,
)
from .rollouts import shortfall
from .snapshot import Snapshot, happened_at, last_message

if TYPE_CHECKING:
    from .kubectl import Kubectl
    from .nodes import Outlook

# The report must fit on a screen or two at night, whatever has broken.
MOST_WORKLOADS = 5
MOST_PODS = 2
MOST_EVENTS = 4
LOG_LINES = 10
LONGEST_LINE = 240


def write_report(unready: list[Object], outlook: Outlook, kubectl: Kubectl) -> str:
    """Write about the nodes, then about each workload."""
    snapshot = outlook.snapshot
    # Those that nothing but a change can help come first.
    unready = sorted(unready, key=lambda one: not any(map(hopeless_states, snapshot.pods_of(one))))
    shown = unready[:MOST_WORKLOADS]
    parts = [
        node_lines(outlook, kubectl),
        *(workload_lines(item, outlook, kubectl) for item in shown),
    ]
    rest = [str(identify(workload)) for workload in unready[MOST_WORKLOADS:]]
    if rest:
        parts.append([f"Not ready either: {one_line(', '.join(rest))}."])
    return "\n\n".join("\n".join(part) for part in parts if part)


def node_lines(outlook: Outlook, kubectl: Kubectl) -> list[str]:
    """Say which nodes are not ready: nothing else counts until they are."""
    lines = [
        f"The node {name} {node.cause}, so the pods on it do not count. If its host still exists"
        " under this name, start it and k3s there; if not, remove the node:"
        f" `{kubectl.command} delete node {name}`."
        for name, node in outlook.lost.items()
    ]
    for node in outlook.snapshot.nodes:
        ready = condition(node, "Ready")
        name = node["metadata"]["name"]
        if ready.get("status") != "True" and name not in outlook.lost:
            cause = one_line(ready.get("message") or "its kubelet does not report")
            lines.append(f"The node {name} is not ready ({cause}): see `journalctl -u k3s` on it.")
    return lines


def workload_lines(workload: Object, outlook: Outlook, kubectl: Kubectl) -> list[str]:
    """Say why a workload is not ready."""
    snapshot, node = outlook.snapshot, outlook.lost_node_of(workload)
    lack = shortfall(workload) or f"a pod of it is on the node {node.name if node else '?'}"
    lines = [f"{identify(workload)}: {lack}."]
    pods = [pod for pod in snapshot.pods_of(workload) if not is_ready(pod)]
    makers = snapshot.makers_of(workload)
    if not pods and not node:
        lines += [f"  {fault}." for fault in missing_pod_faults(workload, snapshot)]
    for pod in pods[:MOST_PODS]:
        lines += [f"  {fault}." for fault in pod_faults(pod, snapshot)]
        lines += [f"  {fault}." for fault in stuck_faults(workload, pod, kubectl)]
    if len(pods) > MOST_PODS:
        lines.append(f"  {len(pods) - MOST_PODS} more of its pods are not ready.")
    uids = makers | {pod["metadata"]["uid"] for pod in pods}
    lines += event_lines(snapshot.events_about(uids), said=" ".join(lines))
    for pod in pods[:MOST_PODS]:
        lines += log_lines(pod, kubectl)
    return lines


def missing_pod_faults(workload: Object, snapshot: Snapshot) -> list[str]:
    """Say why a workload has no pods that could be asked."""
    events = snapshot.events_about(snapshot.makers_of(workload))
    cause = condition(workload, "ReplicaFailure").get("message") or last_message(
        events, "FailedCreate"
    )
    if cause:
        return [f"Its pods are refused ({one_line(cause)}): correct what it names"]
    if workload["kind"] == "DaemonSet" and not workload["status"].get("desiredNumberScheduled"):
        return ["No node fits its nodeSelector and tolerations, or none has joined the cluster yet"]
    return []


def stuck_faults(workload: Object, pod: Object, kubectl: Kubectl) -> list[str]:
    """Tell a StatefulSet's pod of an old version: the new one comes after that one was ready."""
    revision = pod["metadata"].get("labels", {}).get("controller-revision-hash")
    newest = workload.get("status", {}).get("updateRevision")
    if workload["kind"] != "StatefulSet" or revision == newest:
        return []
    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    command = f"{kubectl.command} -n {namespace} delete pod {name}"
    return [f"It is of an old version, and is not replaced unless it is deleted: `{command}`"]


def event_lines(events: list[Object], said: str) -> list[str]:
    """List what happened last, warnings if there are any, without what was said already."""
    warnings = [event for event in events if event.get("type") == "Warning"]
    news = {
        (event.get("reason"), event.get("message")): event
        for event in warnings or events
        if to_the_point(event.get("message", "")) not in said
    }
    lines = []
    for event in list(news.values())[-MOST_EVENTS:]:
        time = happened_at(event)[: len("2026-01-02T03:04:05")]
        times = f" ({event['count']} times)" if event.get("count", 1) > 1 else ""
        message = to_the_point(event.get("message", ""))
        lines.append(f"    {time} {event.get('reason', '')}{times}: {message}"[:LONGEST_LINE])
    return ["  Last events:", *lines] if lines else []


def log_lines(pod: Object, kubectl: Kubectl) -> list[str]:
    """Quote what the containers wrote last: the run that crashed before the one that runs."""
    metadata = pod["metadata"]
    lines = []
    for status in containers_to_read(pod):
        name = status["name"]
        where = ("--namespace", metadata["namespace"], metadata["name"], "--container", name)
        for option, when in runs_of(status).items():
            answer = kubectl.ask("logs", *where, f"--tail={LOG_LINES}", option)
            written = answer.stdout.splitlines()[-LOG_LINES:]
            if answer.failed:
                written = [f"(they cannot be read: {one_line(answer.said)})"]
            lines.append(f"  Last lines of {name} in {metadata['name']}{when}:")
            lines += [f"    {line[:LONGEST_LINE]}" for line in written or ["(none)"]]
    return lines


def runs_of(status: Object) -> dict[str, str]:
    """Name the runs of a container to read: if none goes on, kubectl shows the last one."""
    runs = {"--previous=false": ""}
    if status.get("restartCount") and "running" in status["state"]:
        runs = {"--previous=true": " before it was restarted", **runs}
    return runs
