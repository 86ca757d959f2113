"""Why a container does not run or is not ready, in one sentence with the remedy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .messages import one_line, remedy_for, to_the_point
from .snapshot import last_message

if TYPE_CHECKING:
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
READ_ON = "its last lines below tell more"

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


def container_fault(status: Object, spec: Object, events: list[Object]) -> str | None:
    """Say why a container is not as it should be; None if it is, or waits for others."""
    state = status.get("state", {})
    if "waiting" in state:
        return waiting_fault(status, spec, events)
    if "terminated" in state:
        return None if state["terminated"].get("exitCode") == 0 else crash(status, spec, events)
    if status.get("ready") or "running" not in state:
        return None
    said = last_message(events, "Unhealthy")
    if said:
        return f"runs but does not become ready ({one_line(said)}): {READ_ON}"
    return f"runs, and has not said yet that it is ready: {READ_ON}"


def waiting_fault(status: Object, spec: Object, events: list[Object]) -> str | None:
    """Say what keeps a container from being started."""
    waiting = status["state"]["waiting"]
    reason, message = waiting.get("reason", "no reason given"), waiting.get("message", "")
    image: str = spec.get("image") or status.get("image", "")
    if reason in STARTING:
        return None
    if reason in PULLING:
        return pull_fault(image, message, events)
    if reason == "CrashLoopBackOff":
        return crash(status, spec, events)
    if reason == "ErrImageNeverPull":
        return (
            f"needs the image {image}, which is not on the node and may not be pulled: "
            "run site.yml again, which brings it there"
        )
    if reason == "InvalidImageName":
        return f"has an image of which the name is invalid, {image}: correct it"
    return f"cannot be started ({reason}: {to_the_point(message)}): correct what it names"


def pull_fault(image: str, message: str, events: list[Object]) -> str:
    """Say why an image cannot be pulled: the reason is in the event, not in the state."""
    pulls = [event for event in events if "ull image" in event.get("message", "")]
    cause = to_the_point(last_message(pulls, "Failed") or message)
    remedy = remedy_for(cause, PULL_REMEDIES, "check the image's name and the registry")
    return f"needs the image {image}, which cannot be pulled ({cause}): {remedy}"


def crash(status: Object, spec: Object, events: list[Object]) -> str:
    """Say how a container ended that should run."""
    ended = ending(status)
    restarts = f"restarts: {status.get('restartCount', 0)}"
    if ended.get("reason") == "OOMKilled":
        limit = spec.get("resources", {}).get("limits", {}).get("memory")
        than = f"its limit of {limit}" if limit else "the node has"
        return (
            f"was killed because it used more memory than {than} ({restarts}): "
            "raise the limit, or find out what it needs the memory for"
        )
    probe = failed_probe(ended, events)
    if probe:
        return f"is ended because its probe fails ({one_line(probe)}; {restarts}): {READ_ON}"
    said = to_the_point(ended.get("message", ""))
    cause = f"{ended.get('reason', 'Error')}{f', {said}' if said else ''}; {restarts}"
    return f"ends with exit code {ended.get('exitCode', '?')} ({cause}): {READ_ON}"


def failed_probe(ended: Object, events: list[Object]) -> str | None:
    """Tell which probe the kubelet has ended a container for, if it was the kubelet."""
    if ended.get("exitCode") not in ENDED_FROM_OUTSIDE:
        return None
    probes = [event for event in events if PROBE_THAT_ENDS.match(event.get("message", ""))]
    return last_message(probes, "Unhealthy")


def ending(status: Object) -> dict[str, Any]:
    """Tell how a container ended last."""
    for state in (status.get("state", {}), status.get("lastState", {})):
        if "terminated" in state:
            return dict(state["terminated"])
    return {}


def has_run(status: Object) -> bool:
    """Say whether a container has been started at least once, and may have written lines."""
    return bool(ending(status)) or "running" in status.get("state", {})
