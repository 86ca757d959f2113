"""What is wrong with the variables that a user gave to a role; no message shows a secret."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from jinja2.sandbox import SandboxedEnvironment

from .argument_types import (
    EXAMPLES,
    has_collection_for_text,
    has_type,
    is_unquoted,
    read_text,
    type_name,
)
from .kinds import KINDS, Kind, how_to_write, kind_of, may_be_empty
from .secret_templates import is_text, secret_number
from .shapes import PLACEHOLDER, amount, shape

Variables = dict[str, Any]
Option = dict[str, Any]
Lists = dict[str, set[str]]

TOLERANCE = 1e-9  # of what is computed with binary fractions
# Of the formulas in `meta/input_checks.yml`.
_JINJA = SandboxedEnvironment(autoescape=True)


@dataclass(frozen=True)
class RoleInputs:
    """What a role says about its inputs in its `meta/` and `defaults/`."""

    name: str
    options: dict[str, Option]
    checks: dict[str, Option] = field(default_factory=dict)  # `meta/input_checks.yml`
    facts: frozenset[str] = frozenset()  # what it computes for other roles, in `vars/`

    def remedy(self, name: str) -> str:
        """Say what to do about a variable."""
        option = self.options.get(name, {})
        said = self.checks.get(name, {}).get("remedy")
        return said or how_to_write(name, option, f"roles/{self.name}/meta/argument_specs.yml")


def unknown_names(role: RoleInputs, given: Variables) -> list[str]:
    """Faults: names that are almost one of the role's; others may be another role's."""
    prefix = f"{role.name}_"
    # Compared without the prefix, which alone would make any two names look alike.
    known = [option.removeprefix(prefix) for option in role.options]
    faults = []
    for name in sorted(given):
        if not name.startswith(prefix) or name in role.options or name in role.facts:
            continue
        for close in get_close_matches(name.removeprefix(prefix), known, n=1, cutoff=0.75):
            remedy = f"did you mean {prefix}{close}?"
            faults.append(f"{name} is no variable of the role {role.name}: {remedy}")
    return faults


def wrong_types(role: RoleInputs, values: Variables) -> list[str]:
    """Faults: values that are missing or do not fit the role's argument spec."""
    faults = []
    for name, option in role.options.items():
        given = values.get(name)
        if given is None:
            faults.append(f"{name} is not set: {role.remedy(name)}.")
        elif is_secret_text(option) and not is_text(given):
            faults.append(secret_number(name))
        elif has_collection_for_text(option, given):
            cause = "has a list or mapping in place of text"
            faults.append(f"{name} {cause}: {role.remedy(name)}.")
        elif is_unquoted(option, given):
            faults.append(_unquoted(name, given))
        else:
            faults += _wrong_type(role, name, given)
    return faults


def _wrong_type(role: RoleInputs, name: str, given: object) -> list[str]:
    option = role.options[name]
    hidden = bool(option.get("no_log"))
    type_ = option.get("type", "str")
    try:
        read = read_text(option, given)
    except ValueError as error:
        how = _how_to_give(name, json.dumps(EXAMPLES[type_]))
        return [f"{name} is not a valid {type_} ({error}): {how}."]
    result = ArgumentSpecValidator({name: option}).validate({name: read})
    if result.error_messages:
        said = "" if hidden else f" ({'; '.join(result.error_messages)})"
        return [f"{name} is not a valid {type_}{said}: {role.remedy(name)}."]
    if not has_type(option, given):
        # It only looks like one of the right type: a condition on it would fail.
        meant = "…" if hidden else json.dumps(result.validated_parameters[name])
        return [f"{name} is {type_name(given)}, not {type_}: {_how_to_give(name, meant)}."]
    return []


def _unquoted(name: str, given: object) -> str:
    for number, item in enumerate(given if isinstance(given, list) else []):
        if not is_text(item):
            return _unquoted(f"{name}[{number}]", item)
    return (
        f"{name} is {type_name(given)}, not text, as YAML reads it: put it in quotes, in an INI "
        f"""inventory in two kinds ("'…'")."""
    )


def is_secret_text(option: Option) -> bool:
    """Say whether a variable is, or contains, a secret that must be text."""
    return bool(option.get("no_log")) and option.get("type") in {"str", "dict"}


def _how_to_give(name: str, value: str) -> str:
    return (
        f"write `{name}: {value}` in a YAML file, without quotes, "
        f"""or use `-e '{{"{name}": {value}}}'`"""
    )


def wrong_shapes(role: RoleInputs, values: Variables, lists: Lists | None = None) -> list[str]:
    """Faults: values that are not what their kind, or the role's own check, asks for.

    What is known by name is in `lists`: `alerts`, `severities` and the host's `addresses`.
    """
    faults = []
    for name in sorted(role.options.keys() & values.keys()):
        faults += _wrong_shape(role, name, values[name], lists or {})
    return faults


def _wrong_shape(role: RoleInputs, name: str, value: Any, lists: Lists) -> list[str]:
    option, check = role.options[name], role.checks.get(name, {})
    if "each" in check:
        return _wrong_elements(role, name, value, lists)
    if value == "" and (check.get("empty") or may_be_empty(option)):
        return []
    if "also" in check and value == check["also"]:
        return []
    kind = kind_of(name, option)
    low, high = range_of(kind, check)
    fits = _fits(kind, check, value, lists)
    if not fits or (high and not all(_is_between(part, low, high) for part in _parts(value))):
        what = check.get("what", kind.what) + (f" from {low} to {high}" if high else "")
        what += f", or {check['also']}" if "also" in check else ""
        return [f"{name} is not {what}: {role.remedy(name)}."]
    delivers = kind.delivers or (kind is KINDS["url"] and option.get("no_log"))
    if delivers and any(PLACEHOLDER.search(part) for part in _parts(value)):
        return [f"{name} still has an example's value: {role.remedy(name)}."]
    return []


def range_of(kind: Kind, check: Option) -> tuple[Any, Any]:
    """Return the smallest and the largest value; both are empty if there is no range."""
    return check.get("min", kind.range[0]), check.get("max", kind.range[1])


def _fits(kind: Kind, check: Option, value: Any, lists: Lists) -> bool:
    if kind.whole:
        return kind.fits(value)
    parts = _parts(value)
    keys = value if isinstance(value, dict) else ()
    own = shape(check.get("pattern", "(?s:.*)"))
    return (
        all(isinstance(part, (str, int, float)) and kind.fits(str(part)) for part in parts)
        and all(map(own, parts))
        and set(check.get("has", ())) <= set(parts)
        and _are_known(parts, lists.get(kind.among))
        and _are_known(keys, lists.get(check.get("keys_among", "")))
    )


def _are_known(names: Any, known: set[str] | None) -> bool:
    # What is not known, such as facts that were not gathered, cannot be compared.
    return not known or set(map(str, names)) <= known


def _is_between(part: object, low: object, high: object) -> bool:
    return amount(low) <= amount(part) <= amount(high)


def _parts(value: object) -> list[Any]:
    """List what a check is about: a mapping's values, a list's items, else the value itself."""
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def _wrong_elements(role: RoleInputs, name: str, value: list[Variables], lists: Lists) -> list[str]:
    """Faults in a list of mappings, each of which is checked like a role's variables."""
    faults = []
    for number, element in enumerate(value):
        prefix = f"{name}[{number}]."
        inputs = RoleInputs(
            role.name,
            {prefix + key: option for key, option in role.options[name]["options"].items()},
            {prefix + key: check for key, check in role.checks[name]["each"].items()},
        )
        faults += wrong_shapes(inputs, {prefix + key: part for key, part in element.items()}, lists)
    return faults


def wrong_pairs(role: RoleInputs, values: Variables) -> list[str]:
    """Faults: sound values of all roles that do not go together (`at_least`, `at_most`, `rising`).

    What is compared with an absent variable is not checked.
    """
    faults = []
    for name, check in role.checks.items():
        if name not in values:
            continue
        faults += _wrong_pair(name, check, values[name], values)
        elements = values[name] if "each" in check else []
        for number, element in enumerate(elements):
            for key, own in check["each"].items():
                scope = {**values, **element}
                faults += _wrong_pair(f"{name}[{number}].{key}", own, element[key], scope)
        key = check.get("rising")
        found = [amount(element[key]) for element in elements] if key else []
        if found != sorted(set(found)):
            faults.append(f"{name} is not in the order of {key}, each once: {role.remedy(name)}.")
    return faults


def _wrong_pair(name: str, check: Option, value: object, scope: Variables) -> list[str]:
    faults = []
    for bound, sign, remedy in (("at_least", 1, "raise it"), ("at_most", -1, "lower it")):
        formulas = check.get(bound, [])
        for formula in [formulas] if isinstance(formulas, str) else formulas:
            names = re.findall(r"[a-z]\w+", formula)
            if not set(names) <= scope.keys():
                continue
            given = {name: amount(scope[name]) for name in names}
            limit = float(_JINJA.compile_expression(formula)(**given) or 0)
            if sign * (amount(value) - limit) < -TOLERANCE:
                unit = "" if re.fullmatch(r"[\d.]+", str(value)) else "s"
                why = f", {check['why']}" if "why" in check else ""
                faults.append(
                    f"{name} is {value}, but must be {bound.replace('_', ' ')} {formula} "
                    f"({limit:g}{unit}){why}: {remedy}, or change {' or '.join(names)}."
                )
    return faults
