"""Finding the files of a role."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible import constants
from ansible.errors import AnsibleActionFail

if TYPE_CHECKING:
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.action import ActionBase
    from ansible.plugins.lookup import LookupBase

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


def role_options(
    specs: dict[str, Any] | None, defaults: dict[str, Any] | None
) -> dict[str, dict[str, Any]]:
    """Return what a role declares about its variables: its argument spec, with the defaults.

    The options are those of its entry point `main`. The role `botwatch` has them at `preflight`:
    Ansible would validate `main` again for every role that depends on it.
    """
    entries = (specs or {}).get("argument_specs", {})
    entry: dict[str, Any] = entries.get("main") or entries.get("preflight") or {}
    known = defaults or {}
    return {
        name: option
        if option.get("required") or name not in known
        else {**option, "default": known[name]}
        for name, option in entry.get("options", {}).items()
    }


def own_defaults(loader: DataLoader) -> dict[str, Any]:
    """Read the defaults of all roles of this collection, which a play may run only some of."""
    variables: dict[str, Any] = {}
    for path in sorted(OWN.glob("*/defaults/main.yml")):
        variables |= read_role_file(loader, path) or {}
    return variables


def role_templar(plugin: ActionBase | LookupBase, role: str, given: dict[str, Any] | None) -> Any:
    """Template as in a play with the role, also where the play does not have it."""
    loader, path = plugin._loader, find_role(role)
    known = {
        **own_defaults(loader),
        **(read_role_file(loader, path / "defaults/main.yml") or {}),
        **(given or {}),
        **read_role_variables(loader, path),
        "role_path": str(path),
    }
    return plugin._templar.copy_with_new_env(available_variables=known)


def read_role_variables(loader: DataLoader, role: Path) -> dict[str, Any]:
    """Read what a role computes: in `vars/main.yml`, or in the files in `vars/main/`."""
    variables: dict[str, Any] = {}
    for path in (role / "vars/main.yml", *sorted((role / "vars/main").glob("*.yml"))):
        variables |= read_role_file(loader, path) or {}
    return variables


def read_role_file(loader: DataLoader, path: Path) -> Any:  # whatever it holds
    """Read a YAML file of a role, whose expressions are ours; None if there is no such file."""
    return loader.load_from_file(str(path), trusted_as_template=True) if path.is_file() else None
