"""Reading files that may be absent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path) -> bytes | None:
    """Read a file; what cannot be read as one is nothing."""
    try:
        return path.read_bytes()
    except OSError:
        return None
