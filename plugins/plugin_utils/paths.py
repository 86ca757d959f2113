"""Paths on the controller, as users give them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def locate(given: str) -> Path:
    """Make a path absolute, from the home directory or the current one.

    Ansible's own actions would look for a relative path next to the playbook and in the roles.
    """
    return Path(given).expanduser().absolute()


def matches(pattern: str) -> list[str]:
    """List the files that match a pattern, in a fixed order."""
    path = locate(pattern)
    found = Path(path.anchor).glob(str(path.relative_to(path.anchor)))
    return sorted(str(file) for file in found if file.is_file())


def files_below(tree: Path, is_left_out: Callable[[str], bool]) -> list[Path]:
    """List the files below a directory, relative to it, in a fixed order.

    What is left out by its name is not searched: a virtual environment may hold thousands of files.
    """
    found: list[Path] = []
    for directory, directories, names in os.walk(tree):
        directories[:] = [name for name in directories if not is_left_out(name)]
        paths = (Path(directory, name) for name in names if not is_left_out(name))
        found += [path.relative_to(tree) for path in paths if path.is_file()]
    return sorted(found)


def sha256(path: Path) -> str:
    """Compute a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
