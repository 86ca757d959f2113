"""The variables of a dashboard's JSON, filled in as Grafana does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from botwatch_sandbox.jsonio import JsonObject, inside, objects, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

# Not `$1`, which is a part of what label_replace() has matched.
VARIABLE = re.compile(r"\$([A-Za-z_]\w*)|\$\{(\w+)\}", re.ASCII)
# All of what can be chosen above a dashboard.
ALL = ".+"


def fill(text: str, values: Mapping[str, str], *, strict: bool = False) -> str:
    """Fill variables in.

    Args:
        text: with `$name` or `${name}`.
        values: by name.
        strict: whether an unknown variable is an error; else it stays.

    Raises:
        KeyError: a variable is unknown, where this is strict.
    """

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        return values[name] if strict else values.get(name, found[0])

    return VARIABLE.sub(value, text)


def constants(dashboard: JsonObject) -> dict[str, str]:
    """Read the values that come from the roles' variables."""
    return {
        text_of(variable.get("name")): text_of(variable.get("query"))
        for variable in _variables(dashboard)
        if variable.get("type") == "constant"
    }


def choices(dashboard: JsonObject) -> dict[str, str]:
    """Read what can be chosen: by name, the question for the values."""
    return {
        text_of(variable.get("name")): text_of(inside(variable, "query").get("query"))
        for variable in _variables(dashboard)
        if variable.get("type") != "constant"
    }


def values_of(dashboard: JsonObject) -> dict[str, str]:
    """Return the values of all variables, with all chosen of what can be."""
    return {**constants(dashboard), **dict.fromkeys(choices(dashboard), ALL)}


def of_time(range_s: int, step_s: int, least_s: int) -> dict[str, str]:
    """Return the variables that follow from the time that is shown.

    Args:
        range_s: how long that is.
        step_s: how far the points are apart.
        least_s: how far they are apart at the least.
    """
    return {
        "__range": f"{range_s}s",
        "__interval": f"{step_s}s",
        "__rate_interval": f"{max(step_s + least_s, 4 * least_s)}s",
    }


def _variables(dashboard: JsonObject) -> list[JsonObject]:
    return objects(inside(dashboard, "templating").get("list"))
