"""Ask every channel that the roles of a play send messages through, all in one go on the host.

What to ask stands in the roles (`meta/channel_checks.yml`), as what their inputs must look like
does. A channel without an address or without a secret is not in use, and not asked.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

# Ansible loads an action by its path alone; what actions share is found from the repository's root.
sys.path.append(str(Path(__file__).resolve().parents[2]))
from plugins.action.check_role_variables import find_role

DOCUMENTATION = """
name: channels_ready
short_description: Ask the channels of several roles whether they would take a message
options:
  roles:
    description: Names of the roles whose channels are asked.
    type: list
    elements: str
    required: true
  required:
    description: Whether a dead channel is a failure; a warning otherwise.
    type: bool
    default: true
"""

Data = dict[str, Any]
CHECKS = "meta/channel_checks.yml"


class ActionModule(ActionBase):
    """Hand the channels of the roles to the module of the same name."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: Data | None = None) -> Data:
        """Ask the channels; see DOCUMENTATION."""
        result: Data = super().run(tmp, task_vars)
        given = task_vars or {}
        roles = [find_role(name) for name in self._task.args["roles"]]
        channels = [channel for role in roles for channel in self._channels_of(role, given)]
        if not channels:
            return {**result, "changed": False, "verdicts": []}
        arguments = {"channels": channels, "required": self._task.args.get("required", True)}
        outcome: Data = self._execute_module(
            module_name="channels_ready", module_args=arguments, task_vars=given
        )
        return {**result, **outcome}

    def _channels_of(self, role: Path, given: Data) -> list[Data]:
        """List the channels of a role that are in use."""
        checks = self._read(role / CHECKS) or []
        own = {**(self._read(role / "defaults/main.yml") or {})}
        internal = self._read(role / "vars/main.yml") or {}
        templar = self._templar.copy_with_new_env(
            available_variables={**own, **given, **internal, "role_path": str(role)}
        )
        channels: list[Data] = templar.template(checks)
        return [channel for channel in channels if is_in_use(channel)]

    def _read(self, path: Path) -> Any:  # whatever the YAML file holds
        return (
            self._loader.load_from_file(str(path), trusted_as_template=True)
            if path.is_file()
            else None
        )


def is_in_use(channel: Data) -> bool:
    """Say whether a channel has all that its check needs."""
    return all(channel[part] for part in ("address", "secret") if part in channel)
