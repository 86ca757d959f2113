"""Pods on nodes that no longer report do not count as running."""

from __future__ import annotations

from pathlib import Path

import pytest
from plugins.plugin_utils.kubernetes.nodes import Heartbeats
from plugins.plugin_utils.kubernetes.snapshot import Snapshot

from unit.playbooks import Data
from unit.workloads import ON_NODES, Place, at, lease, node, replica_set, running, workload


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


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
