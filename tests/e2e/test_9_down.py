from __future__ import annotations

import json
import tempfile
from pathlib import Path

from demos import Demo, docker_lists


def test_nothing_is_left_behind(demo: Demo) -> None:
    (node,) = json.loads(demo.run("docker", "inspect", demo.node).stdout)
    volumes = {mount["Name"] for mount in node["Mounts"] if mount["Type"] == "volume"}
    networks = set(node["NetworkSettings"]["Networks"])
    # Only Docker's own network: there is none to remove.
    assert networks == {"bridge"}

    down = demo.make("demo-down")
    assert down.returncode == 0, down.stdout
    assert demo.node not in docker_lists("ps", "--all", "--format", "{{.Names}}")
    assert volumes & docker_lists("volume", "ls", "--quiet") == set()
    assert list(Path(tempfile.gettempdir()).glob("botwatch-node-*")) == []


def test_taking_down_what_is_not_there_is_fine(demo: Demo) -> None:
    down = demo.make("demo-down")
    assert down.returncode == 0, down.stdout
    assert "changed=0" in down.stdout
