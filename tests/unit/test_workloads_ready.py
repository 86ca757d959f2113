"""The action workloads_ready: what it waits for, what it says, and how it runs in Ansible."""

from __future__ import annotations

from pathlib import Path

import pytest
from plugins.action.workloads_ready import Deadline, Patience
from plugins.plugin_utils.kubernetes.kubectl import Kubectl
from plugins.plugin_utils.kubernetes.nodes import Outlook
from plugins.plugin_utils.kubernetes.report import MOST_WORKLOADS, write_report
from plugins.plugin_utils.kubernetes.rollouts import shortfall
from plugins.plugin_utils.kubernetes.snapshot import Snapshot

from unit.playbooks import Data
from unit.workloads import (
    ON_NODES,
    READY,
    UNAVAILABLE,
    Place,
    ended,
    event,
    pod,
    replica_set,
    waiting,
    with_container,
    workload,
)

UPDATED = {"replicas": 1, "updatedReplicas": 1}


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


def test_patience_ends_when_a_container_stays_where_it_cannot_leave_by_itself() -> None:
    patience, lost = Patience(), [waiting("ErrImageNeverPull")]
    assert not patience.is_over([waiting("CrashLoopBackOff")], 0.0)
    assert not patience.is_over(lost, 100.0)
    assert not patience.is_over(lost, 109.0)
    assert not patience.is_over([], 110.0)
    assert not patience.is_over(lost, 111.0)
    assert patience.is_over(lost, 121.0)


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
    # Causes are looked for once, or again where the calls take seconds.
    assert 5 <= place.calls < 10


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
    said = "it has not said yet that it is ready"
    fault = f"runs but is not ready ({said}): its last lines below tell more"
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
    assert "(InvalidImageName): correct the image's name" in outcome["msg"]


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
    assert "  Pod web-1-x is terminating and has not ended yet, for which it has 30 s." in lines


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
