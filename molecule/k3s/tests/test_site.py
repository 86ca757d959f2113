from __future__ import annotations

import json

import pytest
from testinfra.host import Host

from clusters import ALERTMANAGER, BOT, PROMETHEUS, ask, kubectl, objects, pods, query
from nodes import listening_addresses, read_url
from waiting import eventually

NAMESPACES = {"discord-bot", "monitoring", "monitoring-host"}
WORKLOADS = {
    "deployment discord-bot/discord-bot",
    "deployment monitoring/delivery-probe",
    "statefulset monitoring/alertmanager",
    "statefulset monitoring/prometheus",
    "daemonset monitoring-host/node-exporter",
}


def test_every_workload_runs(host: Host) -> None:
    found = objects(host, "deployments,statefulsets,daemonsets --all-namespaces -l botwatch/role")
    names = {
        f"{item['kind'].lower()} {item['metadata']['namespace']}/{item['metadata']['name']}"
        for item in found
    }
    # Where there is its image.
    assert names - {"statefulset monitoring/grafana"} == WORKLOADS
    for pod in pods(host):
        conditions = {item["type"]: item["status"] for item in pod["status"]["conditions"]}
        assert conditions["Ready"] == "True", pod["metadata"]["name"]


def test_every_pod_runs_as_nobody_on_a_root_that_it_cannot_write_to(host: Host) -> None:
    for pod in pods(host):
        where = f"--namespace {pod['metadata']['namespace']} {pod['metadata']['name']}"
        user = kubectl(host, f"exec {where} -- id -u").strip()
        assert int(user) > 0, where
        written = host.run(f"/usr/local/bin/k3s kubectl exec {where} -- touch /written")
        assert written.rc != 0, where
        assert "Read-only file system" in written.stderr, where


def test_no_pod_may_ask_kubernetes_for_more_than_it_needs(host: Host) -> None:
    may = "auth can-i --as=system:serviceaccount:monitoring:prometheus"
    assert kubectl(host, f"{may} get nodes --subresource=metrics").strip() == "yes"
    for what in ("get secrets", "list pods", "create pods", "delete nodes"):
        refused = host.run(f"/usr/local/bin/k3s kubectl {may} {what} --all-namespaces")
        assert refused.stdout.strip() == "no", what


def test_the_bot_is_connected_to_discord(host: Host) -> None:
    health = ask(host, f"{BOT}/health")
    assert (health["status"], health["reasons"]) == ("ok", []), health


def test_the_bots_faults_can_only_be_injected_with_the_token(host: Host) -> None:
    script = (
        "from urllib.request import urlopen; from urllib.error import HTTPError\n"
        f"try: print(urlopen('{BOT}/test-crash').status)\n"
        "except HTTPError as error: print(error.code)"
    )
    assert host.check_output("python3 -c %s", script) == "404"


@pytest.mark.parametrize("address", [BOT, PROMETHEUS, ALERTMANAGER])
def test_services_are_shown_on_the_nodes_loopback_address_only(host: Host, address: str) -> None:
    port = int(address.rpartition(":")[2])
    outer = host.check_output("hostname --ip-address").split()[0]
    assert read_url(host, f"{address}/metrics")
    script = (
        "import socket; s = socket.socket(); s.settimeout(3);"
        f"raise SystemExit(s.connect_ex(('{outer}', {port})) == 0)"
    )
    assert host.run("python3 -c %s", script).rc == 0, f"{outer}:{port} answers"
    assert listening_addresses(host, port) <= {"127.0.0.1", "0.0.0.0", "*"}  # noqa: S104 # of kube-proxy, which old versions let hold the port


def test_prometheus_sees_everything(host: Host) -> None:
    def down() -> list[str]:
        targets = ask(host, f"{PROMETHEUS}/api/v1/targets")["data"]["activeTargets"]
        assert {target["labels"]["job"] for target in targets} == {
            "alertmanager", "delivery-probe", "discord-bot", "kubelet", "kubelet-volumes", "node",
            "prometheus",
        }  # fmt: skip
        return [
            f"{target['labels']['job']}: {target['lastError']}"
            for target in targets
            if target["health"] != "up"
        ]

    assert eventually(lambda: down() == [], limit_s=60), down()


def test_the_kubelet_says_what_our_pods_and_those_of_the_cluster_use(host: Host) -> None:
    watched = {*NAMESPACES, "kube-system"}
    used = 'sum by (namespace) (container_memory_working_set_bytes{job="kubelet"})'

    def measured() -> bool:
        return {item["metric"]["namespace"] for item in query(host, used)} == watched

    assert eventually(measured, limit_s=60), query(host, used)


def test_the_node_is_measured_not_the_container(host: Host) -> None:
    (memory,) = query(host, 'node_memory_MemTotal_bytes{job="node"}')
    total_kb = int(host.check_output("awk '/MemTotal/ { print $2 }' /proc/meminfo"))
    assert int(memory["value"][1]) == total_kb * 1024
    devices = {item["metric"]["device"] for item in query(host, "node_network_up")}
    assert "eth0" in devices


def test_nothing_is_kept_of_the_rollout_but_what_is_declared(host: Host) -> None:
    labelled = objects(host, "configmaps,secrets --all-namespaces -l botwatch/role")
    names = {f"{i['metadata']['namespace']}/{i['metadata']['name']}" for i in labelled}
    assert names == {
        "discord-bot/discord-bot",
        "monitoring/alertmanager",
        "monitoring/alertmanager-channels",
        "monitoring/delivery-probe",
        "monitoring/prometheus",
        "monitoring/slack-webhook-secret",
    }


def test_secrets_are_in_no_environment_argument_or_annotation(host: Host) -> None:
    token = "molecule.scenario.0123456789abcdef"
    kinds = "pods,deployments,replicasets,statefulsets,configmaps,events"
    shown = kubectl(host, f"get {kinds} --all-namespaces --output json")
    assert json.loads(shown)["items"]
    assert token not in shown
    assert "BMOLECULE" not in shown
    seen = host.check_output("cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'")
    assert "BOT_DISCORD_TOKEN_FILE" in seen
    assert token not in seen
    assert "BMOLECULE" not in seen


def test_building_the_site_made_no_noise(host: Host) -> None:
    assert ask(host, "http://127.0.0.1:8008/control/state")["slack"]["messages"] == []
