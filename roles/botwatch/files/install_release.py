"""Install a release: its pinned packages and the package itself, in its own virtual environment.

Usage: install_release.py RELEASE

RELEASE has a package in source/, with a lock in source/requirements.txt; it gets a venv/. All
releases of a host share a cache, which may be deleted at any time: pip, as most of the time that it
takes to make a virtual environment goes into pip's copy, and the wheels, so that a release that
needs no others needs no index. The lock's digests are checked wherever a wheel comes from.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

CACHE = Path("/var/cache/botwatch")
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
LOCKED = ("--require-hashes", "--only-binary", ":all:", "--no-deps")
ITSELF = ("--no-deps", "--no-index", "--no-build-isolation")
WHEELS_KEPT_FOR_S = 180 * 24 * 3600


class Pip:
    """The pip of a cache, which installs into the virtual environment of a release.

    Attributes:
        command: what starts it; pip looks after the environment of the Python that runs it.
        wheels: where it keeps what it has downloaded.
        packages: where it puts packages.
    """

    def __init__(self, environment: Path, cache: Path) -> None:
        """Make the virtual environment, and pip where the cache has none yet."""
        home = cache / f"pip-{PYTHON}"
        # pip's own command is the last of its files.
        if not (home / "bin/pip").exists():
            run(sys.executable, "-m", "venv", "--clear", home)
        run(sys.executable, "-m", "venv", "--without-pip", environment)
        self.command = (environment / "bin/python3", home / f"lib/{PYTHON}/site-packages/pip")
        self.wheels = cache / "wheels"
        self.wheels.mkdir(parents=True, exist_ok=True)
        self.packages = environment / f"lib/{PYTHON}/site-packages"

    def download(self, lock: Path) -> None:
        """Add to the cache what a lock names.

        Raises:
            CalledProcessError: a package cannot be had, or is not what the lock says.
        """
        run(*self.command, "download", "--quiet", *LOCKED, "--dest", self.wheels, "-r", lock)

    def install_lock(self, lock: Path) -> None:
        """Install a lock's packages; download them only if a wheel is missing or damaged.

        Raises:
            CalledProcessError: as for `download`.
        """
        found = ("--no-index", "--find-links", self.wheels)
        install = (*self.command, "install", "--quiet", *LOCKED, *found, "-r", lock)
        if subprocess.run(install, capture_output=True, check=False).returncode != 0:  # noqa: S603 # ours
            self.download(lock)
            run(*install)

    def install_package(self, source: Path) -> None:
        """Install a package from its source, with the build tools of the lock.

        Raises:
            CalledProcessError: it cannot be built.
        """
        run(*self.command, "install", "--quiet", *ITSELF, source)

    def forget_old_wheels(self) -> None:
        """Delete the wheels that no release has used for half a year."""
        for installed in self.packages.glob("*.dist-info"):
            for used in self.wheels.glob(f"{installed.stem}-*.whl"):
                used.touch()
        oldest = time.time() - WHEELS_KEPT_FOR_S
        for wheel in self.wheels.iterdir():
            if wheel.stat().st_mtime < oldest:
                wheel.unlink()


def run(*command: str | Path) -> None:
    """Run a command; what it says is what this says."""
    subprocess.run(command, check=True)  # noqa: S603 # ours


def install(release: Path, cache: Path = CACHE) -> None:
    """Install a release.

    Raises:
        CalledProcessError: a command failed, and has said why.
    """
    # The service reads as another user what root installs, perhaps with a stricter mask.
    os.umask(0o022)
    pip = Pip(release / "venv", cache)
    pip.install_lock(release / "source/requirements.txt")
    pip.install_package(release / "source")
    pip.forget_old_wheels()


def main(release: str) -> int:
    """Return 1 if the release cannot be installed, after what failed has said why."""
    try:
        install(Path(release))
    except subprocess.CalledProcessError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
