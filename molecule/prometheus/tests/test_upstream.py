"""An upstream release takes the place of the package, checks the configuration, and goes again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nodes import assert_mode, read_url
from playbooks import assert_done, assert_refused, converge
from upstream import ARCHITECTURE, Release, executable, program_of_node, release, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testinfra.host import Host

PACKAGE = "/usr/bin/prometheus"
DROP_IN = "/etc/systemd/system/prometheus.service.d/botwatch.conf"
HOME = "/opt/botwatch-prometheus"
OLDER = f"{HOME}/2.59.0-0123456789ab"
NEWER = f"{HOME}/3.5.0-0123456789ab"
USED = "/run/promtool-used"
# Writes down that it was used, and does what the package's does.
PROMTOOL = f'#!/bin/sh\necho "$@" >>{USED}\nexec /usr/bin/promtool "$@"\n'.encode()


@pytest.fixture(scope="module")
def found(
    host: Host, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Release, dict[str, object]]]:
    """Serve a release on the node; give it with the variables that choose it."""
    programs = {"prometheus": program_of_node(PACKAGE), "promtool": PROMTOOL}
    folder = tmp_path_factory.mktemp("releases")
    packed = release(folder, "prometheus", "2.60.0", programs)
    with served(host, packed) as url:
        yield packed, {**packed.variables, "prometheus_download_url": url}


Found = tuple[Release, dict[str, object]]


def test_nothing_is_installed_without_a_checksum(found: Found) -> None:
    run = converge(**{**found[1], "prometheus_checksums": {}})
    assert_refused(run, "nothing is installed unverified: copy the SHA-256 of", "changed=0")


def test_a_release_with_another_checksum_is_refused(host: Host, found: Found) -> None:
    run = converge(**{**found[1], "prometheus_checksums": {ARCHITECTURE: "0" * 64}})
    assert_refused(run, "The host cannot get prometheus 2.60.0", "prometheus_checksums is wrong")
    assert executable(host, "prometheus") == PACKAGE
    assert not host.file(DROP_IN).exists


def test_the_release_runs_and_checks_the_configuration(host: Host, found: Found) -> None:
    host.check_output("mkdir -p %s", OLDER)
    packed, variables = found
    run = converge(**variables, prometheus_retention_time="31d", prometheus_bot_errors_threshold=7)
    assert_done(run)
    assert executable(host, "prometheus") == f"{packed.directory}/prometheus"
    assert_mode(host, f"{packed.directory}/promtool", "root", "root", 0o755)
    assert host.check_output("ls -A %s", HOME) == packed.directory.rpartition("/")[2]
    assert sorted(host.check_output("ls -A %s", packed.directory).split()) == [
        "prometheus",
        "promtool",
    ]
    flags = read_url(host, "http://127.0.0.1:9090/api/v1/status/flags")
    assert '"storage.tsdb.path":"/var/lib/prometheus/metrics2"' in flags
    assert '"storage.tsdb.retention.time":"31d"' in flags
    assert "check rules" in host.file(USED).content_string


def test_data_of_a_newer_prometheus_is_not_given_to_the_package(host: Host) -> None:
    host.check_output("mkdir %s", NEWER)
    before = executable(host, "prometheus")
    run = converge()
    host.check_output("rmdir %s", NEWER)
    assert_refused(run, "Prometheus 3 has written /var/lib/prometheus/metrics2", "2.55.0 or newer")
    assert executable(host, "prometheus") == before


def test_the_package_takes_its_place_again(host: Host) -> None:
    assert_done(converge())
    assert executable(host, "prometheus") == PACKAGE
    assert not host.file(HOME).exists
    assert not host.file(DROP_IN).exists
