"""The node that the scenario `k3s` has built, and the commands to work on it."""

from __future__ import annotations

import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from testinfra.host import Host

import k3s_artifacts

ROOT = Path(__file__).resolve().parents[2]
NODE = "botwatch-molecule-k3s"
INVENTORIES = ("--inventory=molecule/inventory", "--inventory=molecule/k3s/inventory")
PLAYBOOK_LIMIT_S = 900
CHANGED = re.compile(
    r"^node\s+: ok=\d+\s+changed=(\d+)\s+unreachable=0\s+failed=(\d+)", re.MULTILINE
)


@dataclass(frozen=True)
class Run:
    """One run of a playbook."""

    output: str
    code: int
    took_s: float

    @property
    def changed(self) -> int:
        """How many tasks changed something on the node."""
        recap = CHANGED.search(self.output)
        assert recap, self.output
        return int(recap[1])


@dataclass(frozen=True)
class Site:
    """The node, and the commands to work on it."""

    host: Host

    @property
    def environment(self) -> dict[str, str]:
        """The settings of the node for Ansible."""
        return {
            **os.environ,
            **k3s_artifacts.environment(),
            "MOLECULE_SCENARIO_NAME": "k3s",
            "ANSIBLE_VAULT_PASSWORD_FILE": str(ROOT / "inventory/demo/vault-password.txt"),
        }

    def playbook(self, *words: str) -> Run:
        """Run a playbook on the node as a user does."""
        started = time.monotonic()
        done = subprocess.run(
            ["ansible-playbook", *INVENTORIES, *words],
            cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, text=True, timeout=PLAYBOOK_LIMIT_S, check=False,
        )  # fmt: skip
        return Run(done.stdout, done.returncode, time.monotonic() - started)
