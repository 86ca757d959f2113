"""What is wrong with the variables that a user gave to a role; no message shows a secret."""

from __future__ import annotations

import ast
import json
import operator
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

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
_OPERATORS: dict[type, Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@dataclass(frozen=True)
class RoleInputs:
    """What a role says about its inputs in its `meta/` and `defaults/`."""

    name: str
    options: dict[str, Option]
    checks: dict[str, Option] = field(default_factory=dict)  # `meta/input_checks.yml`
    facts: frozenset[str] = frozenset()  # what it computes for other roles, in `vars/`

    def check(self, name: str) -> Option:
        """Give what only this variable needs."""
        return self.checks.get(name, {})

    def kind(self, name: str) -> Kind | None:
        """Find the kind of a variable, or the one that its check names."""
        named = self.check(name).get("kind")
        return KINDS[named] if named else kind_of(name, self.options.get(name, {}))

    def remedy(self, name: str) -> str:
        """Say what to do about a variable."""
        defaults = f"roles/{self.name}/defaults/main.yml"
        kind = self.kind(name) or KINDS["text"]
        said = self.check(name).get("remedy")
        return said or how_to_write(kind, self.options.get(name, {}), defaults)


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

    Args:
        role: The role.
        values: Its variables, of the right types.
        lists: What is known by name: `alerts`, `severities` and the host's `addresses`.
    """
    faults = []
    for name in role.options.keys() | role.checks.keys():
        if name in values:
            faults += _wrong_shape(role, name, values[name], lists or {})
    return sorted(faults)


def _wrong_shape(role: RoleInputs, name: str, value: Any, lists: Lists) -> list[str]:
    check, kind = role.check(name), role.kind(name)
    option = role.options.get(name, {})
    if "each" in check:
        return _wrong_elements(role, name, value, lists)
    if value == "" and (check.get("empty") or may_be_empty(option)):
        return []
    low, high = check.get("min"), check.get("max")
    if kind:
        low, high = low or kind.range[0], high or kind.range[1]
    fits = _fits_all(kind, check, value, lists)
    if not fits or not all(_is_between(part, low, high) for part in _parts(value)):
        what = check.get("what") or (kind.what if kind else "valid")
        return [f"{name} is not {what}{_range_in_words(low, high)}: {role.remedy(name)}."]
    hidden_url = kind is KINDS["url"] and option.get("no_log")
    if kind and (kind.delivers or hidden_url) and any(map(_is_placeholder, _parts(value))):
        return [f"{name} still has an example's value: {role.remedy(name)}."]
    return []


def _fits_all(kind: Kind | None, check: Option, value: Any, lists: Lists) -> bool:
    if kind and kind.whole:
        return kind.fits(value)
    parts = _parts(value)
    if isinstance(value, list) and not set(check.get("has", ())) <= set(value):
        return False
    if isinstance(value, dict):
        if not all(map(shape(check.get("keys", "(?s:.*)")), value)):
            return False
        if not _is_known(value, lists.get(check.get("keys_among", ""))):
            return False
    if not kind and "pattern" not in check:
        return True
    own = shape(check.get("pattern", "(?s:.*)"))
    return all(
        not isinstance(part, (list, dict))
        and part is not None
        and (kind is None or kind.fits(str(part)))
        and own(part)
        for part in parts
    ) and _is_known(parts, lists.get(kind.among) if kind else None)


def _is_known(names: Any, known: set[str] | None) -> bool:
    # What is not known, such as facts that were not gathered, cannot be compared.
    return not known or set(map(str, names)) <= known


def _is_between(part: object, low: object, high: object) -> bool:
    return (not low or amount(part) >= amount(low)) and (not high or amount(part) <= amount(high))


def _range_in_words(low: object, high: object) -> str:
    if low and high:
        return f" from {low} to {high}"
    return f" of at least {low}" if low else f" of at most {high}" if high else ""


def _is_placeholder(part: object) -> bool:
    return bool(PLACEHOLDER.search(str(part)))


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
            {prefix + key: check for key, check in role.check(name)["each"].items()},
        )
        faults += wrong_shapes(inputs, {prefix + key: part for key, part in element.items()}, lists)
    return faults


def wrong_pairs(role: RoleInputs, values: Variables) -> list[str]:
    """Faults: sound values that do not go together (`at_least`, `at_most`, `rising`).

    Args:
        role: The role.
        values: The variables of all roles; what is compared with an absent one is not checked.
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
            tree = ast.parse(formula, mode="eval").body
            names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
            if not set(names) <= scope.keys():
                continue
            limit = _evaluate(tree, scope)
            if sign * (amount(value) - limit) < -TOLERANCE:
                unit = "" if re.fullmatch(r"[\d.]+", str(value)) else "s"
                why = f", {check['why']}" if "why" in check else ""
                faults.append(
                    f"{name} is {value}, but must be {bound.replace('_', ' ')} {formula} "
                    f"({limit:g}{unit}){why}: {remedy}, or change {' or '.join(names)}."
                )
    return faults


def _evaluate(tree: ast.expr, scope: Variables) -> float:
    """Compute a formula of numbers and variables."""
    if isinstance(tree, ast.BinOp):
        left, right = _evaluate(tree.left, scope), _evaluate(tree.right, scope)
        result: float = _OPERATORS[type(tree.op)](left, right)
        return result
    return amount(scope[tree.id] if isinstance(tree, ast.Name) else ast.literal_eval(tree))
