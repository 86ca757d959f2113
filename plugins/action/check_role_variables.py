"""Check what the user gave to roles, all roles at once, before anything is changed.

Ansible validates a role's variables when that role starts, half-way through a run, and lets a
misspelt name pass in silence. This action does both for every role before the first change: names
nobody declared, values that are missing, of the wrong type, or of the wrong shape
(`meta/input_checks.yml`), text where a condition or a loop needs another type, and secrets that
Ansible would take for templates. No message holds a value that may be a secret.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ..plugin_utils.argument_types import EXAMPLES, has_collection_for_text, has_type, read_text
from ..plugin_utils.roles import find_role, role_options
from ..plugin_utils.secret_templates import (
    find_secret_numbers,
    find_secret_templates,
    is_text,
    secret_number,
    secret_template,
)

if TYPE_CHECKING:
    from pathlib import Path


Variables = dict[str, Any]


@dataclass(frozen=True)
class RoleInputs:
    """What a role says about its inputs in its `meta/` and `defaults/`."""

    name: str
    options: dict[str, dict[str, Any]]
    defaults: Variables
    checks: list[dict[str, str]]
    facts: frozenset[str] = frozenset()  # what it computes for other roles, in `vars/`


def unknown_names(role: RoleInputs, given: Variables) -> list[str]:
    """Faults: variables with the role's prefix that the role does not know."""
    if not role.options:
        return []  # the prefix is none of ours
    prefix = f"{role.name}_"
    # Compared without the prefix, which alone would make any two names look alike.
    known = [option.removeprefix(prefix) for option in role.options]
    faults = []
    for name in sorted(given):
        if not name.startswith(prefix) or name in role.options or name in role.facts:
            continue
        close = get_close_matches(name.removeprefix(prefix), known, n=1)
        remedy = (
            f"did you mean {prefix}{close[0]}?"
            if close
            else f"see roles/{role.name}/defaults/main.yml."
        )
        faults.append(f"{name} is no variable of the role {role.name}: {remedy}")
    return faults


def wrong_types(role: RoleInputs, values: Variables) -> list[str]:
    """Faults: values that are missing or do not fit the role's argument spec."""
    faults = []
    for name, option in role.options.items():
        if values.get(name) is None:
            faults.append(f"{name} is not set: {remedy_for(role, name)}.")
            continue
        given = values[name]
        if is_secret_text(option) and not is_text(given):
            faults.append(secret_number(name))
            continue
        try:
            read = read_text(option, given)
        except ValueError as error:
            faults.append(unreadable_text(name, option, str(error)))
            continue
        result = ArgumentSpecValidator({name: option}).validate({name: read})
        if result.error_messages:
            said = "" if option.get("no_log") else f" ({'; '.join(result.error_messages)})"
            kind = option.get("type", "str")
            faults.append(f"{name} is not a valid {kind}{said}: {remedy_for(role, name)}.")
        elif has_collection_for_text(option, given):
            faults.append(
                f"{name} has a list or mapping in place of text: {remedy_for(role, name)}."
            )
        elif not has_type(option, given):
            meant = result.validated_parameters[name]
            faults.append(wrong_python_type(name, option, given, meant))
    return faults


def is_secret_text(option: dict[str, Any]) -> bool:
    """Say whether a variable is, or contains, a secret that must be text."""
    return bool(option.get("no_log")) and option.get("type") in {"str", "dict"}


def unreadable_text(name: str, option: dict[str, Any], cause: str) -> str:
    """Say why text is not read as a list or mapping, and how to write one."""
    kind = option["type"]
    return (
        f"{name} is not a valid {kind} ({cause}): {how_to_write(name, json.dumps(EXAMPLES[kind]))}."
    )


def wrong_python_type(name: str, option: dict[str, Any], given: object, meant: object) -> str:
    """Say that a value only looks like one of the right type: a condition on it would fail."""
    kind = "text" if isinstance(given, str) else type(given).__name__
    json_meant = "…" if option.get("no_log") else json.dumps(meant)
    return f"{name} is {kind}, not {option['type']}: {how_to_write(name, json_meant)}."


def how_to_write(name: str, value: str) -> str:
    """Say how to give a variable a value that is not text."""
    return (
        f"write `{name}: {value}` in a YAML file, without quotes, "
        f"""or use `-e '{{"{name}": {value}}}'`"""
    )


def wrong_shapes(role: RoleInputs, values: Variables) -> list[str]:
    """Faults: values that do not match the pattern in the role's `meta/input_checks.yml`."""
    return [
        f"{check['variable']} is not {check['what']}: {check['remedy']}."
        for check in role.checks
        if not all(fits(check, str(part)) for part in parts(values.get(check["variable"], [])))
    ]


def fits(check: dict[str, str], text: str) -> bool:
    """Say whether a text has the shape that the check asks for, and is in the list it names."""
    if not re.fullmatch(check["pattern"], text):
        return False
    # A controller without a tz database knows no zone at all, and cannot judge.
    zones = available_timezones() if check.get("list") == "tz database" else set()
    return not zones or text in zones


def parts(value: object) -> list[object]:
    """List what a pattern is about: a mapping's values, a list's items, else the value itself."""
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def remedy_for(role: RoleInputs, name: str) -> str:
    """Say what to do about a variable: its own remedy, else where it is explained."""
    for check in role.checks:
        if check["variable"] == name:
            return check["remedy"]
    return f"see its comment in roles/{role.name}/defaults/main.yml"


class ActionModule(ActionBase):
    """Fail with every fault that the variables of the named roles have."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: Variables | None = None) -> Variables:
        """Check the roles; see plugins/modules/check_role_variables.py."""
        result: Variables = super().run(tmp, task_vars)
        given = task_vars or {}
        roles = [self._inputs_of(name) for name in self._task.args["roles"]]
        defaults = {name: value for role in roles for name, value in role.defaults.items()}
        known = {**defaults, **given}
        options = {name: option for role in roles for name, option in role.options.items()}
        secrets = {name for name, option in options.items() if option.get("no_log")}
        texts = {name for name, option in options.items() if is_secret_text(option)}
        # On their own: what Ansible says of a broken template would show the secret.
        faults = [secret_template(name) for name in find_secret_templates(secrets, known)]
        faults += [secret_number(name) for name in find_secret_numbers(texts, known)]
        if faults:
            raise AnsibleActionFail("\n".join(faults))
        for role in roles:
            faults += unknown_names(role, given)
            values, untemplated = self._values_of(role, known)
            faults += untemplated
            broken = {fault.split(" ", 1)[0] for fault in untemplated}
            sound = RoleInputs(
                role.name,
                {name: option for name, option in role.options.items() if name not in broken},
                role.defaults,
                role.checks,
            )
            faults += wrong_types(sound, values) or wrong_shapes(sound, values)
        if faults:
            raise AnsibleActionFail("\n".join(faults))
        return {**result, "roles": [role.name for role in roles]}

    def _inputs_of(self, name: str) -> RoleInputs:
        path = find_role(name)
        return RoleInputs(
            name,
            role_options(self._read(path / "meta/argument_specs.yml")),
            self._read(path / "defaults/main.yml") or {},
            self._read(path / "meta/input_checks.yml") or [],
            frozenset(self._read(path / "vars/main.yml") or {}),
        )

    def _read(self, path: Path) -> Any:  # whatever the YAML file holds
        return (
            self._loader.load_from_file(str(path), trusted_as_template=True)
            if path.is_file()
            else None
        )

    def _values_of(self, role: RoleInputs, known: Variables) -> tuple[Variables, list[str]]:
        """Template the role's variables one by one, so that a fault names its variable."""
        values, faults = {}, []
        role_path = {"role_path": str(find_role(role.name))}
        templar = self._templar.copy_with_new_env(available_variables={**known, **role_path})
        for name in role.options:
            try:
                values[name] = templar.template(known.get(name))
            except AnsibleError as error:
                cause = re.sub(r"\s+", " ", str(error.message)).rstrip(". ")
                faults.append(f"{name} cannot be computed ({cause}): {remedy_for(role, name)}.")
        return values, faults
