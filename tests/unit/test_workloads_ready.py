"""The action workloads_ready: what it waits for, what it says, and how it runs in Ansible."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from plugins.action.workloads_ready import Deadline, Patience
from plugins.plugin_utils.kubernetes.kubectl import Kubectl
from plugins.plugin_utils.kubernetes.nodes import Heartbeats, Outlook
from plugins.plugin_utils.kubernetes.pods import pod_faults
from plugins.plugin_utils.kubernetes.report import MOST_WORKLOADS, write_report
from plugins.plugin_utils.kubernetes.rollouts import shortfall
from plugins.plugin_utils.kubernetes.snapshot import Snapshot

from unit import fake_kubectl
from unit.playbooks import Data, run_tasks

LABELS = {"app.kubernetes.io/managed-by": "botwatch"}
READY = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
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


UPDATED = {"replicas": 1, "updatedReplicas": 1}
ON_NODES = {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2}


@pytest.mark.parametrize(
    ("item", "lack"),
    [
        (workload(), None),
        (workload({**UPDATED, "readyReplicas": 1}, "StatefulSet"), None),
        (workload(ON_NODES, "DaemonSet"), None),
        ({**workload({}), "spec": {"replicas": 0}}, None),
        (
            workload({**READY, "observedGeneration": 1}),
            "Kubernetes has not looked at its newest version yet",
        ),
        (workload({}), "it has no pods yet"),
        (workload({**READY, "updatedReplicas": 0}), "0 of 1 pods are of its newest version"),
        (workload({**READY, "replicas": 2}), "there are 2 pods instead of 1"),
        (workload(UNAVAILABLE), "0 of 1 pods are ready"),
        (workload(UPDATED, "StatefulSet"), "0 of 1 pods are ready"),
        (workload({"desiredNumberScheduled": 0}, "DaemonSet"), "there is no node for its pods"),
        (
            workload({**ON_NODES, "updatedNumberScheduled": 1}, "DaemonSet"),
            "1 of 2 pods are of its newest version",
        ),
        (workload({**ON_NODES, "numberAvailable": 1}, "DaemonSet"), "1 of 2 pods are ready"),
    ],
)
def test_a_workload_is_ready_when_all_its_newest_pods_are_and_no_others(
    item: Data, lack: str | None
) -> None:
    assert shortfall(item) == lack


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
            "ends with exit code 2 (Error; restarts: 3): its last lines below tell more",
        ),
        (
            with_container(restarts=1, state=ended(1)),
            [],
            "ends with exit code 1 (Error; restarts: 1): its last lines below tell more",
        ),
        (
            waiting("CrashLoopBackOff", lastState=ended(137, "OOMKilled")),
            [LIVENESS],
            (
                "was killed because it used more memory than the node has (restarts: 3): "
                "raise the limit, or find out what it needs the memory for"
            ),
        ),
        (
            waiting("CrashLoopBackOff", lastState=ended(137)),
            [LIVENESS],
            (
                "is ended because its probe fails (Liveness probe failed: timeout; restarts: 3): "
                "its last lines below tell more"
            ),
        ),
        (
            waiting("CreateContainerConfigError", 'secret "keys" not found'),
            [],
            (
                'cannot be started (CreateContainerConfigError: secret "keys" not found): '
                "correct what it names"
            ),
        ),
        (
            waiting("RunContainerError", 'x: unable to start container process: exec: "/no"'),
            [],
            'cannot be started (RunContainerError: exec: "/no"): correct what it names',
        ),
        (
            waiting("ErrImageNeverPull"),
            [],
            (
                "needs the image registry.example/bot:1, which is not on the node and may not be "
                "pulled: run site.yml again, which brings it there"
            ),
        ),
        (
            waiting("InvalidImageName"),
            [],
            "has an image of which the name is invalid, registry.example/bot:1: correct it",
        ),
        (
            with_container(state={"running": {}}),
            [event("Unhealthy", "Readiness probe failed: HTTP 503")],
            (
                "runs but does not become ready (Readiness probe failed: HTTP 503): "
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
    assert "more memory than its limit of 32Mi" in pod_faults(item, Snapshot())[0]


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
    assert fault.startswith(f"Pod web-1-x has no node to run on ({message.rstrip('.')}): ")
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
    faults = pod_faults(item, Snapshot(claims=claims, events=events))
    assert "see to its volume" in faults[0]
    assert faults[1].startswith(
        "Pod web-1-x waits for the volume of the claim data (no storage class is set): check"
    )
    assert len(faults) == 2


@pytest.mark.parametrize(
    ("item", "events", "fault"),
    [
        (
            with_container(state={"waiting": {"reason": "ContainerCreating"}}),
            [event("FailedMount", 'secret "keys" not found')],
            'cannot start yet (secret "keys" not found): correct what it names',
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
                "was ended by its node (Evicted: The node was low on memory): free what the node "
                "lacks, and delete the pod"
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
    assert fault.startswith("Container prepare of pod web-1-x ends with exit code 1")


def test_patience_ends_when_a_container_stays_where_it_cannot_leave_by_itself() -> None:
    patience, lost = Patience(), [waiting("ErrImageNeverPull")]
    assert not patience.is_over([waiting("CrashLoopBackOff")], 0.0)
    assert not patience.is_over(lost, 100.0)
    assert not patience.is_over(lost, 109.0)
    assert not patience.is_over([], 110.0)
    assert not patience.is_over(lost, 111.0)
    assert patience.is_over(lost, 121.0)


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


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_what_is_ready_is_not_waited_for(place: Place) -> None:
    place.holds(workload(), {**workload({}), "metadata": {"name": "of-another"}})
    outcome = place.wait()
    assert outcome["changed"] is False
    assert outcome["waited_s"] < 10
    assert place.calls == 2


def test_what_becomes_ready_is_waited_for(place: Place) -> None:
    place.holds(workload({}), later=[workload()])
    outcome = place.wait()
    assert "failed" not in outcome
    assert outcome["waited_s"] >= 1
    assert place.calls == 5


def test_a_failure_is_reported_with_causes_events_and_last_lines(place: Place) -> None:
    node = {
        "kind": "Node",
        "metadata": {"name": "node"},
        "status": {"conditions": [{"type": "Ready", "status": "False", "message": "no network"}]},
    }
    crashed = with_container(restarts=2, state={"running": {}}, lastState=ended(1))
    lines = [f"line {number}" for number in range(20)]
    place.holds(
        *[workload(UNAVAILABLE), workload(name="fine")],
        *[replica_set(), crashed, node],
        *[event("BackOff", "Back-off restarting", second=n, count=n + 1) for n in range(3)],
        event("Pulled", "of no interest", type="Normal"),
        logs={"web-1-x main": "starts", "web-1-x main previous": "\n".join(lines)},
    )
    outcome = place.wait(timeout_s=1)
    assert outcome["failed"] is True
    head, _, *rest = outcome["msg"].splitlines()
    assert head.startswith("1 of 2 workloads on Kubernetes are not ready after ")
    fault = "runs, and has not said yet that it is ready: its last lines below tell more"
    assert rest == [
        "The node node is not ready (no network): see `journalctl -u k3s` on it.",
        "",
        "Deployment bots/web: 0 of 1 pods are ready.",
        f"  Container main of pod web-1-x {fault}.",
        "  Last events:",
        "    2026-01-02T03:04:02 BackOff (3 times): Back-off restarting",
        "  Last lines of main in web-1-x before it was restarted:",
        *[f"    line {number}" for number in range(10, 20)],
        "  Last lines of main in web-1-x:",
        "    starts",
    ]


def test_nobody_waits_for_what_cannot_become_ready(place: Place) -> None:
    place.holds(workload(UNAVAILABLE), replica_set(), waiting("InvalidImageName"))
    outcome = place.wait(timeout_s=600)
    assert "and waiting would not help" in outcome["msg"]
    assert "has an image of which the name is invalid" in outcome["msg"]


def test_a_dry_run_waits_for_nothing(place: Place) -> None:
    place.holds(workload({}))
    assert place.wait("--check")["changed"] is False
    assert place.calls == 0


def test_nothing_to_wait_for_is_a_mistake(place: Place) -> None:
    place.holds(workload())
    failed = place.wait(selector="app=nothing")
    assert failed["msg"].startswith("there is nothing to wait for, as no workload is labelled")


def test_a_cluster_that_does_not_answer_is_reported(place: Place) -> None:
    failed = place.wait(timeout_s=1, kubectl="sh -c 'echo it was refused >&2; exit 1'")
    assert failed["msg"].startswith("no Kubernetes answers after ")
    assert "(it was refused): see `systemctl status k3s`" in failed["msg"]


def refuse(programs: list[tuple[list[str], bytes]]) -> list[Data]:
    return [{"rc": 1, "stdout": "", "stderr": "it was refused"} for _ in programs]


def report(*unready: Data, **seen: list[Data]) -> list[str]:
    """Write a report with a kubectl that can do nothing any more."""
    outlook = Outlook(list(unready), Snapshot(**seen), {})
    return write_report(list(unready), outlook, Kubectl(refuse, "kubectl")).splitlines()


def test_last_lines_that_cannot_be_read_end_no_report() -> None:
    crashed = waiting("CrashLoopBackOff", lastState=ended(1))
    lines = report(workload(UNAVAILABLE), replica_sets=[replica_set()], pods=[crashed])
    assert lines[-2:] == [
        "  Last lines of main in web-1-x:",
        "    (they cannot be read: it was refused)",
    ]


def test_pods_that_are_refused_are_reported_with_the_reason() -> None:
    cause = 'pods "web-1-x" is forbidden: violates PodSecurity "restricted:latest"'
    events = [event("FailedCreate", f"Error creating: {cause}", uid="web-1")]
    lines = report(workload({}), replica_sets=[replica_set()], events=events)
    assert lines[1] == f"  Its pods are refused (Error creating: {cause}): correct what it names."


def test_a_daemon_set_without_a_node_is_reported() -> None:
    lines = report(workload({"desiredNumberScheduled": 0}, "DaemonSet"))
    assert lines[1].startswith("  No node fits its nodeSelector and tolerations")


def test_a_stateful_sets_pod_of_an_old_version_is_reported_with_the_command() -> None:
    old = waiting("CrashLoopBackOff", owner="web", lastState=ended(1))
    old["metadata"]["labels"] = {"controller-revision-hash": "web-1"}
    item = workload({"replicas": 1, "updateRevision": "web-2"}, "StatefulSet")
    assert (
        "  It is of an old version, and is not replaced unless it is deleted: "
        "`kubectl -n bots delete pod web-x`."
    ) in report(item, pods=[old])


def test_a_pod_that_has_not_ended_is_reported() -> None:
    old = with_container(state={"running": {}})
    old["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    lines = report(workload({"replicas": 1}), replica_sets=[replica_set()], pods=[old])
    assert "  Pod web-1-x is told to end and has not yet, for which it has 30 s." in lines


def test_a_report_is_short_and_starts_with_what_needs_a_change() -> None:
    count = MOST_WORKLOADS + 5
    names = [f"web{number:02}" for number in range(count)]
    lost = waiting("InvalidImageName", owner=names[-1])
    many = [pod(names[0]) for _ in range(5)]
    noise = [event("BackOff", f"{n} {'x' * 1000}", uid=names[-1], second=n) for n in range(50)]
    lines = report(
        *[workload(UNAVAILABLE, name=name) for name in names], pods=[lost, *many], events=noise
    )
    assert lines[0].startswith(f"Deployment bots/{names[-1]}: ")
    assert "  3 more of its pods are not ready." in lines
    assert lines[-1].startswith("Not ready either: Deployment bots/web")
    assert len(lines) < 40
    assert max(map(len, lines)) < 500


def test_time_does_not_run_while_pods_are_leaving_within_limits() -> None:
    leaving = [{"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}]
    deadline = Deadline(started=100.0, timeout_s=60, leaving_s=120)
    deadline.see(leaving, now=155.0)
    deadline.see([{"metadata": {}}], now=160.0)
    assert not deadline.is_over(now=214.0)
    assert deadline.is_over(now=215.0)
    deadline.see(leaving, now=400.0)
    assert not deadline.is_over(now=279.0)
    assert deadline.is_over(now=280.0)


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


def lost(*nodes: Data, leases: list[Data], pods: list[Data] | None = None) -> list[str]:
    return sorted(Heartbeats().lost(Snapshot(nodes=[*nodes], leases=leases, pods=pods or [])))


def test_a_node_is_lost_when_its_kubelet_no_longer_reports() -> None:
    fresh = lease("new", 100)
    assert lost(node(), node("new"), leases=[lease(renewed=76), fresh]) == []
    assert lost(node(), node("new"), leases=[lease(renewed=70), fresh]) == ["node"]
    assert lost(node(status="Unknown"), node("new"), leases=[]) == ["node"]
    assert lost(node(status="False"), leases=[lease()]) == []
    assert lost(node(), leases=[lease(), lease("controller", 2)]) == []


def test_a_node_whose_clock_is_behind_is_not_lost_once_it_is_seen_to_report() -> None:
    heartbeats, nodes = Heartbeats(), [node(), node("new")]
    behind = Snapshot(nodes=nodes, leases=[lease(renewed=50), lease("new", 100)])
    assert list(heartbeats.lost(behind)) == ["node"]
    later = Snapshot(nodes=nodes, leases=[lease(renewed=60), lease("new", 110)])
    assert list(heartbeats.lost(later)) == []


def test_a_node_that_was_deleted_is_lost_with_its_pods() -> None:
    assert lost(node(), leases=[lease()], pods=[running(on="old"), running()]) == ["old"]


def test_pods_on_a_node_that_is_gone_do_not_count(place: Place) -> None:
    nodes = [node(), lease(renewed=100), node("old", reported=1), lease("old", 1)]
    place.holds(
        *[workload(), workload(name="fine"), replica_set(), replica_set("fine")],
        *[running(on="old"), running("fine-1"), *nodes],
    )
    outcome = place.wait(timeout_s=1)
    head, _, *rest = outcome["msg"].splitlines()
    assert head.startswith("1 of 2 workloads on Kubernetes are not ready after ")
    assert rest == [
        (
            "The node old is gone: its kubelet has not reported for 99 s, so the pods on it do not "
            "count. If its host still exists under this name, start it and k3s there; if not, "
            f"remove the node: `{place.kubectl} delete node old`."
        ),
        "",
        "Deployment bots/web: a pod of it is on the node old.",
    ]


def test_nobody_waits_for_a_node_that_has_been_gone_for_long(place: Place) -> None:
    nodes = [node(), lease(renewed=1000), node("old", "Unknown"), lease("old", 1)]
    place.holds(workload(ON_NODES, "DaemonSet"), running("web", on="old"), *nodes)
    outcome = place.wait(timeout_s=600)
    assert "and waiting would not help" in outcome["msg"]
    assert "delete node old`" in outcome["msg"]


def test_a_node_that_reports_again_is_waited_for(place: Place) -> None:
    objects = [workload(), replica_set(), running(), node("new"), lease("new", 100)]
    place.holds(*[*objects, node(), lease(renewed=1)], later=[*objects, node(), lease(renewed=99)])
    assert "failed" not in place.wait()


def test_a_pod_that_others_have_replaced_does_not_matter(place: Place) -> None:
    left = running(on="old", name="left", deletionTimestamp=f"{at(0)}Z")
    nodes = [node(), lease(renewed=100), node("old", "Unknown"), lease("old", 1)]
    place.holds(workload(), replica_set(), running(), left, *nodes)
    assert "failed" not in place.wait()
