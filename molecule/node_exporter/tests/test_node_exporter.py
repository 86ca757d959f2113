from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from nodes import assert_only_on_loopback, assert_unit_runs, read_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testinfra.host import Host

PORT = 9100
CERTIFICATES = "/var/lib/rancher/k3s/server/tls"
DAY_S = 86400


def metrics(host: Host) -> str:
    return read_url(host, f"http://127.0.0.1:{PORT}/metrics")


def facts(host: Host) -> str:
    """Have the facts written down now, and read them where Prometheus does."""
    host.check_output("systemctl start botwatch-node-facts.service")
    return metrics(host)


def value(text: str, series: str) -> float:
    (found,) = re.findall(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
    return float(found)


def test_the_unit_runs(host: Host) -> None:
    assert_unit_runs(host, "prometheus-node-exporter")


def test_it_listens_on_loopback_only(host: Host) -> None:
    assert_only_on_loopback(host, PORT)


def test_it_measures_the_host_without_the_collectors_switched_off(host: Host) -> None:
    said = metrics(host)
    assert "node_memory_MemAvailable_bytes " in said
    assert 'collector="filesystem"} 1' in said
    assert 'collector="textfile"} 1' in said
    assert 'collector="zfs"' not in said
    assert 'collector="systemd"' not in said


def test_it_measures_the_filesystems_that_somebody_could_fill(host: Host) -> None:
    series = re.compile(r'^node_filesystem_avail_bytes{.*mountpoint="([^"]+)"', re.MULTILINE)
    mounted = set(series.findall(metrics(host)))
    assert {"/", "/run"} <= mounted
    assert not {path for path in mounted if path.startswith(("/etc/", "/run/", "/dev", "/proc"))}


def test_the_facts_are_written_down_again_and_again(host: Host) -> None:
    assert_unit_runs(host, "botwatch-node-facts.timer")
    file = host.file("/var/lib/prometheus/node-exporter/botwatch.prom")
    before = file.mtime
    limit = time.monotonic() + 60
    while file.mtime == before and time.monotonic() < limit:
        time.sleep(1)
    assert file.mtime > before
    journal = host.check_output("journalctl --unit botwatch-node-facts.service --no-pager --quiet")
    assert journal == ""


@pytest.fixture
def failed_unit(host: Host) -> Iterator[str]:
    name = r"fails\x2dfor-a-test.service"
    host.run("systemd-run --wait --quiet --unit=%s false", name)
    yield name
    host.check_output("systemctl reset-failed %s", name)


def test_a_failed_unit_is_seen(host: Host, failed_unit: str) -> None:
    escaped = failed_unit.replace("\\", "\\\\")
    assert value(facts(host), f'botwatch_node_unit_failed{{name="{escaped}"}}') == 1


def test_units_that_run_are_left_out(host: Host) -> None:
    assert "botwatch_node_unit_failed{" not in facts(host)


@pytest.mark.parametrize("required", [True, False])
def test_a_reboot_that_packages_ask_for_is_seen(host: Host, *, required: bool) -> None:
    host.check_output("touch /run/reboot-required" if required else "rm -f /run/reboot-required")
    assert value(facts(host), "botwatch_node_reboot_required") == required
    host.check_output("rm -f /run/reboot-required")


def test_the_boot_of_the_node_is_seen(host: Host) -> None:
    since = host.check_output(
        "systemctl show --timestamp=unix --property=UserspaceTimestamp --value"
    )
    assert value(facts(host), "botwatch_node_boot_timestamp_seconds") == float(since.lstrip("@"))


@pytest.fixture
def certificate(host: Host) -> Iterator[str]:
    path = f"{CERTIFICATES}/client-admin.crt"
    host.check_output(f"install -d -m 0700 {CERTIFICATES}")
    host.check_output(
        "openssl req -x509 -newkey rsa:2048 -nodes -days 10 -subj /CN=test"
        f" -keyout {CERTIFICATES}/client-admin.key -out {path}"
    )
    yield path
    host.check_output(f"rm -r {CERTIFICATES}")


def test_the_end_of_a_certificate_of_k3s_is_seen(host: Host, certificate: str) -> None:
    end = value(facts(host), f'botwatch_node_certificate_not_after_seconds{{path="{certificate}"}}')
    assert end == pytest.approx(time.time() + 10 * DAY_S, abs=300)


def test_without_k3s_there_is_no_certificate(host: Host) -> None:
    assert "botwatch_node_certificate_not_after_seconds{" not in facts(host)
