"""A host, and what the role k3s computes from what was found there."""

from __future__ import annotations

from typing import Any

from monitoring.rendering import evaluate, load_plugins, read_for_ansible, read_role_variables
from repo.roles import REPOSITORY

Data = dict[str, Any]
HOST: Data = {
    "memory_mb": 1950,
    "cgroups": {"version": 2, "controllers": ["cpu", "cpuset", "io", "memory", "pids"]},
    "kernel": {"modules_known": True, "modules_missing": []},
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
}
FACTS: Data = {
    "architecture": "x86_64",
    "hostname": "node",
    "kernel": "6.1.0-40-amd64",
    "tcp_listen": [],
}
OWN = "v1.36.4+k3s1"


def variables_of(found: Data | None, **variables: object) -> Data:
    """Give the variables of a sound host, but for what is given."""
    load_plugins()
    known: Data = {}
    for role in ("botwatch", "k3s"):
        known |= read_for_ansible(REPOSITORY / f"roles/{role}/defaults/main.yml")
        known |= read_role_variables(REPOSITORY / f"roles/{role}")
    return known | {
        "ansible_facts": FACTS,
        "inventory_hostname": "one",
        "groups": {"botwatch": ["one"]},
        "hostvars": {"one": {}, "two": {}},
        "_k3s_artifacts": {},
        "_k3s_found": {"host": {**HOST, **(found or {})}},
        **with_free_mb(20000),
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
    return {**FACTS, **given}


def with_free_mb(free_mb: int) -> Data:
    """What host_info finds, with so much free space for k3s' data."""
    unit = {"state": "inactive", "active": False, "enabled": False, "pids": []}
    return {
        "botwatch_host_info": {
            "host": {
                "file_systems": [{"path": "/var/lib/rancher", "free_mb": free_mb}],
                "units": {"k3s": {**unit, "pids": [700]}, "k3s-agent": unit},
                "pods": [800],
            }
        }
    }


def listening(port: int, pid: int = 4711, address: str = "0.0.0.0") -> Data:  # noqa: S104 # of the host looked at
    found = {"port": port, "pid": pid, "address": address, "name": "nginx"}
    return {"ansible_facts": facts(tcp_listen=[found])}


def installed(version: str) -> Data:
    return {"installed": {"version": version, "foreign": ""}}


GROUPS: Data = {"botwatch": ["one"], "k3s_agents": ["two", "three"]}


def agent(**known: object) -> Data:
    """One host as a server, and two that join it; of the third only what is given is known."""
    other = {"ansible_facts": facts(hostname="two"), "_k3s_found": {"host": {"node_name": ""}}}
    return {"groups": GROUPS, "hostvars": {"one": {}, "two": other, "three": known}}
