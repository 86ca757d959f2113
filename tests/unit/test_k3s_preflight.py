"""What the role k3s says of a host, computed from its own variables and what was found there."""

from __future__ import annotations

import pytest
from plugins.plugin_utils.inputs import RoleInputs, wrong_shapes

from repo.roles import REPOSITORY, Role
from unit.k3s_host import (
    HOST,
    OWN,
    Data,
    facts,
    faults,
    installed,
    listening,
    with_free_mb,
)

V1 = ["cpu", "cpuset", "memory", "pids"]


def test_a_sound_host_has_no_faults() -> None:
    assert faults() == []


def kernel(*, known: bool, missing: list[str]) -> Data:
    return {"kernel": {**HOST["kernel"], "modules_known": known, "modules_missing": missing}}


FOUND: dict[str, tuple[Data, str, str]] = {
    "little memory": ({"memory_mb": 900}, "The host has 900 MB", "k3s_memory_min_mb"),
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


def test_a_host_with_little_disk_is_reported_in_one_sentence_with_the_remedy() -> None:
    (fault,) = faults(**with_free_mb(800))
    assert "Only 800 MB are free at /var/lib/rancher" in fault
    assert "journalctl --vacuum-size" in fault
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
    said = faults(None, **given)
    assert any(thing in fault and remedy in fault for fault in said), said


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
    "old cgroups that the kubelet is configured to take": (
        {"cgroups": {"version": 1, "controllers": V1}},
        {"k3s_config": {"kubelet-arg": ["fail-cgroupv1=false"]}},
    ),
    "little disk with everything on it": (
        {"records": {f"k3s-{OWN}": "0" * 64}},
        {**with_free_mb(100), "botwatch_airgap_dir": "/somewhere"},
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
