"""The whole system on a node of its own, made by the commands that a user types."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import testinfra
from testinfra.host import Host

ROOT = Path(__file__).resolve().parents[2]
OFFSET = 2000
NODE = "botwatch-e2e"
DEMO_LIMIT_S = 600


@dataclass
class Demo:
    """The demo's node, and the commands to work on it."""

    node: str = NODE
    offset: int = OFFSET
    outputs: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What `make` and Ansible are told about the node."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        return {
            **kept,
            "DEMO_NODE": self.node,
            "DEMO_PORT_OFFSET": str(self.offset),
            "ANSIBLE_VAULT_PASSWORD_FILE": "inventory/demo/vault-password.txt",
        }

    def url(self, port: int, path: str = "/") -> str:
        """Name an address of the node as this machine's browsers know it."""
        return f"http://127.0.0.1:{port + self.offset}{path}"

    @property
    def control_room(self) -> str:
        """Name the address of the control room."""
        return self.url(8008)

    def state(self) -> dict[str, Any]:
        """Read the control room's state."""
        with urlopen(self.url(8008, "/control/state"), timeout=5) as answer:
            state: dict[str, Any] = json.load(answer)
            return state

    def make(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the Makefile."""
        return self.run("make", *words, **settings)

    def run(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the repository, with both outputs together."""
        return subprocess.run(
            command, cwd=ROOT, env={**self.environment, **settings}, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=DEMO_LIMIT_S,
        )  # fmt: skip

    def interrupt_make_demo(self, after: str) -> str:
        """Start `make demo`, press Ctrl-C once its output has shown a text, and wait for its end."""
        with subprocess.Popen(
            ["make", "demo"], cwd=ROOT, env=self.environment, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            seen = []
            for line in process.stdout:
                seen.append(line)
                if after in line:
                    os.killpg(process.pid, signal.SIGINT)
            assert process.wait(timeout=60) != 0
        return "".join(seen)

    def host(self) -> Host:
        """Reach the node."""
        return testinfra.get_host(f"docker://{self.node}")


def things_of_docker() -> dict[str, set[str]]:
    """List Docker's containers, volumes and networks."""
    commands = {
        "containers": ["docker", "ps", "--all", "--format", "{{.Names}}"],
        "volumes": ["docker", "volume", "ls", "--quiet"],
        "networks": ["docker", "network", "ls", "--format", "{{.Name}}"],
    }
    return {
        kind: set(subprocess.check_output(command, text=True).split())
        for kind, command in commands.items()
    }


def of_this_test(things: set[str]) -> set[str]:
    """Leave out what other tests, side by side with this one, have made meanwhile."""
    return {thing for thing in things if not thing.startswith("botwatch-molecule-")}


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
