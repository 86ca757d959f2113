"""A cluster that runs: what is refused or fails leaves it running as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

import k3s_artifacts
from k3s_role.hosts import SERVER, Hosts, address
from nodes import assert_mode, assert_unit_runs, reboot, unit_property

NEWER = "K3S_NEWER_ARTIFACTS"
PASSWORD = "not-for-anyones-eyes"  # made up


def test_an_option_that_does_not_exist_is_refused(hosts: Hosts) -> None:
    pid = unit_property(hosts.server, "k3s", "MainPID")
    run = hosts.build(k3s_config={"tls-sna": ["one.example.org"]})
    run.assert_refused("k3s_config sets tls-sna, which is no option", "did you mean tls-san?")
    assert unit_property(hosts.server, "k3s", "MainPID") == pid


def test_an_older_version_is_refused(hosts: Hosts) -> None:
    pid = unit_property(hosts.server, "k3s", "MainPID")
    run = hosts.build(k3s_version="v1.19.16+k3s1")
    run.assert_refused("asks for the older v1.19.16+k3s1", f"set k3s_version to {version(hosts)}")
    assert unit_property(hosts.server, "k3s", "MainPID") == pid


def test_a_version_too_far_ahead_is_refused(hosts: Hosts) -> None:
    minor = int(version(hosts).split(".")[1])
    run = hosts.build(k3s_version=f"v1.{minor + 2}.0+k3s1")
    run.assert_refused("must not be upgraded past a minor version", f"the newest v1.{minor + 1}")


def version(hosts: Hosts) -> str:
    return str(hosts.given["k3s_version"])


def test_a_value_that_k3s_does_not_start_with_is_taken_back(hosts: Hosts) -> None:
    run = hosts.build(k3s_config={"kubelet-arg": ["no-such-argument=1"]})
    run.assert_refused(
        "it runs again with the version and the configuration before",
        "Probably k3s_config has an option, or an argument in one of its *-arg lists",
        "unknown flag: --no-such-argument",
    )
    assert_unit_runs(hosts.server, "k3s")
    config = hosts.server.file("/etc/rancher/k3s/config.yaml").content_string
    assert "no-such-argument" not in config
    pid = unit_property(hosts.server, "k3s", "MainPID")
    assert hosts.build().changed == 0
    assert unit_property(hosts.server, "k3s", "MainPID") == pid


def test_secrets_are_written_for_root_alone_and_shown_to_nobody(
    hosts: Hosts, tmp_path: Path
) -> None:
    registries = {"configs": {"registry.example.org": {"auth": {"password": PASSWORD}}}}
    kubeconfig = tmp_path / "kubeconfig"
    run = hosts.build(
        "--diff",
        k3s_registries=registries,
        k3s_kubeconfig_fetched_to=str(kubeconfig),
    )
    assert run.changed > 0
    token = hosts.server.file("/etc/rancher/k3s/token").content_string.strip()
    assert PASSWORD not in run.output
    assert token not in run.output
    assert yaml.safe_load(read(hosts, "registries.yaml")) == registries
    for name in ("registries.yaml", "config.yaml", "token", "k3s.yaml"):
        assert_mode(hosts.server, f"/etc/rancher/k3s/{name}", "root", "root", 0o600)
    assert kubeconfig.stat().st_mode & 0o777 == 0o600
    (cluster,) = yaml.safe_load(kubeconfig.read_text())["clusters"]
    assert cluster["cluster"]["server"] == f"https://{address(SERVER)}:6443"


def read(hosts: Hosts, name: str) -> str:
    content: str = hosts.server.file(f"/etc/rancher/k3s/{name}").content_string
    return content


def test_a_node_keeps_its_name_when_its_host_is_renamed(hosts: Hosts) -> None:
    hosts.build()  # without what the test before has set
    names = "/usr/local/bin/kubectl get nodes --output name"
    before = hosts.server.check_output(names)
    hosts.server.check_output("hostname Renamed-Host")
    try:
        assert hosts.build().changed == 0
    finally:
        hosts.server.check_output("hostname %s", SERVER)
    assert hosts.server.check_output(names) == before == f"node/{SERVER}"


def test_another_name_for_a_node_is_refused(hosts: Hosts) -> None:
    run = hosts.build(k3s_node_name="another")
    run.assert_refused(f"the cluster knows this host as the node {SERVER}", "or leave it empty")


def test_an_upgrade_changes_what_runs(hosts: Hosts) -> None:
    named = os.environ.get(NEWER)
    if not named:
        pytest.skip(f"{NEWER} names no air-gap directory of the next version of k3s")
    before = unit_property(hosts.server, "k3s", "MainPID")
    old, new = version(hosts), k3s_artifacts.version(Path(named))
    hosts.given |= {"botwatch_airgap_dir": named, "k3s_version": new}
    assert hosts.build().changed > 0
    assert unit_property(hosts.server, "k3s", "MainPID") != before
    shown = hosts.server.check_output("/usr/local/bin/kubectl get nodes --no-headers")
    assert shown.split()[1::3] == ["Ready", new]
    names = hosts.server.check_output("ls /usr/local/bin").split()
    assert {f"k3s-{old}", f"k3s-{new}"} <= set(names)
    assert hosts.build().changed == 0


def test_a_binary_that_is_not_the_roles_is_not_replaced(hosts: Hosts) -> None:
    server = hosts.server
    server.check_output("mv /usr/local/bin/k3s /usr/local/bin/k3s.kept")
    server.check_output("cp /bin/true /usr/local/bin/k3s")
    try:
        hosts.build().assert_refused("was not installed by this role", "k3s-uninstall.sh")
    finally:
        server.check_output("mv /usr/local/bin/k3s.kept /usr/local/bin/k3s")


def test_a_reboot_brings_it_back(hosts: Hosts) -> None:
    reboot(hosts.server, SERVER)
    assert hosts.build().changed == 0
