"""Hosts as people have them: what does not fit is named before anything is changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from testinfra.host import Host

from nodes import untouched
from playbooks import ROOT, Run, assert_refused, play

SITE, DEPLOY = ROOT / "site.yml", ROOT / "playbooks/deploy.yml"
PREFLIGHT = ROOT / "playbooks/preflight.yml"
APT = "env DEBIAN_FRONTEND=noninteractive apt-get --yes --no-install-recommends"
UNITS = "/etc/systemd/system"


def write(host: Host, path: str, text: str) -> None:
    host.check_output("mkdir -p %s", str(Path(path).parent))
    host.check_output("sh -c 'printf %%s \"$0\" >%s' %s", path, text)


@contextmanager
def files(host: Host, **texts: str) -> Iterator[None]:
    """Have files on the node for a while."""
    for path, text in texts.items():
        write(host, path, text)
    try:
        yield
    finally:
        host.check_output(f"rm -f {' '.join(texts)}")


@contextmanager
def unit(host: Host, name: str, *, enabled: bool = False) -> Iterator[None]:
    """Have a service of the node's own, which runs, or only will at the next boot."""
    text = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"
    with files(host, **{f"{UNITS}/{name}.service": text}):
        host.check_output("systemctl daemon-reload")
        host.check_output("systemctl %s %s", "enable" if enabled else "start", name)
        try:
            yield
        finally:
            host.check_output("systemctl disable --now %s", name)
    host.check_output("systemctl daemon-reload")


@contextmanager
def mounted(host: Host, *words: str, at: str) -> Iterator[None]:
    host.check_output(f"mount {' '.join(words)} {at}")
    try:
        yield
    finally:
        host.check_output("umount %s", at)


def said(run: Run) -> str:
    return " ".join((run.stdout + run.stderr).split())


@pytest.fixture
def package(host: Host) -> Iterator[str]:
    """Install Prometheus as people do, started by its package."""
    host.check_output("apt-get update")
    host.check_output(f"{APT} install prometheus")
    yield "prometheus"
    host.check_output(f"{APT} purge prometheus")


def test_what_others_installed_is_not_overwritten(host: Host) -> None:
    theirs = {
        # Another's Ansible wrote it.
        "/etc/prometheus/prometheus.yml": "# Ansible managed\nscrape_configs: []\n",
        "/etc/prometheus/alertmanager.yml": "route: {receiver: pager}\n",
        "/etc/default/prometheus-node-exporter": "ARGS=--web.listen-address=:9101\n",
        f"{UNITS}/discord-bot.service": "[Service]\nExecStart=/opt/bot/start\n",
    }
    with files(host, **theirs), unit(host, "prometheus"):
        with untouched():
            run = play(SITE)
        for path, text in theirs.items():
            assert host.file(path).content_string == text
    assert_refused(
        run,
        "its own Prometheus (prometheus.service, which is running)",
        "/etc/prometheus/prometheus.yml, /etc/systemd/system/prometheus.service. To keep it,",
        "systemctl disable --now prometheus; mkdir -p /root/before-botwatch; mv",
        "its own Alertmanager, and botwatch would overwrite or bypass /etc/prometheus/alertmanager",
        "its own node exporter",
        "its own Discord bot",
    )


def test_grafana_of_others_is_kept_where_none_is_asked_for(host: Host) -> None:
    with files(host, **{"/etc/grafana/grafana.ini": "[users]\ndefault_theme = light\n"}):
        with untouched():
            run = play(SITE, grafana_enabled=True)
        assert_refused(
            run, "its own Grafana", "grafana.ini. To keep it, set grafana_enabled to false"
        )
        assert "its own Grafana" not in said(play(PREFLIGHT))


def test_a_package_is_taken_over_until_somebody_configures_it(host: Host, package: str) -> None:
    assert "its own Prometheus" not in said(play(PREFLIGHT))
    host.check_output("sh -c 'echo \"# mine\" >>/etc/prometheus/prometheus.yml'")
    with untouched():
        run = play(SITE)
    assert_refused(run, f"its own Prometheus ({package}.service, which is running)")


@pytest.mark.parametrize("playbook", [SITE, DEPLOY], ids=["site", "deploy"])
def test_a_cluster_is_no_place_for_the_other_runtime(host: Host, playbook: Path) -> None:
    with unit(host, "k3s"), untouched():
        run = play(playbook)
    assert_refused(run, "The host runs k3s, but botwatch_runtime is systemd", "delete namespace")


@pytest.mark.parametrize("playbook", [SITE, DEPLOY], ids=["site", "deploy"])
def test_services_are_no_place_for_the_cluster(host: Host, playbook: Path) -> None:
    with unit(host, "discord-bot", enabled=True), untouched():
        run = play(playbook, botwatch_runtime="k3s")
    assert_refused(
        run, "discord-bot under systemd, but botwatch_runtime is k3s", "disable --now discord-bot)"
    )


def test_a_firewall_lacks_rules_until_they_are_there(host: Host) -> None:
    host.check_output("apt-get update")
    host.check_output(f"{APT} install ufw")
    given = {"botwatch_runtime": "k3s", "k3s_config": {"cluster-cidr": "10.100.0.0/16"}}
    try:
        assert "firewall ufw" not in said(play(PREFLIGHT, **given))
        host.check_output("ufw --force enable")
        with untouched():
            run = play(SITE, **given)
        commands = "ufw allow from 10.100.0.0/16 to any; ufw allow from 10.43.0.0/16 to any"
        assert_refused(
            run, "The firewall ufw is active on the host", f"run on the host: {commands}"
        )
        # As the message has them.
        host.check_output(f"sh -c '{commands}'")
        assert "firewall ufw" not in said(play(PREFLIGHT, **given))
    finally:
        host.check_output("ufw --force reset")
        host.check_output(f"{APT} purge ufw")


def test_file_systems_that_take_nothing_are_named(host: Host) -> None:
    tmpfs = ("-t", "tmpfs", "-o")
    with (
        mounted(host, *tmpfs, "size=1m,ro", "none", at="/usr/local"),
        mounted(host, *tmpfs, "size=500m,noexec", "none", at="/opt"),
        mounted(host, *tmpfs, "size=2m", "none", at="/var/cache"),
        untouched(),
    ):
        run = play(SITE)
    assert_refused(
        run,
        "/usr/local on the host is mounted read-only",
        "/opt on the host is mounted with noexec",
        "Only 2 MB are free at /var/cache on the host, but 300 are needed",
    )


def test_a_hardened_tmp_is_no_fault(host: Host) -> None:
    with mounted(host, "-t", "tmpfs", "-o", "size=200m,noexec,nosuid,nodev", "none", at="/tmp"):  # noqa: S108
        run = play(PREFLIGHT)
    # The stand-ins, which this scenario has not got, are all that it lacks.
    assert "cannot be reached (Connection refused)" in said(run)


def test_packages_that_cannot_be_installed_are_named(host: Host) -> None:
    fakes = {
        "/var/lib/dpkg/updates/0000": "",
        "/usr/local/bin/dpkg": "#!/bin/sh\necho armhf\n",
    }
    with files(host, **fakes):
        host.check_output("chmod 755 /usr/local/bin/dpkg")
        with untouched():
            run = play(SITE)
    assert_refused(
        run,
        "(64-bit), but its packages are armhf (32-bit)",
        "install the 64-bit image",
        "dpkg was interrupted",
        "dpkg --configure -a",
    )


def test_another_command_of_the_same_name_is_not_confused(host: Host) -> None:
    host.check_output("cp --dereference /usr/bin/python3 /tmp/prometheus")
    pid = host.check_output("sh -c '/tmp/prometheus -m http.server 9090 >/dev/null 2>&1 & echo $!'")
    try:
        host.check_output("timeout 10 sh -c 'until ss -ltn | grep -q :9090; do sleep 0.1; done'")
        with untouched():
            run = play(SITE)
    finally:
        host.check_output("kill %s", pid)
        host.check_output("rm /tmp/prometheus")
    assert_refused(run, f"Port 9090 is taken by prometheus (process {pid})")
