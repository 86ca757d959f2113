"""Finding the files of a role."""

from __future__ import annotations

from pathlib import Path

from ansible import constants
from ansible.errors import AnsibleActionFail

OWN = Path(__file__).resolve().parents[2] / "roles"


def find_role(name: str) -> Path:
    """Find a role's directory: in this collection, or where Ansible looks for roles.

    Raises:
        AnsibleActionFail: there is no such role.
    """
    directories = [OWN, *map(Path, constants.DEFAULT_ROLES_PATH)]
    for path in (directory / name for directory in directories):
        if path.is_dir():
            return path
    message = f"there is no role {name} in {', '.join(map(str, directories))}"
    raise AnsibleActionFail(message)
