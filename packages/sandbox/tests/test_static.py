"""The page's own tests run in Node.js."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

TESTS = Path(__file__).parent / "static"


def test_the_pages_scripts() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed (node 18.19 or newer runs the page's tests)")
    files = sorted(str(path) for path in TESTS.glob("*.test.mjs"))
    run = subprocess.run(
        [node, "--test", *files], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
