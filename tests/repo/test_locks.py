"""What the locks say, and how whatever installs them does."""

from __future__ import annotations

import re
import subprocess

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from repo.roles import REPOSITORY

INSTALL = re.compile(r"pip install\b[^;&`\n]*(?<=\S)")
TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=REPOSITORY, check=True, capture_output=True, text=True
).stdout.split()
INPUTS = [name for name in TRACKED if name.endswith(".in")]
LOCKS = [name.removesuffix(".in") + ".txt" for name in INPUTS]


def read(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def blocks(lock: str) -> list[str]:
    """Split a lock into its packages."""
    return [part for part in re.split(r"\n(?=\S)", read(lock)) if not part.startswith("#")]


def pins(lock: str) -> dict[str, Requirement]:
    """Read what a lock names."""
    found = [Requirement(block.split("\\")[0].strip()) for block in blocks(lock)]
    return {canonicalize_name(pin.name): pin for pin in found}


def needs(name: str) -> list[Requirement]:
    """Read what an .in file asks for."""
    lines = [line.split("#")[0].strip() for line in read(name).splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def test_one_command_writes_every_lock() -> None:
    tool = (REPOSITORY / "tools/lock").read_text()
    lists = re.findall(r"^(?:shared|locks)=\((.*)\)$", tool, re.MULTILINE)
    listed = re.findall(r"\w+(?:/\w+)+", " ".join(lists))
    assert sorted(listed) == sorted(name.removesuffix(".in") for name in INPUTS)
    hashed = [name for name in TRACKED if name.endswith(".txt") and "--hash=" in read(name)]
    assert sorted(hashed) == sorted(LOCKS)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_everything_with_hashes(lock: str) -> None:
    assert blocks(lock)
    for block in blocks(lock):
        assert re.match(r"[\w.\[\],-]+==\S+", block), block
        assert "--hash=sha256:" in block, block


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index_and_no_machine(lock: str) -> None:
    assert re.findall(r"://|@ file|--\S*index\S*|--find-links|--trusted-host", read(lock)) == []


@pytest.mark.parametrize("name", INPUTS)
def test_a_lock_has_what_is_asked_for(name: str) -> None:
    locked = pins(name.removesuffix(".in") + ".txt")
    for need in needs(name):
        pin = locked[canonicalize_name(need.name)]
        (version,) = [specifier.version for specifier in pin.specifier]
        assert need.specifier.contains(version, prereleases=True), f"{need}: {pin}; run `make lock`"
        assert need.extras <= pin.extras, f"{need}: {pin}; run `make lock`"


def test_extras_stay_in_the_locks() -> None:
    """Without it pip's hash mode refuses the lock as soon as a newer coverage is released."""
    assert pins("requirements/dev.txt")["coverage"].extras == {"toml"}


@pytest.mark.parametrize("lock", [lock for lock in LOCKS if lock != "requirements/uv.txt"])
def test_the_tests_have_what_users_have(lock: str) -> None:
    tested = pins("requirements/dev.txt")
    for name, pin in pins(lock).items():
        assert tested[name].specifier == pin.specifier, name


def test_nothing_that_installs_a_lock_resolves() -> None:
    """In tools, images and pages; how Ansible installs is among the tests in tests/locks."""
    commands = []
    for name in TRACKED:
        if not name.startswith("tests/") and not name.endswith((".txt", ".json", ".svg", ".png")):
            commands += INSTALL.findall(read(name).replace("\\\n", " "))
    locks = [command for command in commands if re.search(r"\s(-r|--requirement)\s", command)]
    assert len(locks) == 3
    for command in locks:
        assert {"--no-deps", "--require-hashes"} <= set(command.split()), command
    # A package of our own is built with what the lock has brought, not with what is newest.
    own = [command for command in commands if re.search(r"\s\.$", command)]
    assert len(own) == 2
    for command in own:
        assert {"--no-deps", "--no-build-isolation"} <= set(command.split()), command
