"""Walking through nested lists and mappings, such as a configuration in a vendor's own syntax."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# An entry of a list is named by one of these, if it has one.
NAMES = ("job_name", "name")


def leaves(value: object, path: str) -> Iterator[tuple[str, object]]:
    """Give every value that is no list and no mapping, with its path: `jobs.web.tls_config.key`."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, f"{path}.{key}")
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part, f"{path}{_name(part)}")
    else:
        yield path, value


def _name(entry: object) -> str:
    if isinstance(entry, dict):
        for key in NAMES:
            if entry.get(key):
                return f".{entry[key]}"
    return ""
