"""The long proofs: `make test` makes a short pass of most, `make soak` all of each, by a seed."""

from __future__ import annotations

import os
from random import Random
from typing import TypeVar

import pytest

SEED = os.environ.get("SOAK_SEED", "")

T = TypeVar("T")

only = pytest.mark.skipif(not SEED, reason="long: make soak")
"""Marks a test that has no short pass."""


def choose(short: T, long: T) -> T:
    """Choose how much is proved."""
    return long if SEED else short


def dice() -> Random:
    """Make the source of what a proof leaves to chance; the same seed makes the same choices."""
    return Random(SEED or 1)  # noqa: S311 - repeatable
