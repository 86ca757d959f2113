"""Pack a source tree for shipping to a host, under a name made from its content."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

DOCUMENTATION = """
name: source_archive
short_description: Pack source trees, deterministically
description:
  - Packs each tree into a gzipped tar below the user's cache and returns its path and digest.
  - Equal content gives the same digest on every machine, so a host can tell whether it has it.
options:
  _terms:
    description: Directories to pack. Tests and what tools leave behind stay out.
    required: true
"""

LEFT_OUT = ("__pycache__", "build", "dist", "tests", "*.egg-info", ".*")
DIGEST_LENGTH = 12


def source_files(tree: Path) -> list[Path]:
    """List the files to ship, relative to the tree, in a fixed order."""
    return sorted(
        path.relative_to(tree)
        for path in tree.rglob("*")
        if path.is_file() and not is_left_out(path.relative_to(tree))
    )


def is_left_out(relative: Path) -> bool:
    """Tell whether a file, or a directory that it is in, is not to be shipped."""
    return any(fnmatch(part, pattern) for part in relative.parts for pattern in LEFT_OUT)


def pack(tree: Path) -> bytes:
    """Pack a tree so that equal content gives equal bytes: no times, owners or local modes.

    Nothing is compressed yet: what comes out of that differs between versions of the library.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        files = source_files(tree)
        # The host's umask would decide on the mode of directories that the archive does not name.
        for directory in sorted({path for file in files for path in file.parents} - {Path()}):
            entry = tarfile.TarInfo(str(directory))
            entry.type = tarfile.DIRTYPE
            entry.mode = 0o755
            archive.addfile(entry)
        for relative in files:
            content = (tree / relative).read_bytes()
            entry = tarfile.TarInfo(str(relative))
            entry.size = len(content)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def cache_directory() -> Path:
    """Name the directory for archives in the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "botwatch" / "archives"


class LookupModule(LookupBase):
    """Return {path, digest} for each tree."""

    def run(
        self, terms: list[str], variables: dict[str, Any] | None = None, **_options: object
    ) -> list[dict[str, str]]:
        """Pack each tree; see DOCUMENTATION."""
        return [self._archive(Path(term)) for term in terms]

    def _archive(self, tree: Path) -> dict[str, str]:
        if not (tree / "pyproject.toml").is_file():
            message = f"{tree} holds no pyproject.toml: name the directory of a Python package."
            raise AnsibleLookupError(message)
        content = pack(tree)
        digest = hashlib.sha256(content).hexdigest()[:DIGEST_LENGTH]
        path = cache_directory() / f"{tree.name}-{digest}.tar.gz"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(f".{os.getpid()}")
            unfinished.write_bytes(gzip.compress(content))
            unfinished.replace(path)
        return {"path": str(path), "digest": digest}
