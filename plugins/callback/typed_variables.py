"""Give variables that were passed as text the type that their role declares.

`-e grafana_enabled=false` and INI inventories pass text. A condition on it fails, and a comparison
with a number too. Nothing that a play can set beats `-e`, so the text is converted where Ansible
keeps it, before a play starts. What cannot be converted is left for check_role_variables to refuse.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.callback import CallbackBase

from ..plugin_utils.argument_types import has_type, read_text
from ..plugin_utils.roles import OWN, role_options

if TYPE_CHECKING:
    from pathlib import Path

    from ansible.playbook.play import Play

DOCUMENTATION = """
name: typed_variables
type: aggregate
short_description: Convert variables that were passed as text to the type that their role declares
description:
  - Converts extra variables and those of INI inventories before each play.
requirements:
  - enabled in ansible.cfg (callbacks_enabled)
"""


@cache
def options_of(role: Path) -> dict[str, dict[str, Any]]:
    """Read what a role declares about its variables."""
    specs = role / "meta/argument_specs.yml"
    read = yaml.safe_load(specs.read_text(encoding="utf-8")) if specs.is_file() else None
    return role_options(read, {})


def option_of(name: str) -> dict[str, Any] | None:
    """Find what a role declares about a variable; of two roles, the one with the longer name."""
    roles = [path for path in OWN.iterdir() if name.startswith(f"{path.name}_")]
    found = (options_of(role).get(name) for role in sorted(roles, reverse=True))
    return next(filter(None, found), None)


def convert(variables: dict[str, Any]) -> None:
    """Convert the values that are text and whose role declares another type, in place."""
    for name, value in list(variables.items()):
        # A template has the type that it yields.
        if not isinstance(value, str) or "{{" in value or not (option := option_of(name)):
            continue
        if has_type(option, value):
            continue
        try:
            read = read_text(option, value)
        except ValueError:
            continue
        result = ArgumentSpecValidator({name: option}).validate({name: read})
        if not result.error_messages:
            variables[name] = result.validated_parameters[name]


class CallbackModule(CallbackBase):
    """Convert the variables that Ansible's command line and inventory hold."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "typed_variables"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_play_start(self, play: Play) -> None:
        """Convert them; hosts that a play adds count from the next one on."""
        manager = play.get_variable_manager()
        convert(manager.extra_vars)
        for holder in (*manager._inventory.groups.values(), *manager._inventory.hosts.values()):
            convert(holder.vars)
