"""A newer release of something changes nothing until somebody asks for it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from locks.checkout import Checkout, inputs
from locks.package_index import PackageIndex, serve, wheel

# As pytest-cov asks for coverage[toml]: the extra makes pip look at every release again.
TOOL = wheel("tool", "1.0", requires=("engine[toml]",))


def engine(version: str) -> bytes:
    return wheel("engine", version, requires=('reader ; extra == "toml"',), extras=("toml",))


@pytest.fixture(scope="module")
def index() -> Iterator[PackageIndex]:
    with serve() as index:
        index.publish("tool", "1.0", TOOL)
        index.publish("engine", "1.0", engine("1.0"))
        index.publish("reader", "1.0", wheel("reader", "1.0"))
        yield index


@pytest.fixture(scope="module")
def checkout(index: PackageIndex, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout in which everything needs `tool`, whose locks were written before the release."""
    path = tmp_path_factory.mktemp("checkout")
    checkout = Checkout.make(path, index.url)
    # The one package that cannot be made up: what installs it is tested as for the others.
    program = shutil.which("uv")
    assert program, "no uv is on the PATH: run `tools/setup uv`"
    stand_in = wheel("uv", "1.0", scripts={"uv": f'#!/bin/sh\nexec {program} "$@"\n'})
    (path / "requirements/uv.txt").write_text(
        f"uv==1.0 --hash={index.publish('uv', '1.0', stand_in)}\n"
    )
    for name in inputs():
        if name != "requirements/uv.in":
            (path / name).write_text("tool\n")
            (path / name).with_suffix(".txt").unlink()
    checkout.run("make", "lock")
    return checkout


@pytest.fixture(scope="module")
def released(index: PackageIndex, checkout: Checkout) -> dict[str, bytes]:
    """The locks as they were when a newer release came, and another file of the one they name."""
    before = checkout.locks()
    index.publish("engine", "1.1", engine("1.1"))
    index.publish("engine", "1.0", engine("1.0"), build="2")
    return before


def test_locks_keep_extras_and_name_no_index(checkout: Checkout, index: PackageIndex) -> None:
    for name, lock in checkout.locks().items():
        text = lock.decode()
        assert index.url not in text
        assert "://" not in text
        assert ("engine[toml]==1.0 " in text) == (name != "requirements/uv.txt")


@pytest.mark.usefixtures("released")
@pytest.mark.parametrize("part", ["controller", "dev"])
def test_what_is_set_up_does_not_change(checkout: Checkout, part: str) -> None:
    checkout.run("tools/setup", part)
    assert "engine==1.0" in installed(checkout, checkout.path / ".venv/bin/python")


@pytest.mark.usefixtures("released")
def test_what_a_host_gets_does_not_change(checkout: Checkout) -> None:
    python = checkout.install_as_on_a_host("bot/requirements.txt")
    assert {"engine==1.0", "reader==1.0", "tool==1.0"} <= installed(checkout, python)


@pytest.mark.usefixtures("released")
def test_what_is_installed_without_our_options_does_not_change(checkout: Checkout) -> None:
    """Somebody's own command may resolve: with the extras in the lock it gets the same."""
    python = checkout.path / "by-hand/bin/python"
    checkout.run("python3", "-m", "venv", "by-hand")
    checkout.run(python, "-m", "pip", "install", "--require-hashes", "-r", "bot/requirements.txt")
    assert "engine==1.0" in installed(checkout, python)


def installed(checkout: Checkout, python: Path) -> set[str]:
    checkout.pip(python, "check")
    return set(checkout.pip(python, "freeze").split())


def test_writing_the_locks_again_does_not_change_them(
    checkout: Checkout, released: dict[str, bytes]
) -> None:
    checkout.run("make", "lock")
    assert checkout.locks() == released


def test_a_misspelt_package_is_no_upgrade(checkout: Checkout) -> None:
    with pytest.raises(AssertionError, match="no lock has a package 'engin'"):
        checkout.run("make", "lock", "UPGRADE=engin")


def test_an_upgrade_is_made_when_asked_for(checkout: Checkout, released: dict[str, bytes]) -> None:
    """Comes last, as it changes the locks."""
    checkout.run("make", "lock", "UPGRADE=tool")
    assert checkout.locks() == released
    checkout.run("make", "lock", "UPGRADE=engine")
    one = checkout.locks()
    assert b"engine[toml]==1.1" in one["requirements/dev.txt"]
    for name, lock in released.items():
        (checkout.path / name).write_bytes(lock)
    checkout.run("make", "lock", "UPGRADE=1")
    assert checkout.locks() == one
