"""What is said about pods that do not run."""

from __future__ import annotations

import pytest
from plugins.plugin_utils.kubernetes.pods import pod_faults
from plugins.plugin_utils.kubernetes.snapshot import Snapshot

from unit.playbooks import Data
from unit.workloads import MAIN, ended, event, pod, waiting, with_container

PULL = (
    'Failed to pull image "registry.example/bot:1": rpc error: code = Unknown desc = failed to '
    'pull and unpack image "registry.example/bot:1": failed to resolve reference '
    '"registry.example/bot:1": '
)


@pytest.mark.parametrize(
    ("cause", "remedy"),
    [
        ("pull access denied, insufficient_scope: authorization failed", "check the credentials"),
        ("unexpected status code 401 Unauthorized", "check the credentials"),
        ("registry.example/bot:1: not found", "check the image's name and tag"),
        ("dial tcp: lookup registry.example: no such host", "the host does not reach"),
        ("x509: certificate signed by unknown authority", "let the host trust"),
        ("429 Too Many Requests", "the registry limits pulls"),
        ("something else", "check the image's name and the registry"),
    ],
)
def test_a_pull_that_fails_is_reported_with_the_registrys_reason(cause: str, remedy: str) -> None:
    item = waiting("ImagePullBackOff", 'Back-off pulling image "registry.example/bot:1"')
    events = [event("Failed", PULL + cause, second=1), event("Failed", "Error: x", second=2)]
    (fault,) = pod_faults(item, Snapshot(events=events))
    assert fault.startswith(
        "Container main of pod web-1-x needs the image registry.example/bot:1, "
        f"which cannot be pulled ({cause}): {remedy}"
    )


LIVENESS = event("Unhealthy", "Liveness probe failed: timeout")


@pytest.mark.parametrize(
    ("item", "events", "fault"),
    [
        (
            waiting("CrashLoopBackOff", lastState=ended(2)),
            [LIVENESS],
            "ended (Error, exit code 2; restarts: 3): its last lines below tell more",
        ),
        (
            with_container(restarts=1, state=ended(1)),
            [],
            "ended (Error, exit code 1; restarts: 1): its last lines below tell more",
        ),
        (
            waiting("CrashLoopBackOff", lastState=ended(137, "OOMKilled")),
            [LIVENESS],
            (
                "ended (OOMKilled, exit code 137; restarts: 3): raise its memory limit (that of "
                "the node), or find out what it needs the memory for"
            ),
        ),
        (
            waiting("CrashLoopBackOff", lastState=ended(137)),
            [LIVENESS],
            (
                "ended (Error, exit code 137; Liveness probe failed: timeout; restarts: 3): "
                "its last lines below tell more"
            ),
        ),
        (
            waiting("CreateContainerConfigError", 'secret "keys" not found'),
            [],
            (
                "cannot start with the image registry.example/bot:1 (CreateContainerConfigError: "
                'secret "keys" not found): correct what it names'
            ),
        ),
        (
            waiting("RunContainerError", 'x: unable to start container process: exec: "/no"'),
            [],
            (
                "cannot start with the image registry.example/bot:1 (RunContainerError: "
                'exec: "/no"): correct what it names'
            ),
        ),
        (
            waiting("ErrImageNeverPull"),
            [],
            (
                "cannot start with the image registry.example/bot:1 (ErrImageNeverPull): "
                "run site.yml again, which brings the image to the node"
            ),
        ),
        (
            waiting("InvalidImageName"),
            [],
            (
                "cannot start with the image registry.example/bot:1 (InvalidImageName): "
                "correct the image's name"
            ),
        ),
        (
            with_container(state={"running": {}}),
            [event("Unhealthy", "Readiness probe failed: HTTP 503")],
            (
                "runs but is not ready (Readiness probe failed: HTTP 503): "
                "its last lines below tell more"
            ),
        ),
    ],
)
def test_a_container_that_is_not_ready_is_reported_with_its_reason(
    item: Data, events: list[Data], fault: str
) -> None:
    assert pod_faults(item, Snapshot(events=events)) == [f"Container main of pod web-1-x {fault}"]


def test_more_memory_than_the_limit_is_reported_with_the_limit() -> None:
    item = waiting("CrashLoopBackOff", lastState=ended(137, "OOMKilled"))
    item["spec"]["containers"] = [{**MAIN, "resources": {"limits": {"memory": "32Mi"}}}]
    assert "raise its memory limit (32Mi)" in pod_faults(item, Snapshot())[0]


def unscheduled(message: str) -> Data:
    condition = {"type": "PodScheduled", "status": "False", "message": message}
    return pod(node=False, phase="Pending", conditions=[condition])


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("0/1 nodes are available: 1 Insufficient memory.", "lower its requests"),
        (
            (
                "0/1 nodes are available: 1 node(s) had taint {node.kubernetes.io/not-ready: }, "
                "that the pod didn't tolerate."
            ),
            "first bring the node back",
        ),
        ("0/1 nodes are available: 1 node(s) were unschedulable.", "kubectl uncordon"),
        ("0/1 nodes are available: 1 node(s) didn't match node selector.", "label the node"),
    ],
)
def test_a_pod_without_a_node_is_reported_with_the_schedulers_reason(
    message: str, remedy: str
) -> None:
    (fault,) = pod_faults(unscheduled(message), Snapshot())
    assert fault.startswith(f"Pod web-1-x is Pending ({message.rstrip('.')}): ")
    assert remedy in fault


def test_a_volume_that_is_waited_for_is_reported() -> None:
    item = unscheduled("0/1 nodes are available: 1 pod has unbound PersistentVolumeClaims.")
    item["spec"]["volumes"] = [{"persistentVolumeClaim": {"claimName": "data"}}, {"name": "other"}]
    claims = [
        {
            "metadata": {"name": name, "namespace": "bots", "uid": name},
            "status": {"phase": "Pending"},
        }
        for name in ("data", "of-another")
    ]
    events = [event("FailedBinding", "no storage class is set", uid="data")]
    events.append(event("FailedBinding", "of no interest", uid="of-another", second=1))
    (fault,) = pod_faults(item, Snapshot(claims=claims, events=events))
    assert "1 pod has unbound PersistentVolumeClaims; no storage class is set): check that" in fault


@pytest.mark.parametrize(
    ("item", "events", "fault"),
    [
        (
            with_container(state={"waiting": {"reason": "ContainerCreating"}}),
            [event("FailedMount", 'secret "keys" not found')],
            'is Pending (secret "keys" not found): correct what it names',
        ),
        (
            with_container(state={"waiting": {"reason": "ContainerCreating"}}),
            [],
            "is being started",
        ),
        (
            pod(phase="Failed", reason="Evicted", message="The node was low on memory."),
            [],
            (
                "is Failed (Evicted; The node was low on memory): free what the node lacks, and "
                "delete the pod"
            ),
        ),
    ],
)
def test_a_pod_whose_containers_are_not_there_is_reported_with_the_reason(
    item: Data, events: list[Data], fault: str
) -> None:
    assert pod_faults(item, Snapshot(events=events)) == [f"Pod web-1-x {fault}"]


def test_a_container_that_prepares_the_pod_is_reported_and_the_others_wait() -> None:
    item = with_container(state={"waiting": {"reason": "PodInitializing"}})
    prepares = {"name": "prepare", "ready": False, "restartCount": 1, "state": ended(1)}
    done = {"name": "done", "ready": True, "restartCount": 0, "state": ended(0, "Completed")}
    item["spec"]["initContainers"] = [{"name": "done"}, {"name": "prepare"}]
    item["status"]["initContainerStatuses"] = [done, prepares]
    (fault,) = pod_faults(item, Snapshot())
    assert fault.startswith("Container prepare of pod web-1-x ended (Error, exit code 1")
