"""Find out what is wrong with the controller before a run has done half of its work.

Ansible looks for the collection of a module when it comes to the first task that needs it.

Ansible runs a password file that is executable, and takes the text of any other one. So a script
that has lost its executable bit, in a zip download or on another file system, makes its own text
the password, without a word. `ansible-vault` cannot be stopped from encrypting with it; a run can.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.parsing.vault import FileVaultSecret, ScriptVaultSecret, VaultSecret
from ansible.plugins.action import ActionBase

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements.yml"
DEMO = ROOT / "inventory/demo/vault-password.txt"
# A file that prints itself is the same password with and without its executable bit.
PRINTS_ITSELF = b"#!/bin/cat\n"


def fault_of(vault_id: str, secret: VaultSecret) -> str:
    """Say what is wrong with a vault password, which is never shown; empty if nothing is."""
    if not isinstance(secret, FileVaultSecret) or not secret.bytes:
        return ""
    if secret.bytes.startswith(b"#!") and not secret.bytes.startswith(PRINTS_ITSELF):
        cause = (
            "it prints a script"
            if isinstance(secret, ScriptVaultSecret)
            else "the file is a script that is not executable, so Ansible took its text"
        )
        return (
            f"The vault password '{vault_id}' from {secret.filename} is the text of a script, "
            f"which is no secret: {cause}. Make the script executable (chmod +x), or store a "
            "random password in a file, and change the vaults to it with `ansible-vault rekey`."
        )
    # The demo's inventory is in the repository only, not in the collection.
    is_demo = Path(secret.filename).resolve() == DEMO
    if not is_demo and DEMO.is_file() and secret.bytes == DEMO.read_bytes().strip():
        return (
            f"The vault password '{vault_id}' from {secret.filename} is the demo's, which is "
            "public. Store a random password in the file, and change the vaults to it with "
            "`ansible-vault rekey`."
        )
    return ""


def is_installed(collection: str) -> bool:
    """Say whether Ansible finds a collection."""
    try:
        return find_spec(f"ansible_collections.{collection}") is not None
    except ModuleNotFoundError:  # not even its namespace
        return False


class ActionModule(ActionBase):
    """Fail with the missing collections and every fault of the vault passwords of this run."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _VALID_ARGS: frozenset[str] = frozenset()

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Check the controller; see plugins/modules/check_controller.py."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        secrets = self._loader._vault.secrets
        faults = [fault for vault_id, secret in secrets if (fault := fault_of(vault_id, secret))]
        wanted = [
            entry["name"] for entry in self._loader.load_from_file(str(REQUIREMENTS))["collections"]
        ]
        if missing := [name for name in wanted if not is_installed(name)]:
            faults.append(
                f"Ansible has no collection {', '.join(missing)}: run `ansible-galaxy collection "
                f"install -r {REQUIREMENTS}`, or `sh tools/setup controller`, which brings them."
            )
        if faults:
            raise AnsibleActionFail("\n".join(faults))
        return result
