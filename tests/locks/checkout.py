"""A copy of what writes and installs the locks, with caches of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from repo.roles import REPOSITORY

INSTALLER = REPOSITORY / "roles/common/files/install_release.py"
ELSEWHERE = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "UV_INDEX")


@dataclass(frozen=True)
class Checkout:
    """A checkout without a virtual environment, on a machine that has cached nothing.

    Attributes:
        path: where it is.
        index: the only package index that it knows; None for the machine's own.
    """

    path: Path
    index: str | None = None

    @classmethod
    def make(cls, path: Path, index: str | None = None) -> Checkout:
        """Copy the tools, and the .in files and locks of the repository."""
        for name in ("Makefile", "tools/setup", "tools/lock", *inputs(), *locks()):
            copy = path / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, copy)
        return cls(path, index)

    def run(self, *command: str | Path) -> str:
        """Run a command there, which must succeed; return what it says."""
        done = subprocess.run(
            command, cwd=self.path, env=self._environment(), check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return done.stdout

    def pip(self, python: Path, *arguments: str) -> str:
        """Run pip on the environment of a Python, which may have none itself."""
        return self.run(sys.executable, "-m", "pip", "--python", python, *arguments)

    def locks(self) -> dict[str, bytes]:
        """Read the locks."""
        return {name: (self.path / name).read_bytes() for name in locks()}

    def install_as_on_a_host(self, lock: str) -> Path:
        """Install a lock as the roles do on a host; return the Python that has it."""
        environment = self.path / f"host-{lock.replace('/', '-')}"
        program = (
            "from pathlib import Path; from install_release import Pip;"
            f" Pip(Path({str(environment)!r}), Path('cache/botwatch')).install_lock(Path({lock!r}))"
        )
        self.run("env", f"PYTHONPATH={INSTALLER.parent}", "python3", "-c", program)
        return environment / "bin/python"

    def _environment(self) -> dict[str, str]:
        environment = {
            **os.environ,
            "XDG_CACHE_HOME": str(self.path / "cache"),
            "PIP_NO_CACHE_DIR": "1",
            "UV_NO_CACHE": "1",
        }
        if self.index is None:
            return environment
        own = {name: value for name, value in environment.items() if name not in ELSEWHERE}
        return {
            **own,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": self.index,
            "UV_DEFAULT_INDEX": self.index,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }


def inputs() -> list[str]:
    """Name the files that say what is needed, as the repository has them."""
    listed = subprocess.run(
        ["git", "ls-files", "--", "*.in"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    )
    return listed.stdout.split()


def locks() -> list[str]:
    """Name the locks: one beside each .in file."""
    return [name.removesuffix(".in") + ".txt" for name in inputs()]
