"""Bare hosts in containers, and runs of the role k3s on them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import testinfra
import yaml
from testinfra.host import Host

ROOT = Path(__file__).resolve().parents[2]
SERVER, WORKER = "botwatch-k3s-role-server", "botwatch-k3s-role-worker"
# Where only these get addresses: each has the same again after a restart.
NETWORK = "botwatch-k3s-role"
TIME_LIMIT_S = 600
CONTAINER = {
    "ansible_connection": "community.docker.docker",
    "ansible_python_interpreter": "/usr/bin/python3",
    "ansible_become": False,
}
HERE = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
}
CREATE = {
    "hosts": "localhost",
    "gather_facts": True,
    "gather_subset": ["min"],
    "roles": ["demo_node"],
}
BUILD = {
    "hosts": "botwatch:k3s_agents",
    "gather_facts": True,
    "gather_subset": ["min", "network"],
    "roles": ["k3s"],
}
WAIT = {
    "hosts": "botwatch",
    "gather_facts": False,
    "tasks": [
        # Has no tasks, but the variables of the role.
        {"ansible.builtin.import_role": {"name": "botwatch", "tasks_from": "checked"}},
        {
            "ansible.builtin.import_role": {"name": "common", "tasks_from": "workloads"},
            "vars": {"common_workloads_selector": "app.kubernetes.io/managed-by=botwatch"},
        },
    ],
}
# Overlays, which containers are made of, do not lie on one another.
VOLUMES = [f"/var/lib/{name}" for name in ("containerd", "docker", "kubelet", "rancher")]
CHANGED = re.compile(r"\bchanged=(\d+)")
# What Ansible and systemd write at any time.
SCRATCH = ("/root", "/tmp", "/var/log", "/var/tmp", "/run")  # noqa: S108 # directories of the host

Data = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """What came of a run."""

    code: int
    output: str

    @property
    def text(self) -> str:
        """What it printed, without the line breaks that Ansible puts into long messages."""
        return " ".join(self.output.split())

    @property
    def changed(self) -> int:
        """How many tasks changed something on all hosts."""
        assert self.code == 0, self.output
        return sum(int(number) for number in CHANGED.findall(self.output))

    def assert_refused(self, *words: str) -> None:
        """Assert that it failed with a message that has these words in it."""
        assert self.code != 0, self.output
        for word in words:
            assert word in self.text, self.output


@dataclass
class Hosts:
    """A server and, once it is made, an agent node; `given` are the variables of both."""

    folder: Path
    given: Data
    workers: list[str] = field(default_factory=list)

    @property
    def server(self) -> Host:
        """Reach the server."""
        return testinfra.get_host(f"docker://{SERVER}")

    def create(self, name: str) -> None:
        """Make a bare host."""
        variables = {
            "demo_node_name": name,
            "demo_node_volumes": VOLUMES,
            "demo_node_network": NETWORK,
        }
        run = self._play(CREATE, variables)
        assert run.code == 0, run.output

    def build(self, *options: str, **variables: object) -> Run:
        """Run the role, with these variables beside the given ones."""
        return self._play(BUILD, variables, *options)

    def wait_for_workloads(self, timeout_s: int) -> Run:
        """Wait until everything on the cluster runs, as site.yml does at its end."""
        return self._play(WAIT, {"botwatch_workloads_timeout_s": timeout_s})

    def _play(self, play: Data, variables: Data, *options: str) -> Run:
        playbook, inventory = self.folder / "playbook.yml", self.folder / "hosts.yml"
        playbook.write_text(yaml.safe_dump([play]))
        inventory.write_text(yaml.safe_dump(self._inventory()))
        command = [
            "ansible-playbook", "--inventory", str(inventory),
            "--extra-vars", json.dumps(variables), *options, str(playbook),
        ]  # fmt: skip
        ran = subprocess.run(
            command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, text=True, timeout=TIME_LIMIT_S, check=False,
        )  # fmt: skip
        return Run(ran.returncode, ran.stdout)

    def _inventory(self) -> Data:
        workers = {name: {"ansible_host": name, **CONTAINER} for name in self.workers}
        return {
            "all": {"hosts": {"localhost": HERE}, "vars": self.given},
            "botwatch": {"hosts": {"server": {"ansible_host": SERVER, **CONTAINER}}},
            "k3s_agents": {"hosts": workers},
        }


def environment() -> dict[str, str]:
    """Give Ansible the settings of the repository."""
    return {
        **os.environ,
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_ROLES_PATH": str(ROOT / "roles"),
        "ANSIBLE_VAULT_PASSWORD_FILE": str(ROOT / "inventory/demo/vault-password.txt"),
    }


def remove_all() -> None:
    """Remove the hosts, their volumes and their network, as far as they are there."""
    ask_docker("rm", "--force", "--volumes", SERVER, WORKER)
    ask_docker("network", "rm", "--force", NETWORK)


def address(name: str) -> str:
    """Look up the address at which other hosts reach one."""
    form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    return ask_docker("inspect", "--format", form, name).strip()


def gateway(name: str) -> str:
    """Look up the address at which a host reaches this machine."""
    form = "{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}"
    return ask_docker("inspect", "--format", form, name).strip()


def changed_files(name: str) -> set[str]:
    """List what differs on a host from its image."""
    lines = ask_docker("diff", name).splitlines()
    return {line for line in lines if not line.split(" ", 1)[1].startswith(SCRATCH)}


def ask_docker(*words: str) -> str:
    """Run a command of Docker; return what it printed."""
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout


def link(folder: Path, source: Path, *names: str) -> Path:
    """Make a directory of links to files of another."""
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(source / name)
    return folder


def cut(source: Path, target: Path, size: int) -> None:
    """Copy the beginning of a file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as whole, target.open("wb") as part:
        part.write(whole.read(size))
