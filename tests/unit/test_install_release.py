"""The program that installs a release, with a package index of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import install_release
import pytest

from locks.package_index import PackageIndex, serve, wheel

PROGRAM = Path(install_release.__file__)
# Builds the package without a build tool from elsewhere.
BACKEND = """\
import pathlib
def build_wheel(folder, config_settings=None, metadata_directory=None):
    pathlib.Path(folder, "bot-1-py3-none-any.whl").write_bytes(pathlib.Path("built").read_bytes())
    return "bot-1-py3-none-any.whl"
"""
PROJECT = """\
[project]
name = "bot"
version = "1"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


class Machine:
    """A host's releases and its cache, and the index that its pip knows."""

    def __init__(self, folder: Path, cache: Path, index: PackageIndex) -> None:
        self.folder, self.cache, self.index = folder, cache, index

    def release(self, name: str, *lock: str) -> Path:
        """Lay out a release that is not installed yet."""
        source = self.folder / name / "source"
        source.mkdir(parents=True)
        (source / "pyproject.toml").write_text(PROJECT)
        (source / "backend.py").write_text(BACKEND)
        (source / "built").write_bytes(wheel("bot", "1"))
        (source / "requirements.txt").write_text("".join(f"{line}\n" for line in lock))
        return source.parent

    def install(self, release: Path, *, index: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the program as the role does, but with a cache of the test's own."""
        program = PROGRAM.read_text().replace(str(install_release.CACHE), str(self.cache))
        return subprocess.run(
            [sys.executable, "-", release], input=program, capture_output=True, text=True,
            check=False, umask=0o077,
            env={
                **os.environ,
                "PIP_CONFIG_FILE": os.devnull,
                "PIP_INDEX_URL": self.index.url if index else "http://127.0.0.1:9/simple/",
                "PIP_RETRIES": "0",
                "NO_PROXY": "127.0.0.1",
                "no_proxy": "127.0.0.1",
            },
        )  # fmt: skip

    @property
    def wheels(self) -> set[str]:
        """Name the wheels in the cache."""
        return {path.name for path in (self.cache / "wheels").iterdir()}


@pytest.fixture(scope="module")
def pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with pip in it, which takes longest to make."""
    folder = tmp_path_factory.mktemp("pip")
    install_release.Pip(folder / "environment", folder / "cache")
    return folder / "cache"


@pytest.fixture
def machine(tmp_path: Path, pip: Path) -> Iterator[Machine]:
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / f"pip-{install_release.PYTHON}").symlink_to(pip / f"pip-{install_release.PYTHON}")
    with serve() as index:
        yield Machine(tmp_path, cache, index)


def packages(release: Path) -> set[str]:
    return {path.stem for path in (release / "venv").rglob("*.dist-info")}


def assert_installed(run: subprocess.CompletedProcess[str], release: Path, *found: str) -> None:
    assert run.returncode == 0, run.stderr
    assert packages(release) == set(found)


def test_what_was_downloaded_once_needs_no_index(machine: Machine) -> None:
    lock = f"engine==1.0 --hash={machine.index.publish('engine', '1.0', wheel('engine', '1.0'))}"
    first, second = machine.release("first", lock), machine.release("second", lock)
    assert_installed(machine.install(first), first, "bot-1", "engine-1.0")
    assert_installed(machine.install(second, index=False), second, "bot-1", "engine-1.0")


def test_what_is_missing_is_downloaded(machine: Machine) -> None:
    engine = f"engine==1.0 --hash={machine.index.publish('engine', '1.0', wheel('engine', '1.0'))}"
    reader = f"reader==1.0 --hash={machine.index.publish('reader', '1.0', wheel('reader', '1.0'))}"
    first, second = machine.release("first", engine), machine.release("second", engine, reader)
    assert_installed(machine.install(first), first, "bot-1", "engine-1.0")
    assert_installed(machine.install(second), second, "bot-1", "engine-1.0", "reader-1.0")


def test_a_damaged_wheel_is_downloaded_again(machine: Machine) -> None:
    content = wheel("engine", "1.0")
    lock = f"engine==1.0 --hash={machine.index.publish('engine', '1.0', content)}"
    release = machine.release("first", lock)
    damaged = machine.cache / "wheels/engine-1.0-py3-none-any.whl"
    damaged.parent.mkdir()
    damaged.write_bytes(content[:-1])
    assert_installed(machine.install(release), release, "bot-1", "engine-1.0")
    assert damaged.read_bytes() == content


def test_what_is_not_what_the_lock_says_is_refused(machine: Machine) -> None:
    machine.index.publish("engine", "1.0", wheel("engine", "1.0"))
    refused = machine.install(machine.release("first", f"engine==1.0 --hash=sha256:{'0' * 64}"))
    assert refused.returncode == 1
    assert "DO NOT MATCH THE HASHES" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_what_cannot_be_had_is_named(machine: Machine) -> None:
    release = machine.release("first", f"engine==1.0 --hash=sha256:{'0' * 64}")
    refused = machine.install(release, index=False)
    assert refused.returncode == 1
    assert "engine==1.0" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_everybody_may_read_what_is_installed(machine: Machine) -> None:
    """The umask of the run above is one that lets nobody else."""
    lock = f"engine==1.0 --hash={machine.index.publish('engine', '1.0', wheel('engine', '1.0'))}"
    release = machine.release("first", lock)
    assert machine.install(release).returncode == 0
    installed = [path for path in (release / "venv").rglob("*") if not path.is_symlink()]
    assert installed
    assert [path for path in installed if path.stat().st_mode & 0o444 != 0o444] == []


def test_wheels_that_no_release_uses_any_more_are_deleted(machine: Machine) -> None:
    lock = f"engine==1.0 --hash={machine.index.publish('engine', '1.0', wheel('engine', '1.0'))}"
    assert machine.install(machine.release("first", lock)).returncode == 0
    wheels = machine.cache / "wheels"
    (wheels / "reader-1.0-py3-none-any.whl").write_bytes(wheel("reader", "1.0"))
    long_ago = time.time() - install_release.WHEELS_KEPT_FOR_S - 1
    for path in wheels.iterdir():
        os.utime(path, (long_ago, long_ago))
    assert machine.install(machine.release("second", lock)).returncode == 0
    assert machine.wheels == {"engine-1.0-py3-none-any.whl"}


def test_a_pip_that_was_not_finished_is_made_anew(machine: Machine) -> None:
    home = machine.cache / f"pip-{install_release.PYTHON}"
    home.unlink()
    (home / "lib").mkdir(parents=True)
    release = machine.release("first")
    assert_installed(machine.install(release), release, "bot-1")
