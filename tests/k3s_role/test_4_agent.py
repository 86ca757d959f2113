"""A further host that joins the server's cluster."""

from __future__ import annotations

from testinfra import get_host

from k3s_role.hosts import SERVER, WORKER, Hosts
from nodes import assert_mode, assert_unit_runs, unit_property


def test_a_host_of_k3s_agents_joins_the_server(hosts: Hosts) -> None:
    hosts.create(WORKER)
    hosts.workers.append(WORKER)
    hosts.given["k3s_memory_min_mb"] = 900
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
