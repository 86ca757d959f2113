"""What tests ask a node, whichever role they are about."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testinfra.host import Host

LOOPBACK = "127.0.0.1"


def reboot(host: Host, name: str, limit_s: float = 180.0) -> None:
    """Restart a node's container, and wait until the node has booted.

    Its first answer comes long before: /tmp is still to be emptied, with what Ansible puts there.
    """
    subprocess.run(["docker", "restart", "--time", "60", name], check=True, capture_output=True)
    assert eventually(lambda: has_booted(host), limit_s), host.run("systemctl list-jobs").stdout


def has_booted(host: Host) -> bool:
    """Say whether the boot is over; failed units are for other tests to judge."""
    answer: str = host.run("systemctl is-system-running").stdout
    return answer.strip() in {"running", "degraded"}


def unit_property(host: Host, unit: str, name: str) -> str:
    """Read one property of a systemd unit."""
    value: str = host.check_output("systemctl show --property %s --value %s", name, unit)
    return value.strip()


def assert_unit_runs(host: Host, unit: str) -> None:
    """Assert that a unit is enabled and runs; show its journal otherwise."""
    service = host.service(unit)
    journal = host.run("journalctl --unit %s --lines 30 --no-pager", unit).stdout
    assert service.is_running, f"{unit} does not run:\n{journal}"
    assert service.is_enabled, f"{unit} is not enabled"


def listening_addresses(host: Host, port: int) -> set[str]:
    """Name the addresses on which something listens at a port, whichever program it is."""
    lines = host.check_output("ss --no-header --listening --tcp --numeric").splitlines()
    locals_ = [line.split()[3] for line in lines]
    return {local.rsplit(":", 1)[0] for local in locals_ if local.endswith(f":{port}")}


def assert_only_on_loopback(host: Host, port: int) -> None:
    """Assert that a port is open, and on the loopback address alone."""
    assert listening_addresses(host, port) == {LOOPBACK}


def assert_mode(host: Host, path: str, owner: str, group: str, mode: int) -> None:
    """Assert who may do what with a file or directory."""
    file = host.file(path)
    assert file.exists, f"{path} is missing"
    assert (file.user, file.group, oct(file.mode)) == (owner, group, oct(mode)), path


def post_url(host: Host, url: str, body: object) -> None:
    """Post JSON to an address from the node itself."""
    script = (
        "from urllib.request import Request, urlopen;"
        f"urlopen(Request({url!r}, {json.dumps(body).encode()!r},"
        " {'Content-Type': 'application/json'}))"
    )
    host.check_output("python3 -c %s", script)


def read_url(host: Host, url: str) -> str:
    """Read an address from the node itself; it needs no curl."""
    script = (
        f"from urllib.request import urlopen; print(urlopen({url!r}, timeout=10).read().decode())"
    )
    body: str = host.check_output("python3 -c %s", script)
    return body


def changed_files() -> set[str]:
    """List what differs on the scenario's node from its image, without scratch directories."""
    node = f"botwatch-molecule-{os.environ['MOLECULE_SCENARIO_NAME']}"
    listing = subprocess.run(
        ["docker", "diff", node], capture_output=True, text=True, check=True
    ).stdout
    scratch = ("/root", "/tmp", "/var/log", "/var/tmp", "/run")  # noqa: S108 # of the node
    return {line for line in listing.splitlines() if not line.split(" ", 1)[1].startswith(scratch)}


@contextmanager
def untouched() -> Iterator[None]:
    """Assert that the scenario's node is afterwards what it was before."""
    before = changed_files()
    yield
    assert changed_files() - before == set()
