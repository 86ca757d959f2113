"""Settings from environment variables: the fields of a dataclass, which say how they are read.

The packages `probe` and `sandbox` both have this file, as each is installed without the other.
"""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from dataclasses import Field

_Settings = TypeVar("_Settings")


class SettingsError(Exception):
    """A setting that cannot be used: one sentence with the thing, the cause and the remedy."""

    def __init__(self, thing: str, cause: str, remedy: str) -> None:
        super().__init__(f"{thing} {cause}; {remedy}.")


def about(read: Callable[[str], object], must_be: str) -> dict[str, object]:
    """Describe a setting: the metadata of its field.

    Args:
        read: from its text to its value; raises ValueError for what it refuses.
        must_be: completes "it must be …".
    """
    return {"read": read, "must_be": must_be}


def load(kind: type[_Settings], prefix: str, environment: Mapping[str, str]) -> _Settings:
    """Return the settings in an environment; an empty variable counts as not set.

    Raises:
        SettingsError: a variable is missing or invalid.
    """
    found = {}
    for variable, setting in _variables(kind, prefix).items():
        text = environment.get(variable, "")
        remedy = f"it must be {setting.metadata['must_be']}"
        if text:
            try:
                found[setting.name] = setting.metadata["read"](text)
            except ValueError as error:
                raise SettingsError(variable, f"is {text!r}", remedy) from error
        elif setting.default is MISSING:
            raise SettingsError(variable, "is not set", remedy)
    return kind(**found)


def refuse_unknown(kind: type, prefix: str, environment: Mapping[str, str]) -> None:
    """Make sure that every variable with the prefix is a setting.

    Raises:
        SettingsError: one is not.
    """
    known = _variables(kind, prefix)
    for name in sorted(environment):
        if name.startswith(prefix) and name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f" (perhaps {near[0]} is meant)" if near else ""
            raise SettingsError(name, "is no setting", f"remove or rename it{hint}")


def number(lowest: int, highest: int) -> Callable[[str], int]:
    """Return a reader of decimal numbers within bounds."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not lowest <= int(text) <= highest:
            raise ValueError
        return int(text)

    return read


def seconds(text: str) -> float:
    """Return a time in seconds, which is more than none and not for ever."""
    found = float(text)
    if not 0 < found < float("inf"):
        raise ValueError
    return found


def _variables(kind: type, prefix: str) -> dict[str, Field[Any]]:
    return {f"{prefix}{setting.name.upper()}": setting for setting in fields(kind)}
