"""Install a release: its pinned packages and the package itself, in its own virtual environment.

Usage: install_release.py RELEASE

RELEASE has a package in source/, with a lock in source/requirements.txt; it gets a venv/. All
releases of a host share a cache, which may be deleted at any time: pip, as most of the time that it
takes to make a virtual environment goes into pip's copy, and the wheels, so that a release that
needs no others needs no index. The lock's digests are checked wherever a wheel comes from.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CACHE = Path("/var/cache/botwatch")
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
# Of a virtual environment.
PACKAGES = f"lib/{PYTHON}/site-packages"
LOCKED = ("--require-hashes", "--only-binary", ":all:", "--no-deps")
ITSELF = ("--no-deps", "--no-index", "--no-build-isolation")
# So that security updates of the distribution's pip arrive.
PIP_KEPT_FOR_S = 30 * 24 * 3600
WHEELS_KEPT_FOR_S = 180 * 24 * 3600


class Pip:
    """The pip of a cache, which installs into the virtual environment of a release.

    Attributes:
        environment: the virtual environment of the release.
        home: the virtual environment that contains this pip.
        command: starts it; pip installs into the environment of the Python that runs it.
        wheels: the directory of the cached wheels.
    """

    def __init__(self, environment: Path, cache: Path) -> None:
        """Create the virtual environment, and pip unless the cache has a sound one."""
        self.environment = environment
        self.home = cache / f"pip-{PYTHON}"
        self.command = (environment / "bin/python3", self.home / PACKAGES / "pip")
        self.wheels = cache / "wheels"
        self.wheels.mkdir(parents=True, exist_ok=True)
        run(sys.executable, "-m", "venv", "--without-pip", environment)
        if not self._is_sound():
            run(sys.executable, "-m", "venv", "--clear", "--without-pip", self.home)
            run(self.home / "bin/python3", "-m", "ensurepip", "--default-pip")

    def install_lock(self, lock: Path) -> None:
        """Install a lock's packages: from the cache if it has all of them, else as pip is set up.

        Raises:
            CalledProcessError: a package cannot be downloaded, or is not what the lock says.
        """
        # The release does not see the packages next to the cached pip.
        install = (*self.command, "install", "--quiet", "--ignore-installed", *LOCKED, "-r", lock)
        cached = (*install, "--no-index", "--find-links", self.wheels)
        if succeeds(*cached):
            return
        self.download(lock)
        if not succeeds(*cached):
            run(*install)

    def download(self, lock: Path) -> None:
        """Add a lock's packages to the cache, as far as they can be downloaded.

        What is missing is no error here: installing it reports the cause.
        """
        succeeds(*self.command, "download", *LOCKED, "--dest", self.wheels, "-r", lock)

    def install_package(self, source: Path) -> None:
        """Install a package from its source, with the build tools of the lock.

        Raises:
            CalledProcessError: it cannot be built.
        """
        run(*self.command, "install", "--quiet", *ITSELF, source)

    def delete_unused(self) -> None:
        """Delete the wheels that no release has used for half a year, and pip for older Pythons."""
        for installed in (self.environment / PACKAGES).glob("*.dist-info"):
            for used in self.wheels.glob(f"{installed.stem}-*.whl"):
                used.touch()
        oldest = time.time() - WHEELS_KEPT_FOR_S
        for wheel in self.wheels.glob("*.whl"):
            if wheel.lstat().st_mtime < oldest:
                wheel.unlink()
        for home in self.home.parent.glob("pip-*"):
            if home != self.home:
                shutil.rmtree(home)

    def _is_sound(self) -> bool:
        made = self.home / "bin/pip"
        return (
            made.exists()
            and made.stat().st_mtime > time.time() - PIP_KEPT_FOR_S
            and succeeds(*self.command, "--version")
        )


def run(*command: str | Path) -> None:
    """Run a command; its output is this program's output."""
    subprocess.run(command, check=True)  # noqa: S603 # ours


def succeeds(*command: str | Path) -> bool:
    """Run a command without its output."""
    return subprocess.run(command, check=False, capture_output=True).returncode == 0  # noqa: S603 # ours


@contextmanager
def one_at_a_time(cache: Path) -> Iterator[None]:
    """Wait until no other installation uses the cache, also one whose Ansible was interrupted."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(release: Path) -> None:
    """Install a release.

    Raises:
        CalledProcessError: a command failed, and has said why.
        OSError: a file cannot be written.
    """
    # The service reads as another user what root installs, perhaps with a stricter mask.
    os.umask(0o022)
    with one_at_a_time(CACHE):
        pip = Pip(release / "venv", CACHE)
        pip.install_lock(release / "source/requirements.txt")
        pip.install_package(release / "source")
        # The release is complete; the next one tries again.
        with suppress(OSError):
            pip.delete_unused()


def main(release: str) -> int:
    """Return 1 if the release cannot be installed, after saying why."""
    try:
        install(Path(release))
    except subprocess.CalledProcessError:
        return 1
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
