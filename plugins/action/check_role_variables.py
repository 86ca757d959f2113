"""Check what the user gave to roles, all roles at once, before anything is changed.

Ansible validates a role's variables when that role starts, half-way through a run, and lets a
misspelt name pass in silence. This action does both for every role before the first change: names
that are almost a role's, values that are missing, of the wrong type or of the wrong kind, values
that do not go together, text where a condition or a loop needs another type, and secrets that
Ansible would take for templates. No message holds a value that may be a secret.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase

from ..plugin_utils.inputs import (
    RoleInputs,
    is_secret_text,
    unknown_names,
    wrong_pairs,
    wrong_shapes,
    wrong_types,
)
from ..plugin_utils.paths import matches
from ..plugin_utils.roles import find_role, read_role_file, read_role_variables, role_options
from ..plugin_utils.secret_templates import (
    find_secret_numbers,
    find_secret_templates,
    secret_number,
    secret_template,
)

Variables = dict[str, Any]

SEVERITIES = {"critical", "warning", "info"}
# Debian gives a host's own name 127.0.1.1.
ALWAYS_LOCAL = {
    "0.0.0.0", "127.0.1.1", *(f"127.0.0.{last}" for last in range(1, 255)),  # noqa: S104 # compared
}  # fmt: skip


def without(faults: list[str], values: Variables) -> Variables:
    """Leave out the variables that faults are about."""
    broken = {re.split(r"[\s\[]", fault)[0] for fault in faults}
    return {name: value for name, value in values.items() if name not in broken}


class ActionModule(ActionBase):
    """Fail with every fault that the variables of the named roles have."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: Variables | None = None) -> Variables:
        """Check the roles; see plugins/modules/check_role_variables.py."""
        result: Variables = super().run(tmp, task_vars)
        given = task_vars or {}
        roles = [self._inputs_of(name) for name in self._task.args["roles"]]
        known: Variables = {}
        for role in roles:
            known |= read_role_file(self._loader, find_role(role.name) / "defaults/main.yml") or {}
        known |= given
        options = {name: option for role in roles for name, option in role.options.items()}
        secrets = {name for name, option in options.items() if option.get("no_log")}
        texts = {name for name, option in options.items() if is_secret_text(option)}
        # On their own: what Ansible says of a broken template would show the secret.
        faults = [secret_template(name) for name in find_secret_templates(secrets, known)]
        faults += [secret_number(name) for name in find_secret_numbers(texts, known)]
        if faults:
            raise AnsibleActionFail("\n".join(faults))
        lists = self._lists(known)
        sound: Variables = {}
        for role in roles:
            values, wrong = self._values_of(role, known)
            computed = {name: role.options[name] for name in values}
            wrong += wrong_types(replace(role, options=computed), values)
            wrong += wrong_shapes(role, without(wrong, values), lists)
            faults += unknown_names(role, given) + wrong
            sound |= without(wrong, values)
        faults += [fault for role in roles for fault in wrong_pairs(role, sound)]
        if faults:
            raise AnsibleActionFail("\n".join(faults))
        return {**result, "roles": [role.name for role in roles]}

    def _lists(self, known: Variables) -> dict[str, set[str]]:
        """List the alerts and severities, ours and the user's, and the addresses of the host."""
        panels = find_role("prometheus") / "templates/etc/prometheus/rules/panels.j2"
        templar = self._templar.copy_with_new_env(available_variables=known)
        try:
            patterns = templar.template(known.get("prometheus_rule_files", []))
            runtime = templar.template(known.get("botwatch_runtime", ""))
        except AnsibleError:  # a fault of its own
            patterns, runtime = [], ""
        patterns = patterns if isinstance(patterns, list) else []
        files = [Path(path) for pattern in patterns for path in matches(str(pattern))]
        rules = "\n".join(path.read_text(encoding="utf-8") for path in files)
        addresses = set(known.get("ansible_facts", {}).get("all_ipv4_addresses", []))
        return {
            "alerts": set(re.findall(r"'(\w+)': \d", panels.read_text(encoding="utf-8")))
            | set(re.findall(r"""\balert:\s*["']?([^\s"'#,}]+)""", rules)),
            "severities": SEVERITIES | set(re.findall(r"""\bseverity:\s*["']?(\w+)""", rules)),
            "addresses": addresses | ALWAYS_LOCAL if addresses and runtime == "systemd" else set(),
        }

    def _inputs_of(self, name: str) -> RoleInputs:
        path = find_role(name)
        return RoleInputs(
            name,
            role_options(
                read_role_file(self._loader, path / "meta/argument_specs.yml"),
                read_role_file(self._loader, path / "defaults/main.yml"),
            ),
            read_role_file(self._loader, path / "meta/input_checks.yml") or {},
            frozenset(read_role_variables(self._loader, path)),
        )

    def _values_of(self, role: RoleInputs, known: Variables) -> tuple[Variables, list[str]]:
        """Template the role's variables one by one, so that a fault names its variable."""
        values: Variables = {}
        faults = []
        path = find_role(role.name)
        # Defaults may depend on what the role computes.
        computed = read_role_variables(self._loader, path)
        templar = self._templar.copy_with_new_env(
            available_variables={**computed, **known, "role_path": str(path)}
        )
        for name in role.options:
            try:
                values[name] = templar.template(known.get(name))
            except AnsibleError as error:
                cause = re.sub(r"\s+", " ", str(error.message)).rstrip(". ")
                faults.append(f"{name} cannot be computed ({cause}): {role.remedy(name)}.")
        return values, faults
