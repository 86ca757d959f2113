"""The unit tests of the rules, run by promtool: several at a time, and none twice."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from pathlib import Path

    from monitoring.rendering import Rendered
    from monitoring.tools import Tools

# What each end has passed.
PASSED: set[tuple[str, str]] = set()


def run_rule_tests(tools: Tools, rendered: Rendered) -> None:
    """Run the tests of a configuration, but those that passed with another which is the same."""
    assert rendered.rule_tests
    # The longest first, or the last processor would have to do them alone.
    tests = sorted(rendered.rule_tests, key=lambda path: path.stat().st_size, reverse=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        # A failure is raised when its turn comes.
        list(pool.map(lambda test: run_once(tools, test), tests))


def run_once(tools: Tools, test: Path) -> None:
    """Run a file of tests, unless this end has passed just the same."""
    key = tools.end, fingerprint(test)
    if key not in PASSED:
        tools.run("promtool", "test", "rules", test)
        PASSED.add(key)


def fingerprint(test: Path) -> str:
    """Sum up all that the outcome of a file of tests depends on: itself, and the rules it names."""
    head, found, _ = test.read_text(encoding="utf-8").partition("\ntests:\n")
    assert found, f"{test} has no line that says `tests:`"
    files = [test, *(test.parent / name for name in yaml.safe_load(head)["rule_files"])]
    return " ".join(sha256(path.read_bytes()).hexdigest() for path in files)
