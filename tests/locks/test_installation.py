"""The locks as they are: each makes a whole environment, and `make lock` has nothing to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from locks.checkout import Checkout, locks

PARTS = {f"requirements/{part}.txt": part for part in ("controller", "dev", "uv")}


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout.make(tmp_path)


@pytest.mark.parametrize("lock", locks())
def test_a_lock_makes_a_complete_environment(checkout: Checkout, lock: str) -> None:
    if lock in PARTS:
        checkout.run("tools/setup", PARTS[lock])
        python = checkout.path / ".venv/bin/python"
    else:
        python = checkout.install_as_on_a_host(lock)
    assert "No broken requirements" in checkout.pip(python, "check")


def test_writing_the_locks_changes_nothing(checkout: Checkout) -> None:
    before = checkout.locks()
    checkout.run("make", "lock")
    assert checkout.locks() == before
