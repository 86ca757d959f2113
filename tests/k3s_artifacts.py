"""The air-gap directory of k3s that the tests on Kubernetes install from."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

VARIABLE = "K3S_ARTIFACTS"
# Read by molecule/k3s/inventory.
VERSION_VARIABLE = "K3S_ARTIFACTS_VERSION"


def directory() -> Path | None:
    """Return the directory that the environment names."""
    named = os.environ.get(VARIABLE)
    return Path(named).resolve() if named else None


def missing() -> str | None:
    """Say why there is nothing to install from; None if there is."""
    found = directory()
    if found is None:
        return f"{VARIABLE} names no air-gap directory of k3s: make test-k3s {VARIABLE}=DIR"
    if not (found / "k3s").is_file():
        return f"{found} holds no k3s: name another directory with {VARIABLE}=DIR"
    return None


def environment() -> dict[str, str]:
    """Give what the scenario's inventory reads."""
    found = directory()
    if found is None or missing():
        return {}
    return {VARIABLE: str(found), VERSION_VARIABLE: version(found)}


def version(found: Path) -> str:
    """Ask the program which version of k3s it is."""
    said = subprocess.run(
        [found / "k3s", "--version"], capture_output=True, text=True, check=True
    ).stdout
    match = re.search(r"\bv\d+\.\d+\.\d+\S*", said)
    if match is None:
        message = f"{found / 'k3s'} --version does not say a version: {said!r}"
        raise ValueError(message)
    return match.group()
