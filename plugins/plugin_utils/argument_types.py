"""The types of a role's argument spec, as conditions, loops and comparisons need them."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from .secret_templates import is_text

PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "list": (list,),
    "dict": (dict,),
}
# How a list and a mapping are written.
EXAMPLES: dict[str, Any] = {"list": ["a", "b"], "dict": {"key": "value"}}
# The types of elements that are text.
_TEXTS = {None, "str", "path"}
_NULL = {"null", "none", "~"}
_GROUPED = re.compile(r"""[][{}()'"]""")


def has_type(option: dict[str, Any], value: object) -> bool:
    """Say whether a value, and each element of a list, has the type that the spec asks for."""
    if isinstance(value, list) and "elements" in option:
        return all(has_type({"type": option["elements"]}, element) for element in value)
    kinds = PYTHON_TYPES.get(option.get("type", "str"))
    # In Python a bool is an int, too.
    is_bool = isinstance(value, bool)
    return kinds is None or (isinstance(value, kinds) and is_bool is (bool in kinds))


def type_name(value: object) -> str:
    """Name the type of a value as a spec does; Ansible's own types have other names."""
    if isinstance(value, str):
        return "text"
    known = (name for name, kinds in PYTHON_TYPES.items() if isinstance(value, kinds))
    return next(known, "a date")


def has_collection_for_text(option: dict[str, Any], value: object) -> bool:
    """Say whether a list or mapping is where text should be; Ansible would turn it into text."""
    if isinstance(value, list) and option.get("type") == "list":
        if "elements" not in option:
            return False
        return any(has_collection_for_text({"type": option["elements"]}, item) for item in value)
    return option.get("type", "str") in _TEXTS and isinstance(value, (list, dict))


def is_unquoted(option: dict[str, Any], value: object) -> bool:
    """Say whether text lacks the quotes without which YAML reads a number, a date or a bool."""
    if isinstance(value, list) and option.get("type") == "list":
        return any(is_unquoted({"type": option.get("elements")}, item) for item in value)
    return option.get("type", "str") in _TEXTS - {None} and not is_text(value)


def read_text(option: dict[str, Any], value: object) -> object:
    """Read a list or mapping that was given as text; return any other value unchanged.

    A list is `a,b`, or YAML in brackets; a mapping is YAML in braces. Empty text is an empty list
    or mapping.

    Raises:
        ValueError: The text is ambiguous, or Ansible would misread it. The message does not contain
            the value.
    """
    kind = option.get("type", "str")
    if not isinstance(value, str) or kind not in {"list", "dict"}:
        return value
    text = value.strip()
    if not text:
        return [] if kind == "list" else {}
    has_texts = kind == "list" and option.get("elements") in _TEXTS
    if text.startswith(("[", "{")):
        return _read_yaml(text, has_texts=has_texts)
    if not has_texts:
        message = "text must be JSON or YAML in brackets or braces"
        raise ValueError(message)
    return _split(text)


def _split(text: str) -> list[str]:
    """Split a list at its commas."""
    items = [item.strip() for item in text.split(",")]
    if "" in items:
        message = "an item is empty; was the text cut off at a space?"
        raise ValueError(message)
    if len(items) > 1 and _GROUPED.search(text):
        message = "quotes and brackets may contain commas, so text with them is not split"
        raise ValueError(message)
    if text.lower() in _NULL:
        message = "null is not a list"
        raise ValueError(message)
    return items


def _read_yaml(text: str, *, has_texts: bool) -> object:
    """Read JSON or YAML; in a list of texts, 010 and 1.10 are not numbers."""
    try:
        read = json.loads(text)
    except ValueError:
        read = None
    if read is None or (has_texts and not _are_texts(read)):
        try:
            # BaseLoader is safe: it creates only text, lists and mappings.
            read = yaml.load(text, yaml.BaseLoader if has_texts else yaml.SafeLoader)  # noqa: S506
        except (yaml.YAMLError, ValueError) as error:
            message = "it is neither JSON nor YAML; was the text cut off at a space?"
            raise ValueError(message) from error
        # YAML reads {a:1} as the key "a:1" without a value.
        if _lacks_a_value(read):
            message = "a key has no value; YAML needs a space after the colon"
            raise ValueError(message)
    if has_texts and not _are_texts(read):
        message = "its items must be text"
        raise ValueError(message)
    return read


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _lacks_a_value(value: object) -> bool:
    if isinstance(value, dict):
        return any(part is None or _lacks_a_value(part) for part in value.values())
    return isinstance(value, list) and any(_lacks_a_value(part) for part in value)
