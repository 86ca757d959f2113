from __future__ import annotations

import json

import yaml
from testinfra.host import Host

from clusters import kubectl, objects
from nodes import assert_mode, assert_unit_runs, listening_addresses, unit_property

PROGRAM = "/usr/local/bin/k3s"
DATABASE = "/var/lib/rancher/k3s/server/db"
MARK = "nobody-may-read-this-in-the-database"  # made up


def test_the_unit_runs(host: Host) -> None:
    assert_unit_runs(host, "k3s")
    assert unit_property(host, "k3s", "NRestarts") == "0"


def test_the_node_is_ready_and_its_kubelet_is_of_the_version_of_the_binary(host: Host) -> None:
    (node,) = objects(host, "nodes")
    conditions = {item["type"]: item["status"] for item in node["status"]["conditions"]}
    assert conditions["Ready"] == "True"
    version = node["status"]["nodeInfo"]["kubeletVersion"]
    assert host.file(PROGRAM).linked_to == f"{PROGRAM}-{version}"
    assert f" {version} " in host.check_output(f"{PROGRAM} --version").replace("\n", " ")


def test_the_binary_is_what_was_recorded(host: Host) -> None:
    path = host.file(PROGRAM).linked_to
    record = f"/usr/local/share/k3s/{path.rsplit('/', 1)[1]}.installed"
    assert host.file(path).sha256sum == host.file(record).content_string.strip()


def test_what_holds_secrets_is_for_root_alone(host: Host) -> None:
    for name in ("config.yaml", "token", "registries.yaml", "k3s.yaml"):
        assert_mode(host, f"/etc/rancher/k3s/{name}", "root", "root", 0o600)
    assert_mode(host, "/etc/rancher/k3s/last-working", "root", "root", 0o700)


def test_the_token_is_in_no_argument_and_no_journal(host: Host) -> None:
    token = host.file("/etc/rancher/k3s/token").content_string.strip()
    assert len(token) >= 32
    assert token not in host.check_output("ps -eo args")
    assert token not in host.check_output("journalctl --no-pager --output cat")
    assert token not in host.file("/etc/rancher/k3s/config.yaml").content_string


def test_the_tools_in_k3s_are_found(host: Host) -> None:
    for tool in ("kubectl", "crictl", "ctr"):
        assert host.exists(tool)


def test_nothing_runs_that_is_not_wanted(host: Host) -> None:
    config = yaml.safe_load(host.file("/etc/rancher/k3s/config.yaml").content_string)
    assert config["disable"] == ["traefik", "servicelb", "metrics-server"]
    names = [pod["metadata"]["name"] for pod in objects(host, "pods --namespace kube-system")]
    assert not [name for name in names if name.startswith(("traefik", "svclb", "metrics"))]


def test_node_ports_do_not_answer_on_other_addresses_than_loopback(host: Host) -> None:
    ports = node_ports(host)
    assert ports
    outer = host.check_output("hostname -I").split()[0]
    for port in ports:
        assert connects(host, "127.0.0.1", port), port
        assert not connects(host, outer, port), port
        assert listening_addresses(host, port) <= {"127.0.0.1"}


def node_ports(host: Host) -> list[int]:
    services = objects(host, "services --all-namespaces")
    found = [port.get("nodePort") for item in services for port in item["spec"]["ports"]]
    return [port for port in found if port]


def connects(host: Host, address: str, port: int) -> bool:
    script = f"import socket; socket.create_connection(({address!r}, {port}), timeout=3)"
    return bool(host.run("python3 -c %s", script).rc == 0)


def test_secrets_are_encrypted_in_the_database(host: Host) -> None:
    """The same text in a ConfigMap shows that it would be found."""
    data = {"mark": MARK}
    try:
        for kind in ("Secret", "ConfigMap"):
            field = {"stringData" if kind == "Secret" else "data": data}
            metadata = {"name": "mark", "namespace": "default"}
            apply(host, {"apiVersion": "v1", "kind": kind, "metadata": metadata, **field})
            found = host.run("grep --recursive --text --quiet %s %s", MARK, DATABASE)
            assert (found.rc == 0) is (kind == "ConfigMap"), kind
    finally:
        kubectl(host, "--namespace default delete secret/mark configmap/mark --ignore-not-found")


def apply(host: Host, item: dict[str, object]) -> None:
    host.check_output("printf %%s %s | %s kubectl apply -f -", json.dumps(item), PROGRAM)
