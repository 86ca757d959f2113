"""Find out that a collection is missing before a run has done half of its work.

Ansible looks for the collection of a module when it comes to the first task that needs it.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements.yml"


class ActionModule(ActionBase):
    """Fail with the names of the missing collections."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _VALID_ARGS: frozenset[str] = frozenset()

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Look for them; see plugins/modules/check_collections.py."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        listed = self._loader.load_from_file(str(REQUIREMENTS))["collections"]
        wanted = [entry["name"] for entry in listed]
        if missing := [name for name in wanted if not is_installed(name)]:
            message = (
                f"Ansible has no collection {', '.join(missing)}: run `ansible-galaxy collection "
                f"install -r {REQUIREMENTS}`, or `sh tools/setup controller`, which brings them."
            )
            raise AnsibleActionFail(message)
        return result


def is_installed(collection: str) -> bool:
    """Say whether Ansible finds a collection."""
    try:
        return find_spec(f"ansible_collections.{collection}") is not None
    except ModuleNotFoundError:  # not even its namespace
        return False
