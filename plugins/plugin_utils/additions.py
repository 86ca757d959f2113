"""What the additions of users to any service's configuration have in common: files and secrets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

# Also what a key of a ConfigMap may be.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
USERINFO = re.compile(r"https?://[^/@\s]*:[^/@\s]+@")

Data = dict[str, Any]


def file_faults(
    found: list[Data], variable: str, own_names: list[str], suffixes: list[str]
) -> list[str]:
    """Say what is wrong with files on the controller."""
    faults = [
        f"{entry['pattern']} is no file on the controller: correct the path"
        for entry in found
        if not entry["paths"]
    ]
    seen = set(own_names)
    for path in sorted({path for entry in found for path in entry["paths"]}):
        name = Path(path)
        if not NAME.fullmatch(name.name):
            faults.append(f"rename {path}: use letters, digits, '.', '-' and '_'")
        elif name.suffix not in suffixes:
            faults.append(f"{path} does not end with {' or '.join(suffixes)}: rename it")
        elif name.stem in seen:
            faults.append(f"the name {name.stem} is taken: rename {path}")
        seen.add(name.stem)
    return [f"{variable}: {fault}." for fault in faults]


def secret_faults(variable: str, secrets: Data, own_names: list[str]) -> Iterator[str]:
    """Say what is wrong with secrets by the names of their files; no value is shown."""
    for name, content in secrets.items():
        if not NAME.fullmatch(str(name)):
            yield f"{variable}: {name!r} is no file name: use letters, digits, '.', '-' and '_'."
        elif name in own_names:
            yield f"{variable}: botwatch has a file {name} itself: choose another name."
        if not isinstance(content, str) or not content:
            yield (
                f"{variable}: the content of {name} is no text: set it in the vault, in quotes, as "
                f"YAML reads 0123 as a number."
            )


def is_missing(value: object, directory: str, secrets: Collection[str]) -> str:
    """Name the secret that a `..._file` option names and nobody gives; empty if there is none."""
    prefix = f"{directory}/"
    name = str(value).removeprefix(prefix)
    return name if str(value).startswith(prefix) and name not in secrets else ""
