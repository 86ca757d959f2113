"""A run that finds everything as it should be touches nothing, and is soon over."""

from __future__ import annotations

from testinfra.host import Host

from clusters import restarts
from k3s.site import Run, Site
from nodes import unit_property
from timing import alone_s

SECOND_RUN_LIMIT_S = 40.0


def main_pids(host: Host) -> dict[str, str]:
    """Tell which processes run k3s and Docker."""
    return {unit: unit_property(host, unit, "MainPID") for unit in ("k3s", "docker")}


def test_a_second_run_changes_nothing_and_restarts_nothing(site: Site, host: Host) -> None:
    processes, started = main_pids(host), restarts(host)
    assert "0" not in processes.values()
    again = site.playbook("site.yml")
    assert again.code == 0, again.output
    assert again.changed == 0, again.output
    # Other tests may run beside this one, so one slow run may be theirs; two are ours.
    took_s = alone_s(again.took_s)
    if took_s > SECOND_RUN_LIMIT_S:
        took_s = alone_s(second_try(site).took_s)
    assert took_s <= SECOND_RUN_LIMIT_S
    assert main_pids(host) == processes
    assert restarts(host) == started


def second_try(site: Site) -> Run:
    """Run once more."""
    again = site.playbook("site.yml")
    assert (again.code, again.changed) == (0, 0), again.output
    return again


def test_a_dry_run_changes_nothing_either(site: Site) -> None:
    dry = site.playbook("site.yml", "--check", "--diff")
    assert dry.code == 0, dry.output
    assert dry.changed == 0, dry.output
