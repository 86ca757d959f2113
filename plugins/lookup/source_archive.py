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
from ansible.utils.display import Display

from ..plugin_utils.own_sources import OwnSource
from ..plugin_utils.paths import files_below

DOCUMENTATION = """
name: source_archive
short_description: Pack source trees, deterministically
description:
  - Packs each tree as C(source/) into a gzipped tar below the user's cache and returns its path and
    digest.
  - Equal content gives the same digest on every machine, so a host can tell whether it has it.
options:
  _terms:
    description: Directories to pack. Tests and what tools leave behind stay out.
    required: true
  library:
    description: A directory to pack with each tree, as C(library/); empty for none.
    type: str
    default: ""
  files:
    description: Files to pack with each tree; their names in the archive, and their paths.
    type: dict
    default: {}
  foreign:
    description:
      - Whether the trees are a user's own. Their tests may be imported, their files may be
        programs, and they need not be packages. Directories that are links are packed like others
        if they lead to another place in the tree; what a .dockerignore names stays out.
    type: bool
    default: false
  hidden:
    description: Whether hidden files of a user's own trees are packed, but those with secrets.
    type: bool
    default: false
  logs:
    description: Log files in a user's own trees, which stay out.
    type: list
    elements: str
    default: []
"""

LEFT_OUT = ("__pycache__", "*.egg-info", "build", "dist", "tests", ".*")
DIGEST_LENGTH = 12


def source_files(tree: Path) -> list[Path]:
    """List the files of a package to ship, relative to its directory, in a fixed order."""
    return files_below(tree, lambda name: any(fnmatch(name, pattern) for pattern in LEFT_OUT))


def pack(files: dict[str, Path], *, programs: bool = False) -> bytes:
    """Pack files so that equal content gives equal bytes: no times, owners or local modes.

    Nothing is compressed yet: what comes out of that differs between versions of the library.

    Args:
        files: the path of each file, by its name in the archive.
        programs: whether files that can be executed stay so.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        # The host's umask would decide on the mode of directories that the archive does not name.
        folders = {path for name in files for path in Path(name).parents}
        for directory in sorted(folders - {Path()}):
            entry = tarfile.TarInfo(str(directory))
            entry.type = tarfile.DIRTYPE
            entry.mode = 0o755
            archive.addfile(entry)
        for name, path in sorted(files.items()):
            content = path.read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o755 if programs and os.access(path, os.X_OK) else 0o644
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def cache_directory() -> Path:
    """Name the directory for archives in the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "botwatch" / "archives"


class LookupModule(LookupBase):
    """Return {path, digest} for each tree."""

    def run(
        self, terms: list[str], variables: dict[str, Any] | None = None, **options: object
    ) -> list[dict[str, str]]:
        """Pack each tree; see DOCUMENTATION."""
        self.set_options(var_options=variables, direct=options)
        return [self._archive(Path(term)) for term in terms]

    def _archive(self, tree: Path) -> dict[str, str]:
        foreign = self.get_option("foreign")
        if not foreign and not (tree / "pyproject.toml").is_file():
            message = f"{tree} holds no pyproject.toml: name the directory of a Python package."
            raise AnsibleLookupError(message)
        content = pack(self._files(tree), programs=foreign)
        digest = hashlib.sha256(content).hexdigest()[:DIGEST_LENGTH]
        path = cache_directory() / f"{tree.name}-{digest}.tar.gz"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(f".{os.getpid()}")
            unfinished.write_bytes(gzip.compress(content))
            unfinished.replace(path)
        return {"path": str(path), "digest": digest}

    def _files(self, tree: Path) -> dict[str, Path]:
        """Name the files to pack, and where they are."""
        source = self._own_files(tree) if self.get_option("foreign") else source_files(tree)
        files = {f"source/{path}": tree / path for path in source}
        if self.get_option("library"):
            library = Path(self.get_option("library"))
            files |= {f"library/{path}": library / path for path in source_files(library)}
        return files | {name: Path(path) for name, path in self.get_option("files").items()}

    def _own_files(self, tree: Path) -> list[Path]:
        try:
            own = OwnSource(tree, hidden=self.get_option("hidden"), logs=self.get_option("logs"))
            found = own.files()
        except (OSError, ValueError) as error:
            raise AnsibleLookupError(str(error)) from error
        for note in own.notes:
            Display().warning(note)
        return found
