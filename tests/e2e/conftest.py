"""The whole system on a node of its own, made by the commands that a user types."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator

import pytest
from testinfra.host import Host

from demos import Demo


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """Make the demo; take it down again, whatever happens."""
    demo = Demo()
    demo.make("demo-down")
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
