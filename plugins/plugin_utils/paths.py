"""Paths on the controller, as users give them."""

from __future__ import annotations

import hashlib
from pathlib import Path


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


def sha256(path: Path) -> str:
    """Compute a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
