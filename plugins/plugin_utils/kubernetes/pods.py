"""Why a pod does not run, in the words of Kubernetes, with the remedy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .messages import one_line, remedy_for, to_the_point
from .snapshot import Snapshot, last_message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .objects import Object

STARTING = {"ContainerCreating", "PodInitializing"}
PULLING = {"ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError"}
# How long each of these lasts until nothing but a change of what is declared can help, in seconds.
HOPELESS_AFTER_S = {
    "ErrImageNeverPull": 10.0,
    "InvalidImageName": 10.0,
    "CreateContainerConfigError": 30.0,
}
# Only these probes end a container; it leaves by itself when asked to, or by SIGTERM or SIGKILL.
PROBE_THAT_ENDS = re.compile(r"(Liveness|Startup) probe")
ENDED_FROM_OUTSIDE = (0, 143, 137)
# Events that tell what a pod, or a claim for its volume, waits for.
NOT_MADE = (
    "FailedMount",
    "FailedAttachVolume",
    "FailedBinding",
    "ProvisioningFailed",
    "FailedCreatePodSandBox",
    "FailedCreatePodContainer",
    "NetworkNotReady",
)
READ_ON = "its last lines below tell more"
CORRECT = "correct what it names"

PULL_REMEDIES = (
    (r"x509|certificate", "let the host trust the registry's certificate (registries.yaml of k3s)"),
    (r"429|toomanyrequests", "the registry limits pulls: log in to it, or wait"),
    (
        r"40[13]\b|unauthorized|denied|authorization failed",
        "check the credentials for the registry (registries.yaml of k3s)",
    ),
    (r"not found|manifest unknown", "check the image's name and tag"),
    (
        r"no such host|dial tcp|timeout|refused|unreachable|EOF",
        "the host does not reach it: check its network, or put the image into botwatch_airgap_dir",
    ),
)
START_REMEDIES = (
    ("ErrImageNeverPull", "run site.yml again, which brings the image to the node"),
    ("InvalidImageName", "correct the image's name"),
)
POD_REMEDIES = (
    (r"Insufficient (cpu|memory)", "lower its requests, or use a larger host"),
    (r"not-ready|unreachable|no nodes available", "first bring the node back"),
    (r"unschedulable", "let the node take pods again: kubectl uncordon NODE"),
    (
        r"persistentvolumeclaim|storage class",
        "check that the cluster has a storage class that makes volumes, and its logs",
    ),
    (r"affinity|selector", "label the node as the pod demands, or change its nodeSelector"),
    (r"Evicted", "free what the node lacks, and delete the pod"),
)


def is_ready(pod: Object) -> bool:
    """Say whether a pod counts as ready."""
    return condition(pod, "Ready").get("status") == "True"


def pod_faults(pod: Object, snapshot: Snapshot) -> list[str]:
    """Say what keeps a pod from being ready: its containers, or else the pod itself."""
    name, was_ended = pod["metadata"]["name"], pod.get("status", {}).get("phase") == "Failed"
    if was_ended or "deletionTimestamp" in pod["metadata"]:
        return [f"Pod {name} {pod_fault(pod, snapshot)}"]
    events = snapshot.events_about({pod["metadata"]["uid"]})
    faults = [
        f"Container {container['name']} of pod {name} {fault}"
        for container, spec in containers(pod)
        if (fault := container_fault(container, spec, events))
    ]
    return faults or [f"Pod {name} {pod_fault(pod, snapshot)}"]


def pod_fault(pod: Object, snapshot: Snapshot) -> str:
    """Say why a pod has no containers, or was ended."""
    status = pod.get("status", {})
    if "deletionTimestamp" in pod["metadata"]:
        patience = pod["spec"].get("terminationGracePeriodSeconds", 30)
        return f"is terminating and has not ended yet, for which it has {patience} s"
    waits_for = {pod["metadata"]["uid"], *snapshot.claims_of(pod)}
    said = [
        status.get("reason"),
        status.get("message"),
        condition(pod, "PodScheduled").get("message"),
        last_message(snapshot.events_about(waits_for), *NOT_MADE),
    ]
    cause = "; ".join(one_line(text) for text in said if text)
    if not cause:
        return "is being started"
    phase = status.get("phase", "Pending")
    return f"is {phase} ({cause}): {remedy_for(cause, POD_REMEDIES, CORRECT)}"


def containers(pod: Object) -> Iterator[tuple[Object, Object]]:
    """Go through a pod's containers: the status of each with what was declared."""
    for kind in ("initContainers", "containers"):
        declared = {spec["name"]: spec for spec in pod["spec"].get(kind, [])}
        key = f"{kind.removesuffix('s')}Statuses"
        for status in pod.get("status", {}).get(key, []):
            yield status, declared.get(status["name"], {})


def container_fault(status: Object, spec: Object, events: list[Object]) -> str | None:
    """Say what is wrong with a container; None if nothing is, or it waits for others."""
    states: Object = status.get("state") or {"": {}}
    kind, state = next(iter(states.items()))
    reason, said = state.get("reason", "no reason given"), state.get("message", "")
    if not kind or status.get("ready") or reason in STARTING or state.get("exitCode") == 0:
        return None
    if kind == "running":
        said = last_message(events, "Unhealthy") or "it has not said yet that it is ready"
        return f"runs but is not ready ({one_line(said)}): {READ_ON}"
    if kind == "terminated" or reason == "CrashLoopBackOff":
        return crash(status, spec, events)
    image = spec.get("image") or status.get("image", "")
    if reason not in PULLING:
        remedy = remedy_for(reason, START_REMEDIES, CORRECT)
        cause = ": ".join(filter(None, (reason, to_the_point(said))))
        return f"cannot start with the image {image} ({cause}): {remedy}"
    # The reason is in the event, not in the state.
    pulls = [event for event in events if "ull image" in event.get("message", "")]
    cause = to_the_point(last_message(pulls, "Failed") or said)
    remedy = remedy_for(cause, PULL_REMEDIES, "check the image's name and the registry")
    return f"needs the image {image}, which cannot be pulled ({cause}): {remedy}"


def crash(status: Object, spec: Object, events: list[Object]) -> str:
    """Say how a container ended that should run."""
    ended = ending(status)
    reason, code = ended.get("reason", "Error"), ended.get("exitCode", "?")
    causes, remedy = (
        [f"{reason}, exit code {code}", to_the_point(ended.get("message", ""))],
        READ_ON,
    )
    if reason == "OOMKilled":
        limit = spec.get("resources", {}).get("limits", {}).get("memory", "that of the node")
        remedy = f"raise its memory limit ({limit}), or find out what it needs the memory for"
    elif code in ENDED_FROM_OUTSIDE:
        probes = [event for event in events if PROBE_THAT_ENDS.match(event.get("message", ""))]
        causes.append(one_line(last_message(probes, "Unhealthy") or ""))
    restarts = f"restarts: {status.get('restartCount', 0)}"
    return f"ended ({'; '.join(filter(None, [*causes, restarts]))}): {remedy}"


def ending(status: Object) -> Object:
    """Tell how a container ended last; empty if it has not."""
    states: tuple[Object, Object] = (status.get("state", {}), status.get("lastState", {}))
    return next((state["terminated"] for state in states if "terminated" in state), {})


def containers_to_read(pod: Object) -> list[Object]:
    """List the containers that have run and are not ready: their lines may tell why."""
    return [
        status
        for status, _ in containers(pod)
        if (ending(status) or "running" in status.get("state", {}))
        and not status.get("ready")
        and status.get("state", {}).get("terminated", {}).get("exitCode") != 0
    ]


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
