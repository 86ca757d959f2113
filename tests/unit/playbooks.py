"""Small playbooks that are run for real, on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
# One that hangs must not hold up all others.
TIME_LIMIT_S = 300
Data = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """What came of a playbook, and what it printed."""

    returncode: int
    output: str
    errors: str

    @property
    def results(self) -> dict[str, Data]:
        """The result of each task by its name; only of runs that print JSON."""
        tasks = [task for play in json.loads(self.output)["plays"] for task in play["tasks"]]
        return {task["task"]["name"]: task["hosts"]["localhost"] for task in tasks if task["hosts"]}


def run_playbook(folder: Path, plays: list[Data], *options: str, callback: str) -> Run:
    """Run plays on this machine, with the repository's settings and the roles of `folder`."""
    playbook = folder / "playbook.yml"
    playbook.write_text(yaml.safe_dump(plays), encoding="utf-8")
    settings = {
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_ROLES_PATH": str(folder / "roles"),
        "ANSIBLE_STDOUT_CALLBACK": callback,
        "ANSIBLE_VAULT_PASSWORD_FILE": "inventory/demo/vault-password.txt",
    }
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", os.devnull]
    ran = subprocess.run(
        [*command, *options, str(playbook)],
        cwd=REPOSITORY,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIME_LIMIT_S,
    )
    return Run(ran.returncode, ran.stdout, ran.stderr)


def run_tasks(folder: Path, tasks: list[Data], *options: str, **variables: object) -> Run:
    """Run tasks on this machine and keep their results."""
    play = {"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": tasks}
    return run_playbook(folder, [play], *options, callback="ansible.posix.json")
