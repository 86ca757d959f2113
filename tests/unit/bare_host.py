"""A host, and what the preflight says about it."""

from __future__ import annotations

import time
from copy import deepcopy
from functools import cache
from typing import Any

from monitoring.rendering import (
    evaluate,
    load_plugins,
    read_for_ansible,
    read_role_variables,
)
from repo.roles import REPOSITORY

Data = dict[str, Any]
SITE = [
    "host",
    "discord_bot",
    "delivery_probe",
    "node_exporter",
    "alertmanager",
    "prometheus",
    "grafana",
]


@cache
def role_variables(*names: str) -> Data:
    """The variables of roles, before anybody has changed one."""
    load_plugins()
    found: Data = {}
    for name in names:
        found |= read_for_ansible(REPOSITORY / f"roles/{name}/defaults/main.yml")
        found |= read_role_variables(REPOSITORY / f"roles/{name}")
    return found


def sound_host() -> Data:
    """What host_info finds on a bare host."""
    known = role_variables("botwatch")
    services = evaluate(known["_botwatch_services"], known)
    unit = {"active": False, "enabled": False, "pids": [], "overrides": [], "masked": False}
    units = [service["unit"] for service in services.values()] + ["k3s", "k3s-agent", "discord-bot"]
    free = {"free_mb": 9000, "free_files": 500000, "read_only": False, "noexec": False}
    return {
        "architecture": "amd64",
        "memory_mb": 2000,
        "file_systems": [
            {"path": place["path"], **free} for place in known["_botwatch_file_systems"]
        ],
        "dpkg": {"interrupted": False, "broken": []},
        "roles": {role: {"own": False, "foreign": []} for role in services},
        "units": {name: deepcopy(unit) for name in units},
        "pods": [],
        "cluster": {"runs": False, "answers": False, "namespaces": []},
        "docker_settings": {"fault": "", "settings": {}, "content": None},
        "docker_socket": False,
        "firewalls": [],
    }


FACTS: Data = {
    "architecture": "x86_64",
    "distribution": "Debian",
    "distribution_version": "12.11",
    "distribution_major_version": "12",
    "service_mgr": "systemd",
    "tcp_listen": [],
    "packages": {"python3-apt": [{}]},
}


def faults(
    host: Data | None = None, facts: Data | None = None, ahead: float = 0, **variables: object
) -> list[str]:
    """Compute the faults of a sound host, but for what is given."""
    known = {
        **role_variables("botwatch"),
        "botwatch_runtime": "systemd",
        "botwatch_preflight_roles": SITE,
        "ansible_facts": {**FACTS, **(facts or {})},
        "botwatch_host_info": {"host": {"time": time.time() + ahead, **(host or sound_host())}},
        **variables,
    }
    computed: list[str] = evaluate(known["_botwatch_host_faults"], known)
    return computed


def file_system(path: str, **found: object) -> Data:
    host = sound_host()
    for place in host["file_systems"]:
        if place["path"] == path:
            place.update(found)
    return host


def with_unit(name: str, host: Data | None = None, **state: object) -> Data:
    host = host or sound_host()
    host["units"][name] |= state
    return host


def foreign(role: str, *paths: str) -> Data:
    host = sound_host()
    host["roles"][role]["foreign"] = list(paths)
    return host


def own(*roles: str) -> Data:
    host = sound_host()
    for role in roles:
        host["roles"][role]["own"] = True
    return host


def listening(port: int, pid: int = 4711, name: str = "prometheus") -> Data:
    return {"tcp_listen": [{"port": port, "pid": pid, "address": "127.0.0.1", "name": name}]}
