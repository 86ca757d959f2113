"""The whole system on a node of its own, made by the commands that a user types."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator

import pytest
from testinfra.host import Host

from demos import NODE, Demo, things_of_docker


@pytest.fixture(scope="session")
def before() -> dict[str, set[str]]:
    """What Docker held before the demo."""
    subprocess.run(["docker", "rm", "--force", "--volumes", NODE], check=False, capture_output=True)
    return things_of_docker()


@pytest.fixture(scope="session")
def demo(before: dict[str, set[str]]) -> Iterator[Demo]:  # noqa: ARG001 # looked first
    """Make the demo; take it down again, whatever happens."""
    demo = Demo()
    try:
        demo.outputs["interrupted"] = demo.interrupt_make_demo(after="sandbox: ")
        started = time.monotonic()
        first = demo.make("demo")
        demo.outputs["first"] = first.stdout
        demo.outputs["first_s"] = f"{time.monotonic() - started:.0f}"
        assert first.returncode == 0, first.stdout
        yield demo
    finally:
        demo.make("demo-down")


@pytest.fixture(scope="session")
def host(demo: Demo) -> Host:
    """Reach the demo's node."""
    return demo.host()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Find a Chromium or Chrome on this machine."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return path
    pytest.fail("no Chromium is installed: run `tools/setup browser`")
