"""The program that installs a release, with a package index of its own."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import install_release
import pytest

from locks.package_index import PackageIndex, serve, wheel

PROGRAM = Path(install_release.__file__)
HOME = f"pip-{install_release.PYTHON}"
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


@dataclass(frozen=True)
class Outcome:
    """What came of an installation."""

    release: Path
    code: int
    errors: str

    def assert_installed(self, *found: str) -> None:
        """Assert that the release has the package and what its lock names, and nothing else."""
        assert self.code == 0, self.errors
        installed = {path.stem for path in (self.release / "venv").rglob("*.dist-info")}
        assert installed == {"bot-1", *found}

    def assert_refused(self, word: str) -> None:
        """Assert that it failed with a message, not with a traceback of the program's own."""
        assert self.code == 1
        assert word in self.errors
        assert "Traceback" not in self.errors


@dataclass(frozen=True)
class Installation:
    """An installation that goes on."""

    release: Path
    process: subprocess.Popen[str]
    program: str

    def outcome(self) -> Outcome:
        """Let it end."""
        _, errors = self.process.communicate(self.program)
        return Outcome(self.release, self.process.returncode, errors)


def write_package(directory: Path) -> None:
    """Write the source of a package that builds itself."""
    (directory / "pyproject.toml").write_text(PROJECT)
    (directory / "backend.py").write_text(BACKEND)
    (directory / "built").write_bytes(wheel("bot", "1"))


class Machine:
    """A host's releases and its cache, and the index that its pip knows."""

    def __init__(self, folder: Path, cache: Path, index: PackageIndex) -> None:
        self.folder, self.cache, self.index = folder, cache, index

    def release(self, name: str, *lock: str) -> Path:
        """Lay out a release that is not installed yet."""
        source = self.folder / name / "source"
        source.mkdir(parents=True)
        write_package(source)
        (source / "requirements.txt").write_text("".join(f"{line}\n" for line in lock))
        return source.parent

    def start(self, release: Path, *, index: bool = True, section: str = "global") -> Installation:
        """Start the program as the role does, but with a cache of the test's own."""
        program = PROGRAM.read_text().replace(str(install_release.CACHE), str(self.cache))
        settings = self.folder / f"{release.name}.conf"
        address = self.index.url if index else "http://127.0.0.1:9/simple/"
        settings.write_text(f"[{section}]\nindex-url = {address}\n")
        elsewhere = {name: value for name, value in os.environ.items() if name[:4] != "PIP_"}
        process = subprocess.Popen(
            [sys.executable, "-", release], umask=0o077, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={
                **elsewhere, "NO_PROXY": "*", "no_proxy": "*",
                "PIP_CONFIG_FILE": str(settings), "PIP_RETRIES": "0",
            },
        )  # fmt: skip
        return Installation(release, process, program)

    def install(self, release: Path, *, index: bool = True, section: str = "global") -> Outcome:
        """Run the program."""
        return self.start(release, index=index, section=section).outcome()

    def publish(self, name: str) -> str:
        """Offer a package; return the line of a lock that names it."""
        digest = self.index.publish(name, "1.0", wheel(name, "1.0"))
        return f"{name}==1.0 --hash={digest}"

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
    (cache / HOME).symlink_to(pip / HOME)
    with serve() as index:
        yield Machine(tmp_path, cache, index)


def test_what_was_downloaded_once_needs_no_index(machine: Machine) -> None:
    lock = machine.publish("engine")
    machine.install(machine.release("first", lock)).assert_installed("engine-1.0")
    second = machine.release("second", lock)
    machine.install(second, index=False).assert_installed("engine-1.0")


def test_what_is_missing_is_downloaded(machine: Machine) -> None:
    engine, reader = machine.publish("engine"), machine.publish("reader")
    machine.install(machine.release("first", engine)).assert_installed("engine-1.0")
    second = machine.release("second", engine, reader)
    machine.install(second).assert_installed("engine-1.0", "reader-1.0")
    assert machine.wheels == {f"{name}-1.0-py3-none-any.whl" for name in ("engine", "reader")}


def test_settings_of_pip_for_install_alone_are_used(machine: Machine) -> None:
    release = machine.release("first", machine.publish("engine"))
    machine.install(release, section="install").assert_installed("engine-1.0")


def test_a_damaged_wheel_is_downloaded_again(machine: Machine) -> None:
    release = machine.release("first", machine.publish("engine"))
    damaged = machine.cache / "wheels/engine-1.0-py3-none-any.whl"
    damaged.parent.mkdir()
    damaged.write_bytes(b"damaged")
    machine.install(release).assert_installed("engine-1.0")
    assert damaged.read_bytes() == wheel("engine", "1.0")


def test_a_wheel_of_another_lock_does_not_hide_the_right_one(machine: Machine) -> None:
    release = machine.release("first", machine.publish("engine"))
    # pip takes the highest build number.
    other = machine.cache / "wheels/engine-1.0-2-py3-none-any.whl"
    other.parent.mkdir()
    other.write_bytes(wheel("engine", "1.0", extras=("other",)))
    machine.install(release).assert_installed("engine-1.0")


def test_what_is_not_what_the_lock_says_is_refused(machine: Machine) -> None:
    machine.publish("engine")
    release = machine.release("first", f"engine==1.0 --hash=sha256:{'0' * 64}")
    machine.install(release).assert_refused("DO NOT MATCH THE HASHES")


def test_what_cannot_be_downloaded_is_named(machine: Machine) -> None:
    release = machine.release("first", f"engine==1.0 --hash=sha256:{'0' * 64}")
    machine.install(release, index=False).assert_refused("engine==1.0")


def test_a_cache_that_cannot_be_written_is_named(machine: Machine) -> None:
    (machine.cache / "wheels").write_text("no folder")
    machine.install(machine.release("first")).assert_refused(
        f"File exists: '{machine.cache}/wheels'"
    )


def test_everybody_may_read_what_is_installed(machine: Machine) -> None:
    """The umask of the run above is one that lets nobody else."""
    release = machine.release("first", machine.publish("engine"))
    machine.install(release).assert_installed("engine-1.0")
    installed = [path for path in (release / "venv").rglob("*") if not path.is_symlink()]
    assert installed
    assert [path for path in installed if path.stat().st_mode & 0o444 != 0o444] == []


def test_what_no_release_uses_any_more_is_deleted(machine: Machine) -> None:
    lock = machine.publish("engine")
    machine.install(machine.release("first", lock)).assert_installed("engine-1.0")
    wheels = machine.cache / "wheels"
    (wheels / "reader-1.0-py3-none-any.whl").write_bytes(wheel("reader", "1.0"))
    (machine.cache / "pip-python3.1").mkdir()
    age(*wheels.iterdir(), by_s=install_release.WHEELS_KEPT_FOR_S + 1)
    machine.install(machine.release("second", lock)).assert_installed("engine-1.0")
    assert machine.wheels == {"engine-1.0-py3-none-any.whl"}
    assert [path.name for path in machine.cache.glob("pip-*")] == [HOME]


def test_what_cannot_be_deleted_does_not_matter(machine: Machine) -> None:
    strange = machine.cache / "wheels/strange.whl"
    strange.mkdir(parents=True)
    age(strange, by_s=install_release.WHEELS_KEPT_FOR_S + 1)
    machine.install(machine.release("first")).assert_installed()


@pytest.mark.parametrize("fault", ["unfinished", "damaged", "old"])
def test_pip_is_installed_again_if_it_is_broken(machine: Machine, pip: Path, fault: str) -> None:
    home = machine.cache / HOME
    home.unlink()
    if fault == "unfinished":
        (home / "lib").mkdir(parents=True)
    else:
        shutil.copytree(pip / HOME, home, symlinks=True)
        age(home / "bin/pip", by_s=install_release.PIP_KEPT_FOR_S + 1 if fault == "old" else 0)
        if fault == "damaged":
            (home / f"lib/{install_release.PYTHON}/site-packages/pip/__init__.py").write_text("1/0")
    machine.install(machine.release("first")).assert_installed()
    assert (home / "bin/pip").stat().st_mtime > time.time() - 60


def test_two_at_the_same_time_do_not_disturb_each_other(machine: Machine) -> None:
    (machine.cache / HOME).unlink()
    lock = machine.publish("engine")
    running = [machine.start(machine.release(name, lock)) for name in ("first", "second")]
    with ThreadPoolExecutor() as pool:
        for outcome in pool.map(Installation.outcome, running):
            outcome.assert_installed("engine-1.0")


def unlocked(machine: Machine, files: dict[str, str]) -> Path:
    """Lay out the release of a user's own bot: a script, unless the files make it a package."""
    source = machine.folder / "own/source"
    source.mkdir(parents=True)
    for name, text in files.items():
        (source / name).write_text(text)
    return source.parent


def versions(release: Path) -> list[str]:
    """Read what the release's record says was installed."""
    return (release / install_release.LOCK).read_text().splitlines()


SCRIPT = '[project]\nname = "own"\nversion = "1"\ndependencies = ["engine"]\n'


@pytest.mark.parametrize(
    "files",
    [{"requirements.txt": "Engine>=1\n"}, {"pyproject.toml": SCRIPT}],
    ids=["requirements.txt", "pyproject.toml"],
)
def test_versions_that_nobody_pinned_are_chosen_and_recorded(
    machine: Machine, files: dict[str, str]
) -> None:
    machine.publish("engine")
    release = unlocked(machine, {"bot.py": "", **files})
    outcome = machine.install(release)
    assert outcome.code == 0, outcome.errors
    assert versions(release) == ["engine==1.0"]


def test_a_lock_of_uv_or_poetry_limits_the_choice(machine: Machine) -> None:
    machine.publish("engine")
    machine.index.publish("engine", "2.0", wheel("engine", "2.0"))
    lock = '[[package]]\nname = "engine"\nversion = "1.0"\n'
    release = unlocked(machine, {"pyproject.toml": SCRIPT, "uv.lock": lock})
    outcome = machine.install(release)
    assert outcome.code == 0, outcome.errors
    assert versions(release) == ["engine==1.0"]


def test_a_lock_may_name_a_package_that_is_offered_as_its_source(machine: Machine) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        files = {"pyproject.toml": PROJECT.encode(), "backend.py": BACKEND.encode()}
        for name, data in {**files, "built": wheel("bot", "1")}.items():
            entry = tarfile.TarInfo(f"bot-1/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    machine.index.files["bot"]["bot-1.tar.gz"] = content.getvalue()
    digest = hashlib.sha256(content.getvalue()).hexdigest()
    lock = f"{machine.publish('engine')}\nbot==1 --hash=sha256:{digest}\n"
    release = unlocked(machine, {"bot.py": "", "requirements.txt": lock})
    machine.install(release).assert_installed("engine-1.0")


def test_requirements_may_name_files_beside_them(machine: Machine) -> None:
    machine.publish("engine")
    release = unlocked(
        machine, {"bot.py": "", "requirements.txt": "-r base.txt\n./bot\n", "base.txt": "engine\n"}
    )
    package = release / "source/bot"
    package.mkdir()
    write_package(package)
    machine.install(release).assert_installed("engine-1.0")


def test_a_library_is_installed_with_a_bot_and_needs_no_index(machine: Machine) -> None:
    machine.publish("engine")
    release = unlocked(machine, {"bot.py": "", "requirements.txt": "engine\nbot\n"})
    library = release / "library"
    library.mkdir()
    write_package(library)
    machine.install(release).assert_installed("engine-1.0")
    # What comes with the release is not pinned: its digest is the release's name.
    assert versions(release) == ["engine==1.0"]


def test_a_bot_that_needs_nothing_needs_no_index(machine: Machine) -> None:
    release = unlocked(machine, {"bot.py": ""})
    outcome = machine.install(release, index=False)
    assert outcome.code == 0, outcome.errors
    assert versions(release) == []


def test_dependencies_that_only_poetry_reads_are_named(machine: Machine) -> None:
    project = '[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\nengine = "^1"\n'
    machine.install(unlocked(machine, {"pyproject.toml": project})).assert_refused("poetry export")


def age(*paths: Path, by_s: float) -> None:
    """Let files seem older than they are."""
    then = time.time() - by_s
    for path in paths:
        os.utime(path, (then, then))
