"""What the role k3s says about several hosts of one cluster, and the network between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from monitoring.rendering import evaluate, load_plugins, read_for_ansible, read_role_variables
from repo.roles import REPOSITORY
from unit.k3s_host import Data, agent, compute, facts, faults
from unit.playbooks import Run, run_tasks

CLUSTER: Data = {
    "groups": {"botwatch": ["one"], "k3s_agents": ["two", "three"]},
    "hostvars": {
        "one": {"ansible_host": "192.0.2.1"},
        "two": {"ansible_host": "192.0.2.2", "k3s_config": {"node-ip": "10.0.0.2"}},
        "three": {"ansible_host": "three.example.com"},
    },
}


def needed(name: str, **variables: object) -> Any:  # noqa: ANN401 # whatever the variable holds
    load_plugins()
    known: Data = {}
    for role in ("botwatch", "k3s"):
        known |= read_for_ansible(REPOSITORY / f"roles/{role}/defaults/main.yml")
        known |= read_role_variables(REPOSITORY / f"roles/{role}")
    known |= {"inventory_hostname": "one", "ansible_facts": facts(), **CLUSTER, **variables}
    return evaluate(known[f"_k3s_firewall_{name}"], known)


def test_a_firewall_is_asked_for_the_networks_of_the_cluster() -> None:
    assert needed("networks") == ["10.42.0.0/16", "10.43.0.0/16"]
    given = {"cluster-cidr": "10.100.0.0/16, 2001:db8:42::/56", "service-cidr": "10.101.0.0/16"}
    networks = ["10.100.0.0/16", "2001:db8:42::/56", "10.101.0.0/16"]
    assert needed("networks", k3s_config=given) == networks
    assert needed("networks", k3s_config={"cluster-cidr": ["10.1.0.0/16"]})[0] == "10.1.0.0/16"
    # An agent's own options name no network of the cluster.
    servers = {"hostvars": {**CLUSTER["hostvars"], "one": {"k3s_config": given}}}
    assert needed("networks", inventory_hostname="two", **servers) == networks


def test_a_firewall_is_asked_for_the_ports_of_other_nodes() -> None:
    found = {(port["port"], port["protocol"], port["source"]) for port in needed("ports")}
    assert found == {
        (port, protocol, source)
        for port, protocol in ((6443, "tcp"), (10250, "tcp"), (9100, "tcp"), (8472, "udp"))
        for source in ("10.0.0.2", "")
    }
    # Also once the preflight has looked at the cluster.
    assert len(needed("ports", _k3s_cluster={"skipped": True})) == len(found)
    agent = {(port["port"], port["source"]) for port in needed("ports", inventory_hostname="two")}
    assert agent == {(port, source) for port in (10250, 9100, 8472) for source in ("192.0.2.1", "")}


def test_a_node_alone_needs_no_ports() -> None:
    assert needed("ports", groups={"botwatch": ["one"]}) == []


@pytest.mark.parametrize(("backend", "port"), [("wireguard-native", 51820), ("host-gw", None)])
def test_the_port_between_nodes_depends_on_their_network(backend: str, port: int | None) -> None:
    found = needed("ports", k3s_config={"flannel-backend": backend})
    assert {entry["port"] for entry in found if entry["protocol"] == "udp"} == (
        {port} if port else set()
    )


@pytest.mark.parametrize(
    ("hostname", "name"),
    [
        ("Web", "web"),
        ("My_Server", "my-server"),
        ("_edge_", "edge"),
        ("web--1", "web--1"),
        ("웹서버-7", "7"),
        ("a" * 64, "a" * 63),
        ("A" * 62 + "_b", "a" * 62),
    ],
)
def test_every_host_name_gives_a_valid_name_for_a_node(hostname: str, name: str) -> None:
    assert compute("_k3s_node", ansible_facts=facts(hostname=hostname)) == name
    assert faults(ansible_facts=facts(hostname=hostname)) == []


def test_a_host_name_without_letters_is_refused_with_the_variable() -> None:
    (fault,) = faults(ansible_facts=facts(hostname="___"))
    assert fault.startswith('The host name "___" has no letter or digit')
    assert "k3s_node_name" in fault


def test_a_node_keeps_its_name_when_its_host_is_renamed() -> None:
    renamed = {"ansible_facts": facts(hostname="renamed")}
    assert compute("_k3s_node", {"node_name": "node"}, **renamed) == "node"
    assert faults({"node_name": "node"}, **renamed) == []


@pytest.mark.parametrize(
    "known",
    [
        {"ansible_facts": facts(hostname="Node")},
        {"ansible_facts": facts(hostname="other"), "k3s_node_name": "node"},
        {"_k3s_found": {"host": {"node_name": "node"}}},
    ],
)
def test_two_hosts_of_one_cluster_with_one_name_are_refused(known: Data) -> None:
    (fault,) = faults(**agent(**known))
    assert fault.startswith("three and one would all be the node node, but a cluster has each name")
    assert "set k3s_node_name" in fault


def test_hosts_of_one_cluster_with_names_of_their_own_are_fine() -> None:
    assert faults(**agent(ansible_facts=facts(hostname="three"))) == []
    assert faults(**agent()) == []  # nobody has asked it in this run
    renamed = {"_k3s_found": {"host": {"node_name": "three"}}}
    assert faults(**agent(ansible_facts=facts(hostname="node"), **renamed)) == []


def test_servers_of_two_clusters_may_have_one_name() -> None:
    other = {"ansible_facts": facts(hostname="node")}
    groups = {"botwatch": ["two", "one"], "k3s_agents": ["three"]}
    assert faults(groups=groups, hostvars={"one": {}, "two": other, "three": other}) == []


def joining(nodes: list[str], name: str = "node", **found: object) -> list[str]:
    """Let the host join the cluster of another one, which has these nodes."""
    return faults(
        found,
        ansible_facts=facts(hostname=name),
        groups={"botwatch": ["two"], "k3s_agents": ["one"]},
        _k3s_cluster={"stdout_lines": nodes},
    )


def test_a_name_that_the_cluster_has_is_refused_with_the_command_that_frees_it() -> None:
    taken = "node 0123"
    (fault,) = joining([taken])
    assert "The cluster of two has a node node already" in fault
    assert "kubectl delete node node" in fault
    assert joining([taken], name="other") == []
    assert joining([taken], node_name="node") == []


def ask_for_nodes(folder: Path, script: str, *options: str) -> Run:
    """Ask a server, whose k3s is this script, whether a name is taken."""
    k3s = folder / "k3s"
    k3s.write_text(f"#!/bin/sh\n{script}\n")
    k3s.chmod(0o755)
    tasks: list[Data] = [
        {"ansible.builtin.include_tasks": f"{REPOSITORY}/roles/k3s/tasks/check_name.yml"}
    ]
    given = {"_k3s_server": "localhost", "_k3s_name_is_taken": False, "_k3s_faults": []}
    return run_tasks(folder, tasks, *options, _k3s_programs=str(folder), **given)


def test_the_cluster_is_asked_for_its_nodes(tmp_path: Path) -> None:
    run = ask_for_nodes(tmp_path, "printf 'node 0123\\nother 4567\\n'")
    assert run.results["Gather the nodes of the cluster"]["stdout_lines"] == [
        "node 0123",
        "other 4567",
    ]


def test_an_api_that_does_not_answer_is_reported_unless_nothing_is_changed(tmp_path: Path) -> None:
    script = "echo I0101 a log line >&2; echo it was refused >&2; exit 1"
    run = ask_for_nodes(tmp_path, script)
    assert "API does not answer (it was refused), so the names of its nodes" in run.output
    assert ask_for_nodes(tmp_path, script, "--check").returncode == 0


def test_another_name_for_a_node_is_refused_but_for_one_that_it_had() -> None:
    found, nodes = {"node_name": "node"}, ["former 0123"]
    (fault,) = faults(found, k3s_node_name="former", _k3s_cluster={"stdout_lines": []})
    assert "k3s_node_name is former, but the cluster knows this host as the node node" in fault
    assert faults(found, k3s_node_name="former", _k3s_cluster={"stdout_lines": nodes}) == []
    assert faults(found, k3s_node_name="node") == []


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({"k3s_address": "2001:db8::7"}, "https://[2001:db8::7]:6443"),
        ({"k3s_address": "[2001:db8::7]"}, "https://[2001:db8::7]:6443"),
        ({"hostvars": {"one": {"ansible_host": "2001:db8::8"}}}, "https://[2001:db8::8]:6443"),
        ({"k3s_address": "203.0.113.7"}, "https://203.0.113.7:6443"),
        ({"k3s_address": "k3s.example.org"}, "https://k3s.example.org:6443"),
        ({"k3s_server_url": "https://[2001:db8::7]:7443"}, "https://[2001:db8::7]:7443"),
    ],
)
def test_the_servers_address_makes_a_valid_url(given: Data, url: str) -> None:
    assert compute("_k3s_server_url", **given) == url
    assert faults(**given) == []


def test_an_agent_uses_the_port_of_the_servers_api() -> None:
    moved = {"ansible_host": "192.0.2.1", "k3s_config": {"https-listen-port": "7443"}}
    groups = {"botwatch": ["two"], "k3s_agents": ["one"]}
    # An agent has no such option of its own.
    url = compute("_k3s_server_url", groups=groups, hostvars={"one": {}, "two": moved})
    assert url == "https://192.0.2.1:7443"


def test_a_firewall_is_asked_for_the_configured_port_of_the_api() -> None:
    found = {port["port"] for port in needed("ports", k3s_config={"https-listen-port": 7443})}
    assert 7443 in found
    assert 6443 not in found


def test_a_firewall_is_asked_for_the_configured_port_of_the_node_exporter() -> None:
    given = {"inventory_hostname": "two", "botwatch_node_exporter_port": 9101}
    found = {port["port"]: port["protocol"] for port in needed("ports", **given)}
    assert found == {10250: "tcp", 9101: "tcp", 8472: "udp"}


def test_an_ipv6_address_is_in_the_certificate_without_brackets() -> None:
    config: Any = compute("_k3s_config", k3s_address="[2001:db8::7]")
    assert config["tls-san"] == ["2001:db8::7"]


def test_an_address_that_only_this_machine_understands_is_refused() -> None:
    (fault,) = faults(hostvars={"one": {"ansible_host": "fe80::1%eth0"}})
    assert fault.startswith("fe80::1%eth0 is an address on one network interface")
    assert "set k3s_address" in fault
