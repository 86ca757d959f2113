"""Workloads, pods and nodes as an API server describes them, and the action that waits for them."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from unit import fake_kubectl
from unit.playbooks import Data, run_tasks

LABELS = {"app.kubernetes.io/managed-by": "botwatch"}
READY = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
ON_NODES = {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2}
UNAVAILABLE = {**READY, "availableReplicas": 0}
MAIN = {"name": "main", "image": "registry.example/bot:1"}


def workload(
    status: Mapping[str, object] = READY, kind: str = "Deployment", name: str = "web"
) -> Data:
    metadata = {"name": name, "namespace": "bots", "uid": name, "generation": 2, "labels": LABELS}
    return {
        "kind": kind,
        "metadata": metadata,
        "spec": {} if kind == "DaemonSet" else {"replicas": 1},
        "status": {"observedGeneration": 2, **status},
    }


def replica_set(owner: str = "web") -> Data:
    metadata = {"name": f"{owner}-1", "namespace": "bots", "uid": f"{owner}-1"}
    return {"kind": "ReplicaSet", "metadata": {**metadata, "ownerReferences": [{"uid": owner}]}}


def pod(owner: str = "web-1", *, node: bool = True, **status: object) -> Data:
    name = f"{owner}-x"
    metadata = {"name": name, "namespace": "bots", "uid": name}
    spec = {"containers": [MAIN], **({"nodeName": "node"} if node else {})}
    return {
        "kind": "Pod",
        "metadata": {**metadata, "ownerReferences": [{"uid": owner}]},
        "spec": spec,
        "status": status,
    }


def with_container(owner: str = "web-1", restarts: int = 0, **states: object) -> Data:
    container = {"name": "main", "ready": False, "restartCount": restarts, "state": {}, **states}
    return pod(owner, containerStatuses=[container])


def waiting(reason: str, message: str = "", owner: str = "web-1", **states: object) -> Data:
    state = {"waiting": {"reason": reason, "message": message}}
    return with_container(owner, restarts=3, state=state, **states)


def ended(exit_code: int, reason: str = "Error") -> Data:
    return {"terminated": {"exitCode": exit_code, "reason": reason}}


def event(reason: str, message: str, uid: str = "web-1-x", second: int = 0, **more: object) -> Data:
    return {
        "kind": "Event",
        "metadata": {"name": f"{uid}.{reason}.{second}", "namespace": "bots"},
        "involvedObject": {"uid": uid},
        "type": "Warning",
        "reason": reason,
        "message": message,
        "lastTimestamp": f"2026-01-02T03:04:{second:02}Z",
        **more,
    }


class Place:
    """A cluster that is a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "cluster.json"
        self.kubectl = shlex.join([sys.executable, fake_kubectl.__file__, str(self.state)])

    def holds(self, *objects: Data, **more: object) -> None:
        self.state.write_text(json.dumps({"objects": objects, "calls": [], **more}))

    def wait(self, *options: str, **given: object) -> Data:
        arguments = {"kubectl": self.kubectl, "timeout_s": 30, **given}
        task = {"name": "Wait", "botwatch.stack.workloads_ready": arguments}
        result: Data = run_tasks(self.folder, [task], *options).results["Wait"]
        return result

    @property
    def calls(self) -> int:
        return len(json.loads(self.state.read_text())["calls"])


SECONDS = "2026-01-02T03:{:02}:{:02}"


def at(second: int) -> str:
    return SECONDS.format(*divmod(second, 60))


def node(name: str = "node", status: str = "True", reported: int = 0) -> Data:
    ready = {"type": "Ready", "status": status, "lastHeartbeatTime": f"{at(reported)}Z"}
    return {"kind": "Node", "metadata": {"name": name}, "status": {"conditions": [ready]}}


def lease(name: str = "node", renewed: int = 0) -> Data:
    metadata = {"name": name, "namespace": "kube-node-lease"}
    return {"kind": "Lease", "metadata": metadata, "spec": {"renewTime": f"{at(renewed)}.123456Z"}}


def running(owner: str = "web-1", on: str = "node", **metadata: object) -> Data:
    item = pod(owner, phase="Running", conditions=[{"type": "Ready", "status": "True"}])
    item["spec"]["nodeName"] = on
    item["metadata"] |= metadata
    return item
