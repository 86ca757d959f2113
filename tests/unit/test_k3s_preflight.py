"""What the role k3s says of a host, computed from its own variables and what was found there."""

from __future__ import annotations

from typing import Any

import pytest
from plugins.plugin_utils.inputs import RoleInputs, wrong_shapes

from monitoring.rendering import evaluate, load_plugins, read_for_ansible
from repo.roles import REPOSITORY, Role

Data = dict[str, Any]
HOST: Data = {
    "memory_mb": 1950,
    "disk": {"path": "/var/lib/rancher", "free_mb": 20000},
    "cgroups": {"version": 2, "controllers": ["cpu", "cpuset", "io", "memory", "pids"]},
    "kernel": {"release": "6.1.0-40-amd64", "modules_known": True, "modules_missing": []},
    "contained": False,
    "installed": {"version": "", "foreign": ""},
    "records": {},
    "binaries": [],
    "missing_links": [],
    "unknown_options": [],
    "node_name": "",
    "machine_id": "0123",
    "archives": {},
    "missing_images": {},
    "has_token": False,
    "worked": {"files": [], "in_use": False},
    "unit": {"active": False, "enabled": False},
    "processes": [700],
}
V1 = ["cpu", "cpuset", "memory", "pids"]
OWN = "v1.36.4+k3s1"


def variables_of(found: Data | None, **variables: object) -> Data:
    """Give the variables of a sound host, but for what is given."""
    load_plugins()
    known: Data = {}
    for role in ("botwatch", "k3s"):
        known |= read_for_ansible(REPOSITORY / f"roles/{role}/defaults/main.yml")
        known |= read_for_ansible(REPOSITORY / f"roles/{role}/vars/main.yml")
    return known | {
        "ansible_facts": {"architecture": "x86_64", "hostname": "node", "tcp_listen": []},
        "inventory_hostname": "one",
        "groups": {"botwatch": ["one"]},
        "hostvars": {"one": {}, "two": {}},
        "_k3s_artifacts": {},
        "_k3s_look": {"host": {**HOST, **(found or {})}},
        "botwatch_host_info": {"host": {"pods": [800]}},
        **variables,
    }


def faults(found: Data | None = None, **variables: object) -> list[str]:
    """Compute the role's faults for a sound host, but for what is given."""
    known = variables_of(found, **variables)
    computed: list[str] = evaluate(known["_k3s_faults"], known)
    return computed


def compute(name: str, found: Data | None = None, **variables: object) -> object:
    """Compute one of the role's variables for a sound host, but for what is given."""
    known = variables_of(found, **variables)
    return evaluate(known[name], known)


def facts(**given: object) -> Data:
    return {"architecture": "x86_64", "hostname": "node", "tcp_listen": [], **given}


def listening(port: int, pid: int = 4711, address: str = "0.0.0.0") -> Data:  # noqa: S104 # of the host looked at
    found = {"port": port, "pid": pid, "address": address, "name": "nginx"}
    return {"ansible_facts": facts(tcp_listen=[found])}


def installed(version: str) -> Data:
    return {"installed": {"version": version, "foreign": ""}}


def test_a_sound_host_has_no_faults() -> None:
    assert faults() == []


def kernel(*, known: bool, missing: list[str]) -> Data:
    return {"kernel": {**HOST["kernel"], "modules_known": known, "modules_missing": missing}}


FOUND: dict[str, tuple[Data, str, str]] = {
    "little memory": ({"memory_mb": 900}, "The host has 900 MB", "k3s_memory_min_mb"),
    "little disk": (
        {"disk": {"path": "/var/lib/rancher", "free_mb": 800}},
        "Only 800 MB are free at /var/lib/rancher",
        "journalctl --vacuum-size",
    ),
    "no cgroups": (
        {"cgroups": {"version": 1, "controllers": []}},
        "no cgroup controller cpu, cpuset, memory, pids",
        "reboot the host",
    ),
    "no memory cgroup": (
        {"cgroups": {"version": 2, "controllers": ["cpu", "cpuset", "pids"]}},
        "no cgroup controller memory",
        "cgroup_enable=memory",
    ),
    "old cgroups": (
        {"cgroups": {"version": 1, "controllers": V1}},
        "version 1 of cgroups",
        "set k3s_version to a v1.34",
    ),
    "no module": (
        kernel(known=True, missing=["vxlan"]),
        "has no vxlan",
        "linux-modules-extra-6.1.0-40-amd64",
    ),
    "modules gone": (
        kernel(known=False, missing=["overlay"]),
        "modules of the running kernel 6.1.0-40-amd64 are not on the host",
        "reboot",
    ),
    "another's k3s": (
        {"installed": {"version": "", "foreign": "/usr/local/bin/k3s"}},
        "was not installed by this role",
        "k3s-uninstall.sh",
    ),
    "newer": (installed("v1.37.0+k3s1"), "asks for the older v1.36.4+k3s1", "v1.37.0+k3s1"),
    "newer patch": (installed("v1.36.10+k3s1"), "asks for the older", "newer one"),
    "newer build": (installed("v1.36.4+k3s2"), "asks for the older", "newer one"),
    "much older": (installed("v1.34.9+k3s1"), "past a minor version", "newest v1.35"),
    "unknown option": (
        {"unknown_options": [{"name": "tls-sna", "similar": "tls-san"}]},
        "k3s_config sets tls-sna, which is no option of k3s server v1.36.4+k3s1",
        "did you mean tls-san?",
    ),
    "unheard of option": (
        {"unknown_options": [{"name": "colour", "similar": ""}]},
        "k3s_config sets colour",
        "k3s server --help",
    ),
}


@pytest.mark.parametrize(("found", "thing", "remedy"), FOUND.values(), ids=FOUND)
def test_what_is_wrong_with_a_host_is_said_in_one_sentence_with_its_remedy(
    found: Data, thing: str, remedy: str
) -> None:
    (fault,) = faults(found)
    assert thing in fault
    assert remedy in fault
    assert "\n" not in fault


def firewall(name: str, *commands: str) -> Data:
    return {"_k3s_firewalls": {"firewalls": {name: list(commands)}}}


GIVEN: dict[str, tuple[Data, str, str]] = {
    "architecture": ({"ansible_facts": facts(architecture="riscv64")}, "riscv64", "x86_64 or"),
    "port of the API": (listening(6443), "Port 6443 is taken by nginx (process 4711)", "https-l"),
    "port of the kubelet": (listening(10250), "Port 10250 is taken by nginx", "stop that program"),
    "port of the node exporter": (
        listening(9100),
        "Port 9100 is taken by nginx (process 4711), but the node exporter needs it",
        "set botwatch_node_exporter_port",
    ),
    "a firewall": (
        firewall("ufw", "ufw allow from 10.42.0.0/16 to any", "ufw allow from 10.43.0.0/16 to any"),
        "The firewall ufw is active on the host and lacks rules",
        "; ufw allow from 10.43.0.0/16 to any (and, where other machines use the API: ufw allow 6",
    ),
    "another firewall": (
        firewall("firewalld", "firewall-cmd --reload"),
        "The firewall firewalld is active",
        "--reload (and, where other machines use the API: firewall-cmd --permanent --add-port=6443",
    ),
    "port of the API at another address": (
        listening(6443, address="172.17.0.2"),
        "Port 6443 is taken by nginx",
        "https-listen-port",
    ),
    "port of the node exporter at the node's address": (
        listening(9100, address="192.0.2.7"),
        "Port 9100 is taken by nginx",
        "set botwatch_node_exporter_port",
    ),
    "NodePort at the loopback address": (
        listening(30090, address="127.0.0.2"),
        "Port 30090 is taken by nginx",
        "set botwatch_prometheus_node_port",
    ),
    "NodePort at another address that has them": (
        {**listening(30090, address="172.17.0.2"), "k3s_node_port_addresses": []},
        "Port 30090 is taken by nginx",
        "set botwatch_prometheus_node_port",
    ),
    "port of the bot": (listening(30800), "Port 30800 is taken", "botwatch_bot_node_port"),
    "unknown version": (
        {"k3s_version": "v1.36.9+k3s1"},
        "SHA-256 of k3s v1.36.9+k3s1 for amd64 is not known",
        "v1.36.9%2Bk3s1/sha256sum-amd64.txt names for k3s",
    ),
    "token among the options": ({"k3s_config": {"token": "x"}}, "may not set token", "vault_k3s"),
    "data elsewhere": ({"k3s_config": {"data-dir": "/d"}}, "may not set data-dir", "mount a"),
    "both groups": (
        {"groups": {"botwatch": ["one"], "k3s_agents": ["one"]}},
        "in the groups botwatch and k3s_agents",
        "take it out of one",
    ),
    "no server": ({"groups": {"k3s_agents": ["one"]}}, "no server that one could join", "name it"),
    "a file": ({"_k3s_artifacts": {"faults": ["k3s is cut short: …"]}}, "cut short", "…"),
}


@pytest.mark.parametrize(("given", "thing", "remedy"), GIVEN.values(), ids=GIVEN)
def test_what_is_wrong_with_the_variables_is_said_with_its_remedy(
    given: Data, thing: str, remedy: str
) -> None:
    told = faults(None, **given)
    assert any(thing in fault and remedy in fault for fault in told), told


FINE: dict[str, tuple[Data, Data]] = {
    "a newer patch": (installed("v1.36.1+k3s1"), {}),
    "the next minor version": (installed("v1.35.9+k3s1"), {}),
    "the same version": (installed(OWN), {}),
    "its own processes": ({}, listening(6443, pid=700)),
    "a process in one of its pods": ({}, listening(9100, pid=800)),
    "a firewall with all rules": ({}, firewall("ufw")),
    "another address": ({}, listening(30090, address="172.17.0.2")),
    "another port for the API": (
        {},
        {**listening(6443), "k3s_config": {"https-listen-port": 7443}},
    ),
    "a container without modules": (
        {**kernel(known=False, missing=["vxlan"]), "contained": True},
        {},
    ),
    "old cgroups for an old version": (
        {"cgroups": {"version": 1, "controllers": V1}},
        {"k3s_version": "v1.34.1+k3s1", "k3s_sha256": "0" * 64},
    ),
    "old cgroups that the kubelet is told to take": (
        {"cgroups": {"version": 1, "controllers": V1}},
        {"k3s_config": {"kubelet-arg": ["fail-cgroupv1=false"]}},
    ),
    "little disk with everything on it": (
        {
            "disk": {"path": "/var/lib/rancher", "free_mb": 100},
            "records": {f"k3s-{OWN}": "0" * 64},
        },
        {"botwatch_airgap_dir": "/somewhere"},
    ),
    "an agent beside the API's port": (
        {},
        {
            **listening(6443),
            "groups": {"botwatch": ["two"], "k3s_agents": ["one"]},
        },
    ),
}


@pytest.mark.parametrize(("found", "given"), FINE.values(), ids=FINE)
def test_what_only_looks_wrong_is_no_fault(found: Data, given: Data) -> None:
    assert faults(found, **given) == []


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
        known |= read_for_ansible(REPOSITORY / f"roles/{role}/vars/main.yml")
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
        for port, protocol in ((6443, "tcp"), (10250, "tcp"), (8472, "udp"))
        for source in ("10.0.0.2", "")
    }
    # Also once the preflight has looked at the cluster.
    assert len(needed("ports", _k3s_cluster={"skipped": True})) == len(found)
    agent = {(port["port"], port["source"]) for port in needed("ports", inventory_hostname="two")}
    assert agent == {(port, source) for port in (10250, 8472) for source in ("192.0.2.1", "")}


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


GROUPS: Data = {"botwatch": ["one"], "k3s_agents": ["two", "three"]}


def agent(**known: object) -> Data:
    """One host as a server, and two that join it; of the third only what is given is known."""
    other = {"ansible_facts": facts(hostname="two"), "_k3s_look": {"host": {"node_name": ""}}}
    return {"groups": GROUPS, "hostvars": {"one": {}, "two": other, "three": known}}


@pytest.mark.parametrize(
    "known",
    [
        {"ansible_facts": facts(hostname="Node")},
        {"ansible_facts": facts(hostname="other"), "k3s_node_name": "node"},
        {"_k3s_look": {"host": {"node_name": "node"}}},
    ],
)
def test_two_hosts_of_one_cluster_with_one_name_are_refused(known: Data) -> None:
    (fault,) = faults(**agent(**known))
    assert fault.startswith("three and one would all be the node node, but a cluster has each name")
    assert "set k3s_node_name" in fault


def test_hosts_of_one_cluster_with_names_of_their_own_are_fine() -> None:
    assert faults(**agent(ansible_facts=facts(hostname="three"))) == []
    assert faults(**agent()) == []  # nobody has asked it in this run
    renamed = {"_k3s_look": {"host": {"node_name": "three"}}}
    assert faults(**agent(ansible_facts=facts(hostname="node"), **renamed)) == []


def test_servers_of_two_clusters_may_have_one_name() -> None:
    other = {"ansible_facts": facts(hostname="node")}
    groups = {"botwatch": ["two", "one"], "k3s_agents": ["three"]}
    assert faults(groups=groups, hostvars={"one": {}, "two": other, "three": other}) == []


def joining(nodes: list[Data], name: str = "node", **found: object) -> list[str]:
    """Let the host join the cluster of another one, which has these nodes."""
    return faults(
        found,
        ansible_facts=facts(hostname=name),
        groups={"botwatch": ["two"], "k3s_agents": ["one"]},
        _k3s_cluster={"nodes": nodes},
    )


def test_a_name_that_the_cluster_has_is_refused_with_the_command_that_frees_it() -> None:
    taken = {"name": "node", "machine_id": "0123"}
    (fault,) = joining([taken])
    assert "The cluster of two has a node node already" in fault
    assert "kubectl delete node node" in fault
    assert joining([taken], name="other") == []
    assert joining([taken], node_name="node") == []


def test_another_name_for_a_node_is_refused_but_for_one_that_it_had() -> None:
    found, nodes = {"node_name": "node"}, [{"name": "former", "machine_id": "0123"}]
    (fault,) = faults(found, k3s_node_name="former", _k3s_cluster={"nodes": []})
    assert "k3s_node_name is former, but the cluster knows this host as the node node" in fault
    assert faults(found, k3s_node_name="former", _k3s_cluster={"nodes": nodes}) == []
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


def test_an_ipv6_address_is_in_the_certificate_without_brackets() -> None:
    config: Any = compute("_k3s_config", k3s_address="[2001:db8::7]")
    assert config["tls-san"] == ["2001:db8::7"]


def test_an_address_that_only_this_machine_understands_is_refused() -> None:
    (fault,) = faults(hostvars={"one": {"ansible_host": "fe80::1%eth0"}})
    assert fault.startswith("fe80::1%eth0 is an address on one network interface")
    assert "set k3s_address" in fault


def shape_faults(name: str, value: str) -> list[str]:
    inputs = RoleInputs("k3s", ROLE.options, ROLE.input_checks)
    return wrong_shapes(inputs, {name: value})


ROLE = Role(REPOSITORY / "roles/k3s")
SHAPES = {
    "k3s_address": (
        ["", "203.0.113.7", "k3s.example.org", "2001:db8::7", "::1", "[2001:db8::7]"],
        ["203.0.113.7:6443", "https://k3s.example.org", "k3s.example.org:6443", "fe80::1%eth0"],
    ),
    "k3s_server_url": (
        ["", "https://k3s.example.org", "https://10.0.0.1:6443", "https://[2001:db8::7]:6443"],
        ["https://2001:db8::7:6443", "http://10.0.0.1:6443", "https://[2001:db8::7"],
    ),
    "k3s_download_url": (
        ["https://user:word@mirror.example.org/k3s", "http://[2001:db8::7]:8080/k3s"],
        ["http://2001:db8::7/k3s", "https://mirror.example.org/k3s/"],
    ),
    "k3s_node_name": (
        ["", "node-1", "node.example.org", "a" * 63],
        ["Node", "node_1", "a..b", "-a", "a.-b", "a" * 64],
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_addresses_and_names_are_taken_or_refused_with_the_way_to_write_them(name: str) -> None:
    taken, refused = SHAPES[name]
    assert [value for value in taken if shape_faults(name, value)] == []
    for value in refused:
        (fault,) = shape_faults(name, value)
        assert fault.startswith(f"{name} is not ")
