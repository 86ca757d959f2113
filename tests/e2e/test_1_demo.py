from __future__ import annotations

import re
from subprocess import CompletedProcess

from testinfra.host import Host

import soak
from demos import Demo
from nodes import LOOPBACK, unit_property
from timing import fastest_alone_s

UNITS = (
    "discord-bot",
    "prometheus",
    "prometheus-alertmanager",
    "prometheus-node-exporter",
    "botwatch-sandbox",
)
RESIDENT_LIMIT_MB = 250
SECOND_RUN_LIMIT_S = 20.0
SUMMARY = re.compile(r"changed=(\d+) in [\d.]+ s of playbook time")


def main_pids(host: Host) -> dict[str, str]:
    return {unit: unit_property(host, unit, "MainPID") for unit in UNITS}


def test_it_works_after_an_interruption_and_says_what_to_do_next(demo: Demo) -> None:
    shown = demo.outputs["first"]
    assert demo.control_room in shown
    assert demo.url(9090, "/alerts") in shown
    assert "make drill" in shown
    assert "make demo-down" in shown


def test_a_second_run_changes_nothing_restarts_nothing_and_is_soon_over(
    demo: Demo, host: Host
) -> None:
    pids = main_pids(host)
    assert "0" not in pids.values()
    assert_nothing_changes(demo.make("demo"))
    took_s = fastest_alone_s(
        lambda: assert_nothing_changes(
            demo.run("ansible-playbook", "--inventory", "inventory/demo", "site.yml")
        ),
        SECOND_RUN_LIMIT_S,
    )
    assert took_s <= SECOND_RUN_LIMIT_S
    assert main_pids(host) == pids


def assert_nothing_changes(again: CompletedProcess[str]) -> None:
    """Check that a repeated run has found everything as it should be."""
    assert again.returncode == 0, again.stdout
    summary = SUMMARY.search(again.stdout)
    assert summary, again.stdout
    assert int(summary[1]) == 0, again.stdout


@soak.only
def test_a_dry_run_on_the_finished_host_changes_nothing(demo: Demo) -> None:
    dry = demo.run(
        "ansible-playbook", "--inventory", "inventory/demo", "site.yml", "--check", "--diff"
    )
    assert dry.returncode == 0, dry.stdout
    assert re.search(r"demo\s+: ok=\d+\s+changed=0\s", dry.stdout), dry.stdout


def test_no_unit_has_failed(host: Host) -> None:
    assert host.check_output("systemctl --failed --no-legend --plain") == ""


def test_everything_listens_on_loopback_only(demo: Demo, host: Host) -> None:
    outer = host.check_output("hostname --ip-address").strip()
    published = {f"{outer}:{port}" for port in (28008, 28000, 29090, 29093, 23000)}
    lines = host.check_output("ss --no-header --listening --tcp --numeric").splitlines()
    listening = {line.split()[3] for line in lines}
    # What the node's outer address shows is handed to this machine's loopback address alone.
    assert {local for local in listening if not local.startswith(f"{LOOPBACK}:")} == published
    ports = demo.run("docker", "port", demo.node).stdout
    assert all("-> 127.0.0.1:" in line for line in ports.splitlines()), ports


def test_bot_prometheus_and_alertmanager_need_little_memory(host: Host) -> None:
    resident_kb = sum(
        int(host.check_output("ps -o rss= -p %s", unit_property(host, unit, "MainPID")))
        for unit in ("discord-bot", "prometheus", "prometheus-alertmanager")
    )
    assert resident_kb / 1024 <= RESIDENT_LIMIT_MB


def test_a_busy_port_stops_the_demo_before_it_makes_a_node(demo: Demo) -> None:
    other = demo.make("demo", DEMO_NODE="botwatch-e2e-other")
    words = " ".join(other.stdout.split())
    assert other.returncode != 0
    assert f"Port {8008 + demo.offset} of this machine is taken" in words, other.stdout
    assert "DEMO_PORT_OFFSET" in words
    assert "botwatch-e2e-other" not in demo.run("docker", "ps", "--all").stdout
