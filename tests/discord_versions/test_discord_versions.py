"""The library with each version of discord.py and each Python that both support.

Each pair has a virtual environment of its own; their tests run side by side. Other packages have
the versions in requirements/dev.txt.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from botwatch import _discord

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "packages" / "botwatch"
LOCK = ROOT / "requirements" / "dev.txt"
ENVIRONMENTS = ROOT / "build" / "discord_versions"
WORKERS = 2
# Which Debian has Pythons that this machine may not have.
SUITE = "sid"
UNAVAILABLE = 69
# The last release of each minor version, and the minor versions of Python 3 that it supports.
SUPPORTED = {
    "2.4.0": (11, 12),
    "2.5.2": (11, 12, 13),
    "2.6.4": (11, 12, 13),
    "2.7.1": (11, 12, 13, 14),
}
PAIRS = [(version, python) for version, pythons in SUPPORTED.items() for python in pythons]
NEEDED = ("flask", "prometheus-client", "pytest", "pytest-asyncio", "waitress")


def pins() -> dict[str, str]:
    """The version of each package in the lock."""
    return dict(re.findall(r"^([\w.-]+)==([^ ;\\]+)", LOCK.read_text(), re.MULTILINE))


def interpreter(minor: int) -> str:
    """A Python of that minor version: this machine's, or Debian's.

    Raises:
        LookupError: this machine can have none; the message says why.
    """
    if sys.version_info[:2] == (3, minor):
        return sys.executable
    name = f"python3.{minor}"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for found in (shutil.which(name), *sorted(pyenv.glob(f"3.{minor}.*/bin/{name}"))):
        # What pyenv puts on the PATH may be for a version that is not switched on.
        if found is not None and run(found, "-c", "").returncode == 0:
            return str(found)
    fetched = run("bash", ROOT / "tools/debian-python", SUITE, f"3.{minor}")
    if fetched.returncode == UNAVAILABLE:
        message = f"this machine has no Python 3.{minor}, and {fetched.stderr.strip()}"
        raise LookupError(message)
    assert fetched.returncode == 0, fetched.stderr
    return str(Path(fetched.stdout.strip(), name))


def run(*command: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [str(word) for word in command], cwd=cwd, env={"UV_SYSTEM_CERTS": "true", **kept},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def made(name: str, python: str, *packages: object) -> Path:
    """Make a virtual environment with some packages; return its Python."""
    place = ENVIRONMENTS / name
    constraints = ENVIRONMENTS / "constraints.txt"
    for command in (
        ("uv", "venv", "--quiet", "--clear", "--no-project", "--python", python, place),
        (
            *("uv", "pip", "install", "--quiet", "--python", place / "bin/python"),
            *("--constraint", constraints, *packages),
        ),
    ):
        done = run(*command)
        assert done.returncode == 0, done.stderr
    return place / "bin/python"


def run_tests_with(version: str, minor: int) -> subprocess.CompletedProcess[str]:
    python = made(f"{version}-3.{minor}", interpreter(minor), f"discord.py=={version}", *NEEDED)
    return run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", LIBRARY / "tests")


@pytest.fixture(scope="module", autouse=True)
def _constraints() -> None:
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    others = {name: version for name, version in pins().items() if name != "discord-py"}
    lines = [f"{name}=={version}\n" for name, version in others.items()]
    (ENVIRONMENTS / "constraints.txt").write_text("".join(lines))


@pytest.fixture(scope="module")
def results(
    _constraints: None,
) -> Iterator[dict[tuple[str, int], Future[subprocess.CompletedProcess[str]]]]:
    """What becomes of the tests of each pair."""
    with ThreadPoolExecutor(WORKERS) as pool:
        yield {
            (version, minor): pool.submit(run_tests_with, version, minor)
            for version, minor in PAIRS
        }


@pytest.mark.parametrize(("version", "minor"), PAIRS)
def test_the_librarys_tests_pass(
    version: str,
    minor: int,
    results: dict[tuple[str, int], Future[subprocess.CompletedProcess[str]]],
) -> None:
    try:
        done = results[version, minor].result()
    except LookupError as error:
        pytest.skip(str(error))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_versions_are_those_that_the_library_says_it_is_tested_with() -> None:
    minors = [tuple(map(int, version.split(".")[:2])) for version in SUPPORTED]
    assert (minors[0], minors[-1]) == (_discord.OLDEST, _discord.NEWEST)
    assert pins()["discord-py"] == list(SUPPORTED)[-1]


def test_it_can_be_installed_alone(tmp_path: Path) -> None:
    copy = tmp_path / "botwatch"  # a build leaves files in the directory
    shutil.copytree(LIBRARY, copy, ignore=shutil.ignore_patterns("tests", "__pycache__"))
    python = made("alone", sys.executable, copy)
    done = run(python, "-W", "ignore", "-c", "import botwatch; print(botwatch.__file__)")
    assert "site-packages" in done.stdout, done.stderr
    listed = run("uv", "pip", "list", "--format", "freeze", "--python", python).stdout
    ours = {"botwatch", "discord-py", "flask", "prometheus-client", "waitress"}
    discord = {"aiohappyeyeballs", "aiohttp", "aiosignal", "attrs", "frozenlist", "idna"}
    discord |= {"multidict", "propcache", "typing-extensions", "yarl", "audioop-lts"}
    flask = {"blinker", "click", "itsdangerous", "jinja2", "markupsafe", "werkzeug"}
    assert {line.split("==")[0] for line in listed.split()} <= ours | discord | flask
