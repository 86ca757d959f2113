"""Install a release: the packages that it needs and its own, in its own virtual environment.

Usage: install_release.py RELEASE

RELEASE has a program in source/, and perhaps a library in library/ that is installed with it; it
gets a venv/. What the program needs is in source/requirements.txt or source/pyproject.toml. If that
is a lock with digests, exactly that is installed, and the digests are checked wherever a wheel
comes from. Otherwise, pip chooses the versions; a lock of uv or Poetry limits the choice. What was
installed is written to requirements.lock. A program that is a package is installed, too.

All releases of a host share a cache, which may be deleted at any time: pip, as most of the time
that it takes to make a virtual environment goes into pip's copy, and the packages, so that a
release that needs no others needs no index.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
import tomllib
from contextlib import contextmanager, suppress
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CACHE = Path("/var/cache/botwatch")
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
# In a release: what was installed.
LOCK = "requirements.lock"
# Of a virtual environment.
PACKAGES = f"lib/{PYTHON}/site-packages"
LOCKED = ("--require-hashes", "--no-deps")
WHEELS_ONLY = ("--only-binary", ":all:")
ITSELF = ("--no-index", "--no-build-isolation")
# So that security updates of the distribution's pip arrive.
PIP_KEPT_FOR_S = 30 * 24 * 3600
WHEELS_KEPT_FOR_S = 180 * 24 * 3600


class Source:
    """What a release's source says that it needs.

    Attributes:
        path: its directory.
        requirements: its requirements.txt, which it may not have.
        project: its pyproject.toml; empty if it has none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.requirements = path / "requirements.txt"
        self.project = read_toml(path / "pyproject.toml")
        self._poetry = self.project.get("tool", {}).get("poetry", {})

    @property
    def is_locked(self) -> bool:
        """Whether its requirements are a lock with digests."""
        return self.requirements.is_file() and "--hash=" in self.requirements.read_text()

    @property
    def is_package(self) -> bool:
        """Whether pip can install it; a pyproject.toml may only name tools or dependencies."""
        return "build-system" in self.project and self._poetry.get("package-mode") is not False

    def wanted(self) -> list[str | Path]:
        """Name what it needs as pip's arguments.

        Raises:
            ValueError: only Poetry can read what it needs.
        """
        if self.requirements.is_file():
            return ["-r", self.requirements]
        dependencies: list[str | Path] = list(
            self.project.get("project", {}).get("dependencies", [])
        )
        if self.is_package:
            return []
        if not dependencies and self._poetry.get("dependencies"):
            message = (
                "The dependencies in [tool.poetry.dependencies] can be installed only with a "
                "package. Move them to [project.dependencies], or write requirements.txt with "
                "poetry export."
            )
            raise ValueError(message)
        return dependencies

    def constraints(self) -> list[str]:
        """List the versions in the lock of uv or Poetry, but not those that depend on markers."""
        versions: dict[str, set[str]] = {}
        for name in ("uv.lock", "poetry.lock"):
            for package in read_toml(self.path / name).get("package", []):
                if "version" in package and not {"virtual", "editable"} & {
                    *package.get("source", {})
                }:
                    versions.setdefault(package["name"], set()).add(package["version"])
        return [f"{name}=={found.pop()}" for name, found in versions.items() if len(found) == 1]


def read_toml(path: Path) -> dict[str, Any]:
    """Read a file; empty if there is none."""
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


class Pip:
    """The pip of a cache, which installs into the virtual environment of a release.

    Attributes:
        environment: the virtual environment of the release.
        home: the virtual environment that contains this pip.
        command: starts it; pip installs into the environment of the Python that runs it.
        wheels: the directory of the cached wheels of locks.
        downloads: the directory in which pip keeps what else it has downloaded or built.
    """

    def __init__(self, environment: Path, cache: Path) -> None:
        """Create the virtual environment, and pip unless the cache has a sound one."""
        self.environment = environment
        self.home = cache / f"pip-{PYTHON}"
        self.command = (environment / "bin/python3", self.home / PACKAGES / "pip")
        self.wheels = cache / "wheels"
        self.downloads = cache / "downloads"
        self.wheels.mkdir(parents=True, exist_ok=True)
        run(sys.executable, "-m", "venv", "--without-pip", environment)
        if not self._is_sound():
            run(sys.executable, "-m", "venv", "--clear", "--without-pip", self.home)
            run(self.home / "bin/python3", "-m", "ensurepip", "--default-pip")

    def install_lock(self, lock: Path) -> None:
        """Install a lock's packages: from the cache if it has all of them, else as pip is set up.

        A package that is offered only as its source, as some are in locks of users, is built.

        Raises:
            CalledProcessError: a package cannot be downloaded, or is not what the lock says.
        """
        # The release does not see the packages next to the cached pip.
        install = (*self.command, "install", "--quiet", "--ignore-installed", *LOCKED, "-r", lock)
        cached = (*install, *WHEELS_ONLY, "--no-index", "--find-links", self.wheels)
        if succeeds(*cached):
            return
        self.download(lock)
        if not succeeds(*cached):
            run(*install)

    def download(self, lock: Path) -> None:
        """Add a lock's packages to the cache, as far as they can be downloaded.

        What is missing is no error here: installing it reports the cause.
        """
        download = (*self.command, "download", *LOCKED, *WHEELS_ONLY)
        succeeds(*download, "--dest", self.wheels, "-r", lock)

    def install_packages(self, sources: list[Path]) -> None:
        """Install packages from their source: with what the lock has, or else with what they need.

        Raises:
            CalledProcessError: one cannot be built.
        """
        if not succeeds(*self.command, "install", "--quiet", *ITSELF, *sources):
            self.resolve(sources)

    def resolve(self, wanted: Iterable[str | Path], directory: Path | None = None) -> None:
        """Install what is wanted and what that needs, in versions that pip chooses.

        Args:
            wanted: pip's arguments.
            directory: where relative paths in requirements begin.

        Raises:
            CalledProcessError: it cannot be downloaded or built.
        """
        caching = ("--cache-dir", self.downloads)
        install = (*self.command, "install", "--quiet", "--ignore-installed", *caching)
        run(*install, *wanted, directory=directory)

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


def run(*command: str | Path, directory: Path | None = None) -> None:
    """Run a command, perhaps in a directory; its output is this program's output."""
    subprocess.run(command, check=True, cwd=directory)  # noqa: S603 # ours


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


def install_all(pip: Pip, release: Path) -> None:
    """Install what a release needs, its library and its package, as far as it has them."""
    source, library = Source(release / "source"), release / "library"
    own = [library] if library.is_dir() else []
    own += [source.path] if source.is_package else []
    if source.is_locked:
        pip.install_lock(source.requirements)
        if own:
            pip.install_packages(own)
        return
    wanted = [*own, *source.wanted()]
    constraints = source.constraints()
    if constraints:
        limits = release / "constraints.txt"
        limits.write_text("".join(f"{line}\n" for line in constraints))
        wanted += ["-c", limits]
    if own or source.wanted():
        pip.resolve(wanted, source.path)


def record(release: Path) -> None:
    """Write what was installed, but what came with the release."""
    lines = {
        f"{found.name}=={found.version}"
        for found in distributions(path=[str(release / "venv" / PACKAGES)])
        if '"file://' not in (found.read_text("direct_url.json") or "")
    }
    (release / LOCK).write_text("".join(f"{line}\n" for line in sorted(lines, key=str.lower)))


def install(release: Path) -> None:
    """Install a release.

    Raises:
        CalledProcessError: a command failed, and has said why.
        OSError: a file cannot be written.
        ValueError: the source's own files cannot be read.
    """
    # The service reads as another user what root installs, perhaps with a stricter mask.
    os.umask(0o022)
    with one_at_a_time(CACHE):
        pip = Pip(release / "venv", CACHE)
        install_all(pip, release)
        record(release)
        # The release is complete; the next one tries again.
        with suppress(OSError):
            pip.delete_unused()


def main(release: str) -> int:
    """Return 1 if the release cannot be installed, after saying why."""
    try:
        install(Path(release))
    except subprocess.CalledProcessError:
        return 1
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
