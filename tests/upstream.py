"""Upstream releases for a scenario's node: its distribution's programs, in upstream's layout."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import platform
import subprocess
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nodes import unit_property

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from testinfra.host import Host

ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
PORT = 8765
FAST = 1  # of gzip's levels


def node() -> str:
    """Name the scenario's node."""
    return f"botwatch-molecule-{os.environ['MOLECULE_SCENARIO_NAME']}"


@dataclass(frozen=True)
class Release:
    """An archive on this machine."""

    name: str
    version: str
    path: Path

    @property
    def checksum(self) -> str:
        """The SHA-256 of the archive."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    @property
    def directory(self) -> str:
        """Where the release is on the node."""
        return f"/opt/botwatch-{self.name}/{self.version}-{self.checksum[:12]}"

    @property
    def variables(self) -> dict[str, object]:
        """What chooses the release."""
        return {
            f"{self.name}_version": self.version,
            f"{self.name}_checksums": {ARCHITECTURE: self.checksum},
        }


def release(folder: Path, name: str, version: str, programs: dict[str, bytes]) -> Release:
    """Pack programs as upstream does."""
    stem = f"{name}-{version}.linux-{ARCHITECTURE}"
    path = folder / f"{stem}.tar.gz"
    with gzip.open(path, "wb", FAST) as file, tarfile.open(fileobj=file, mode="w") as archive:
        for program, content in {"LICENSE": b"a license\n", **programs}.items():
            member = tarfile.TarInfo(f"{stem}/{program}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return Release(name, version, path)


def program_of_node(path: str) -> bytes:
    """Read a program of the node."""
    copied = subprocess.run(
        ["docker", "exec", node(), "cat", path], capture_output=True, check=True
    )
    return copied.stdout


def executable(host: Host, unit: str) -> str:
    """Name the file that a unit's main process was started from."""
    path: str = host.check_output("readlink /proc/%s/exe", unit_property(host, unit, "MainPID"))
    return path.strip()


@contextmanager
def served(host: Host, found: Release) -> Iterator[str]:
    """Serve a release on the node's loopback address; give the URL of all releases."""
    directory = f"/srv/releases/v{found.version}"
    host.check_output("mkdir -p %s", directory)
    subprocess.run(["docker", "cp", str(found.path), f"{node()}:{directory}/"], check=True)
    host.check_output(
        "systemd-run --unit=releases --collect python3 -m http.server --bind 127.0.0.1"
        " --directory /srv/releases %s",
        str(PORT),
    )
    try:
        yield f"http://127.0.0.1:{PORT}"
    finally:
        host.check_output("systemctl stop releases && rm -r /srv/releases")
