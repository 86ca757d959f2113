from __future__ import annotations

from testinfra.host import Host


def test_the_system_runs_without_a_failed_unit(host: Host) -> None:
    assert host.check_output("systemctl is-system-running --wait") == "running"


def test_the_journal_is_limited(host: Host) -> None:
    limits = host.check_output("systemd-analyze cat-config systemd/journald.conf")
    assert "SystemMaxUse=500M" in limits
