"""A run that finds everything as it should be touches nothing, and is soon over."""

from __future__ import annotations

from testinfra.host import Host

import soak
from clusters import restarts
from k3s.site import Site
from nodes import unit_property
from timing import fastest_alone_s

SECOND_RUN_LIMIT_S = 40.0


def main_pids(host: Host) -> dict[str, str]:
    """Tell which processes run k3s and Docker."""
    return {unit: unit_property(host, unit, "MainPID") for unit in ("k3s", "docker")}


def test_a_second_run_changes_nothing_and_restarts_nothing(site: Site, host: Host) -> None:
    processes, started = main_pids(host), restarts(host)
    assert "0" not in processes.values()
    took_s = fastest_alone_s(lambda: run_again(site), SECOND_RUN_LIMIT_S)
    assert took_s <= SECOND_RUN_LIMIT_S
    assert main_pids(host) == processes
    assert restarts(host) == started


def run_again(site: Site) -> None:
    """Run the playbook once more, which must not change anything."""
    again = site.playbook("site.yml")
    assert (again.code, again.changed) == (0, 0), again.output


@soak.only
def test_a_dry_run_changes_nothing_either(site: Site) -> None:
    dry = site.playbook("site.yml", "--check", "--diff")
    assert dry.code == 0, dry.output
    assert dry.changed == 0, dry.output
