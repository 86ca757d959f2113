"""k3s from an address that releases are downloaded from; afterwards images without a network."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

import k3s_artifacts
from k3s_role.conftest import SUMS, Release
from k3s_role.hosts import SERVER, Hosts, Run, gateway, link
from k3s_role.images import save_image
from nodes import assert_mode, assert_unit_runs, unit_property

IMAGE = "botwatch/made-up:one"
# Of the archive of k3s itself.
PAUSE = "docker.io/rancher/mirrored-pause:3.6"
REFUSED_WITHIN_S = 40.0


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and counts."""

    served: list[str] = []  # noqa: RUF012 # of all requests, each of which has a handler of its own

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Count what was asked for."""
        del code, size
        self.served.append(f"{self.command} {self.path}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # named by the library
        """Say nothing."""


@pytest.fixture(scope="module")
def mirror(
    hosts: Hosts, release: Release, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Serve the release where the host can reach it; yield the address."""
    del hosts  # asked for as its network must be there
    folder = tmp_path_factory.mktemp("mirror")
    link(folder / release.version, release.path, "k3s")
    server = ThreadingHTTPServer((gateway(SERVER), 0), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{server.server_name}:{server.server_port}"
    server.shutdown()
    server.server_close()


def online(hosts: Hosts, mirror: str, checksum: str, *options: str) -> Run:
    return hosts.build(
        *options, botwatch_airgap_dir="", k3s_download_url=mirror, k3s_sha256=checksum
    )


def test_a_download_with_another_checksum_is_refused(hosts: Hosts, mirror: str) -> None:
    online(hosts, mirror, "0" * 64).assert_refused(
        f"The host cannot get k3s {hosts.given['k3s_version']}",
        "what is there is not that release, or k3s_sha256 is not its checksum",
    )
    assert hosts.server.check_output("ls /usr/local/bin") == ""


def test_a_download_that_is_not_there_is_reported(hosts: Hosts, mirror: str) -> None:
    online(hosts, f"{mirror}/nowhere", "0" * 64).assert_refused(
        "404", "name a mirror in k3s_download_url"
    )


def test_a_node_is_ready_after_one_download(hosts: Hosts, mirror: str, release: Release) -> None:
    Quiet.served.clear()
    assert online(hosts, mirror, release.checksum).changed > 0
    (path,) = Quiet.served
    assert path.endswith("%2B" + release.version.split("+")[1] + "/k3s")
    assert_unit_runs(hosts.server, "k3s")
    assert_mode(hosts.server, "/etc/rancher/k3s/config.yaml", "root", "root", 0o600)


def test_a_second_run_changes_nothing_and_downloads_nothing(
    hosts: Hosts, mirror: str, release: Release
) -> None:
    Quiet.served.clear()
    pid = unit_property(hosts.server, "k3s", "MainPID")
    assert online(hosts, mirror, release.checksum).changed == 0
    assert online(hosts, mirror, release.checksum, "--check", "--diff").changed == 0
    assert Quiet.served == []
    assert unit_property(hosts.server, "k3s", "MainPID") == pid


def test_a_k3s_that_runs_gets_images_without_a_restart(
    hosts: Hosts, release: Release, tmp_path: Path
) -> None:
    assert hosts.build().changed > 0  # with the archive of k3s' own images
    link(tmp_path, release.path, "k3s", SUMS, release.archive)
    save_image(tmp_path / "images/made-up.tar", IMAGE)
    pid = unit_property(hosts.server, "k3s", "MainPID")
    assert hosts.build(botwatch_airgap_dir=str(tmp_path)).changed > 0
    assert f"docker.io/{IMAGE}" in images(hosts)
    assert hosts.build(botwatch_airgap_dir=str(tmp_path)).changed == 0
    remove(hosts, f"docker.io/{IMAGE}")
    remove(hosts, PAUSE)
    assert hosts.build("--check", botwatch_airgap_dir=str(tmp_path)).changed > 0
    assert PAUSE not in images(hosts)
    assert hosts.build(botwatch_airgap_dir=str(tmp_path)).changed > 0
    assert {f"docker.io/{IMAGE}", PAUSE} <= set(images(hosts))
    assert hosts.build(botwatch_airgap_dir=str(tmp_path)).changed == 0
    assert unit_property(hosts.server, "k3s", "MainPID") == pid


def test_images_that_are_not_given_any_more_are_not_kept(hosts: Hosts) -> None:
    folder = hosts.server.file("/var/lib/rancher/k3s/agent/images")
    assert "made-up.tar" in folder.listdir()
    assert hosts.build().changed > 0
    assert "made-up.tar" not in folder.listdir()


def test_an_image_of_a_compressed_archive_comes_back_too(
    hosts: Hosts, release: Release, tmp_path: Path
) -> None:
    found = k3s_artifacts.directory()
    archive = "k3s-airgap-images-amd64.tar.gz"
    if found is None or not (found / archive).is_file():
        pytest.skip(f"there is no {archive} to install from")
    link(tmp_path, release.path, "k3s", SUMS)
    link(tmp_path, found, archive)
    assert hosts.build(botwatch_airgap_dir=str(tmp_path)).changed > 0
    remove(hosts, PAUSE)
    assert hosts.build(botwatch_airgap_dir=str(tmp_path)).changed > 0
    assert PAUSE in images(hosts)
    assert hosts.build(botwatch_airgap_dir=str(tmp_path)).changed == 0
    assert hosts.build().changed > 0  # with what the others begin with


def test_a_missing_image_is_refused_in_seconds(
    hosts: Hosts, release: Release, tmp_path: Path
) -> None:
    link(tmp_path, release.path, "k3s", SUMS, release.archive)
    save_image(tmp_path / "images/prometheus.tar", "prom/prometheus:v1")
    before = time.monotonic()
    run = hosts.build(
        botwatch_airgap_dir=str(tmp_path), botwatch_preflight_roles=["k3s", "prometheus"]
    )
    took = time.monotonic() - before
    run.assert_refused("holds the image prom/prometheus:v3", "(prometheus_image)", "docker save")
    assert took < REFUSED_WITHIN_S


def remove(hosts: Hosts, image: str) -> None:
    """Remove an image from containerd, as a kubelet that is short of disk does."""
    hosts.server.check_output("/usr/local/bin/k3s ctr --namespace k8s.io images rm %s", image)
    assert image not in images(hosts)


def images(hosts: Hosts) -> list[str]:
    shown: str = hosts.server.check_output("/usr/local/bin/k3s ctr images ls -q")
    return shown.splitlines()
