"""One bare host that becomes a server of k3s, test after test; it needs the files of a release."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import k3s_artifacts
from k3s_role.hosts import NETWORK, SERVER, Hosts, address, ask_docker, link, remove_all

SUMS = "sha256sum-amd64.txt"
ARCHIVES = [f"k3s-airgap-images-amd64.tar{suffix}" for suffix in ("", ".gz", ".zst")]


@dataclass(frozen=True)
class Release:
    """The files of a release of k3s, in a directory without further images."""

    path: Path
    version: str

    @property
    def archive(self) -> str:
        """The name of the archive of its images."""
        return next(name for name in ARCHIVES if (self.path / name).exists())

    @property
    def checksum(self) -> str:
        """The SHA-256 of its binary."""
        return hashlib.sha256((self.path / "k3s").read_bytes()).hexdigest()


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release to install."""
    if reason := k3s_artifacts.missing():
        pytest.skip(reason)
    found = k3s_artifacts.directory()
    assert found
    archive = next(name for name in ARCHIVES if (found / name).is_file())
    folder = link(tmp_path_factory.mktemp("release"), found, "k3s", SUMS, archive)
    return Release(folder, k3s_artifacts.version(found))


@pytest.fixture(scope="session")
def hosts(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    """The hosts, which are removed in the end."""
    remove_all()
    ask_docker("network", "create", NETWORK)
    given = {
        "botwatch_runtime": "k3s",
        "botwatch_airgap_dir": str(release.path),
        "k3s_version": release.version,
    }
    hosts = Hosts(tmp_path_factory.mktemp("hosts"), given)
    hosts.create(SERVER)
    # Where the further host reaches it.
    hosts.given["k3s_address"] = address(SERVER)
    yield hosts
    remove_all()
