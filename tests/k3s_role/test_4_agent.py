"""A further host that joins the server's cluster."""

from __future__ import annotations

import json
from datetime import datetime

from testinfra import get_host

from k3s_role.hosts import SERVER, WORKER, Hosts, ask_docker
from nodes import assert_mode, assert_unit_runs, unit_property
from waiting import eventually

# Kubernetes takes 40 s to see that a node is gone, this project less: a bit more than it allows.
STALE_S = 26.0


def test_a_host_with_the_name_of_a_node_is_refused_before_it_is_changed(hosts: Hosts) -> None:
    hosts.create(WORKER)
    hosts.workers.append(WORKER)
    hosts.given["k3s_memory_min_mb"] = 900
    worker = get_host(f"docker://{WORKER}")
    worker.check_output("hostname %s", SERVER)
    try:
        hosts.build().assert_refused(f"would all be the node {SERVER}", "set k3s_node_name")
        # The server is not asked for its name in this run; its cluster is.
        hosts.build("--limit", WORKER).assert_refused(
            f"has a node {SERVER} already", f"kubectl delete node {SERVER}"
        )
    finally:
        worker.check_output("hostname %s", WORKER)
    assert not worker.file("/usr/local/bin/k3s").exists
    assert not worker.file("/etc/rancher/k3s").exists


def test_a_host_of_k3s_agents_joins_the_server(hosts: Hosts) -> None:
    assert hosts.build().changed > 0
    rows = hosts.server.check_output("/usr/local/bin/kubectl get nodes --no-headers").splitlines()
    assert {row.split()[0]: row.split()[1] for row in rows} == {SERVER: "Ready", WORKER: "Ready"}
    worker = get_host(f"docker://{WORKER}")
    assert_unit_runs(worker, "k3s-agent")
    assert_mode(worker, "/etc/rancher/k3s/token", "root", "root", 0o600)
    assert_mode(worker, "/etc/rancher/k3s/config.yaml", "root", "root", 0o600)
    pids = [
        unit_property(hosts.server, "k3s", "MainPID"),
        unit_property(worker, "k3s-agent", "MainPID"),
    ]
    assert hosts.build().changed == 0
    assert pids == [
        unit_property(hosts.server, "k3s", "MainPID"),
        unit_property(worker, "k3s-agent", "MainPID"),
    ]


DAEMON_SET = """
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: everywhere
  namespace: default
  labels: {app.kubernetes.io/managed-by: botwatch}
spec:
  selector: {matchLabels: {app: everywhere}}
  template:
    metadata: {labels: {app: everywhere}}
    spec:
      containers: [{name: pause, image: IMAGE, imagePullPolicy: Never}]
"""


def silent_s(hosts: Hosts) -> float:
    """Tell by how much the worker's last report is older than the newest one, in seconds."""
    leases = hosts.server.check_output(
        "/usr/local/bin/kubectl --namespace kube-node-lease get leases --output json"
    )
    at = {
        lease["metadata"]["name"]: datetime.fromisoformat(lease["spec"]["renewTime"])
        for lease in json.loads(leases)["items"]
    }
    return (max(at.values()) - at[WORKER]).total_seconds()


def test_pods_on_a_node_that_is_gone_do_not_count(hosts: Hosts) -> None:
    declared = DAEMON_SET.replace("IMAGE", "rancher/mirrored-pause:3.6")
    hosts.server.check_output("printf %%s %s | /usr/local/bin/kubectl apply -f -", declared)
    run = hosts.wait_for_workloads(timeout_s=60)
    assert run.code == 0, run.output
    ask_docker("stop", "--time", "1", WORKER)
    assert eventually(lambda: silent_s(hosts) > STALE_S, 60, every_s=1)
    shown = hosts.server.check_output("/usr/local/bin/kubectl get pods --no-headers")
    assert shown.count("1/1") == 2, shown  # as Kubernetes sees it
    hosts.wait_for_workloads(timeout_s=1).assert_refused(
        f"The node {WORKER} is gone: its kubelet has not reported for",
        f"kubectl delete node {WORKER}",
        f"a pod of it is on the node {WORKER}",
    )
    hosts.server.check_output("/usr/local/bin/kubectl delete node %s", WORKER)
    run = hosts.wait_for_workloads(timeout_s=120)
    assert run.code == 0, run.output
