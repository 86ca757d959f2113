"""Reading files that may be absent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path) -> bytes | None:
    """Read a file; what cannot be read as one is nothing."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def memory_mb(root: Path) -> int:
    """Read how much memory the host has; Ansible's fact for it comes with all disks and mounts."""
    said = read(root / "proc/meminfo") or b""
    found = re.search(rb"^MemTotal:\s+(\d+) kB", said, re.MULTILINE)
    return int(found.group(1)) // 1024 if found else 0
