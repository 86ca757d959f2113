"""Runs of a playbook on the node of a Molecule scenario, from within that scenario's tests."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONVERGE = ROOT / "molecule/shared/converge.yml"
TIME_LIMIT_S = 600

Run = subprocess.CompletedProcess[str]


def play(playbook: Path, *options: str, **variables: object) -> Run:
    """Run a playbook on the scenario's node with these options and variables."""
    command = [
        "ansible-playbook", "--inventory", str(ROOT / "molecule/inventory"),
        *options, "--extra-vars", json.dumps(variables), str(playbook),
    ]  # fmt: skip
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=TIME_LIMIT_S,
        env=environment(),
    )  # fmt: skip


def converge(**variables: object) -> Run:
    """Run the scenario's role once more, with these variables."""
    return play(CONVERGE, **variables)


def environment() -> dict[str, str]:
    """Give Ansible the settings of the repository, not those that Molecule made for itself."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return {
        **kept,
        "ANSIBLE_VAULT_PASSWORD_FILE": str(ROOT / "inventory/demo/vault-password.txt"),
    }


def assert_done(run: Run) -> None:
    """Assert that a run succeeded; show all of it otherwise."""
    assert run.returncode == 0, run.stdout + run.stderr


def assert_refused(run: Run, *words: str) -> None:
    """Assert that a run failed with a message that has these words in it."""
    assert run.returncode != 0, run.stdout
    # Ansible wraps long messages.
    said = " ".join((run.stdout + run.stderr).split())
    for word in words:
        assert word in said, run.stdout + run.stderr
