from __future__ import annotations

from testinfra.host import Host

from nodes import assert_only_on_loopback, assert_unit_runs, read_url

PORT = 9100


def test_the_unit_runs(host: Host) -> None:
    assert_unit_runs(host, "prometheus-node-exporter")


def test_it_listens_on_loopback_only(host: Host) -> None:
    assert_only_on_loopback(host, PORT)


def test_it_measures_the_host_without_the_collectors_switched_off(host: Host) -> None:
    metrics = read_url(host, f"http://127.0.0.1:{PORT}/metrics")
    assert "node_memory_MemAvailable_bytes " in metrics
    assert 'collector="filesystem"} 1' in metrics
    assert 'collector="zfs"' not in metrics
