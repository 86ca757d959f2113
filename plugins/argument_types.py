"""The types of a role's argument spec, as conditions, loops and comparisons need them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "list": (list,),
    "dict": (dict,),
}


def has_type(option: dict[str, Any], value: object) -> bool:
    """Say whether a value, and each element of a list, has the type that the spec asks for."""
    if isinstance(value, list) and "elements" in option:
        return all(has_type({"type": option["elements"]}, element) for element in value)
    kinds = PYTHON_TYPES.get(option.get("type", "str"))
    # In Python a bool is an int, too.
    is_bool = isinstance(value, bool)
    return kinds is None or (isinstance(value, kinds) and is_bool is (bool in kinds))


def read_text(option: dict[str, Any], value: object) -> object:
    """Read a list or mapping that was given as the text of its JSON."""
    if isinstance(value, str) and option.get("type") in {"list", "dict"}:
        with suppress(ValueError):
            return json.loads(value)
    return value
