"""The choice of an upstream release: where it comes from, where it is, and what is refused."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from plugins.plugin_utils.upstream import airgap_lines, faults, release

from monitoring.rendering import evaluate, render_template
from repo.roles import REPOSITORY
from unit.bare_host import FACTS, role_variables

if TYPE_CHECKING:
    from pathlib import Path

Data = dict[str, Any]
CONTENT = b"a release"
CHECKSUM = hashlib.sha256(CONTENT).hexdigest()
GIVEN: Data = {
    "name": "prometheus",
    "unit": "prometheus",
    "version": "3.5.0",
    "oldest": "2.42.0",
    "programs": ["prometheus", "promtool"],
    "checksums": {"amd64": CHECKSUM, "arm64": "0" * 64},
    "download_url": "https://mirror.example.net/prometheus",
}
ARCHIVE = "prometheus-3.5.0.linux-amd64.tar.gz"


def chosen(architecture: str = "x86_64", airgap_directory: str = "", **given: object) -> Data:
    return release({**GIVEN, **given}, architecture, airgap_directory)


def test_the_distributions_package_needs_nothing() -> None:
    package = chosen(version="distribution", checksums={})
    assert not package["is_chosen"]
    assert package["commands"] == {"prometheus": "prometheus", "promtool": "promtool"}
    assert [file["state"] for file in package["files"]] == ["absent"]
    assert faults(package) == []


def test_a_release_is_described() -> None:
    found = chosen()
    assert found["url"] == f"https://mirror.example.net/prometheus/v3.5.0/{ARCHIVE}"
    assert found["members"][1] == "prometheus-3.5.0.linux-amd64/promtool"
    assert found["path"] == f"/opt/botwatch-prometheus/3.5.0-{CHECKSUM[:12]}"
    assert found["commands"]["promtool"] == f"{found['path']}/promtool"
    assert found["source"] == ""
    assert faults(found) == []


def test_each_architecture_has_an_archive_and_a_checksum_of_its_own() -> None:
    found = chosen("aarch64")
    assert found["archive"] == "prometheus-3.5.0.linux-arm64.tar.gz"
    assert found["checksum"] == "0" * 64


def test_another_checksum_is_another_directory() -> None:
    assert chosen()["path"] != chosen(checksums={"amd64": "1" * 64})["path"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"version": "2.41.0"}, "prometheus_version is 2.41.0, but botwatch's configuration needs"),
        ({"version": "2.9.0"}, "2.42.0 or newer: choose a newer release, or distribution."),
        ({"checksums": {}}, "prometheus_checksums has no checksum for amd64"),
        ({"checksums": {"arm64": "0" * 64}}, f"copy the SHA-256 of {ARCHIVE} from "),
        ({"checksums": {}}, "https://mirror.example.net/prometheus/v3.5.0/sha256sums.txt, as"),
        ({"checksums": {"amd64": CHECKSUM, "x86_64": CHECKSUM}}, "write amd64 or arm64."),
    ],
)
def test_what_cannot_work_is_refused_with_its_remedy(given: Data, words: str) -> None:
    (fault,) = faults(chosen(**given))
    assert words in fault


@pytest.mark.parametrize("version", ["2.42.0", "2.100.0", "3.0.0-rc.1", "10.0.0"])
def test_newer_versions_are_compared_by_number(version: str) -> None:
    assert faults(chosen(version=version)) == []


def test_the_air_gap_directory_holds_the_release(tmp_path: Path) -> None:
    (tmp_path / ARCHIVE).write_bytes(CONTENT)
    found = chosen(airgap_directory=str(tmp_path))
    assert found["source"] == str(tmp_path / ARCHIVE)
    assert faults(found) == []
    assert airgap_lines([found]) == [f"ok        {ARCHIVE}: has the SHA-256 {CHECKSUM}"]


def test_a_release_that_the_air_gap_directory_lacks_is_refused(tmp_path: Path) -> None:
    found = chosen(airgap_directory=str(tmp_path))
    (fault,) = faults(found)
    assert f"{ARCHIVE} is missing, but prometheus_version is 3.5.0: download it from" in fault
    assert airgap_lines([found])[0].startswith("missing   ")


def test_another_file_in_the_air_gap_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / ARCHIVE).write_bytes(b"cut short")
    found = chosen(airgap_directory=str(tmp_path))
    (fault,) = faults(found)
    assert f"but prometheus_checksums says {CHECKSUM}" in fault
    assert airgap_lines([found])[0].startswith("wrong     ")


def test_without_a_directory_the_release_is_listed_with_where_it_is() -> None:
    package = chosen(name="alertmanager", version="distribution")
    lines = airgap_lines([package, chosen()])
    assert lines[0] == "ok        alertmanager: the distribution's package, from apt"
    assert lines[1] == f"missing   {ARCHIVE}: download it from {chosen()['url']}"


def known(role: str, **given: object) -> Data:
    return {
        **role_variables("botwatch", role),
        "botwatch_runtime": "systemd",
        "ansible_facts": FACTS,
        **given,
    }


def value(role: str, name: str, **given: object) -> Any:  # noqa: ANN401 # whatever it holds
    variables = known(role, **given)
    return evaluate(variables[name], variables)


@pytest.mark.parametrize(
    ("role", "too_old"),
    [("prometheus", "2.41.0"), ("alertmanager", "0.24.0"), ("node_exporter", "1.4.1")],
)
def test_a_role_takes_the_distributions_package_unless_asked(role: str, too_old: str) -> None:
    assert not value(role, f"{role}_upstream")["is_chosen"]
    given = {f"{role}_version": too_old, f"{role}_checksums": {"amd64": CHECKSUM}}
    (fault,) = faults(value(role, f"{role}_upstream", **given))
    assert f"{role}_version is {too_old}" in fault


@pytest.mark.parametrize(
    ("role", "unit", "paths"),
    [
        ("prometheus", "prometheus", "--config.file=/etc/prometheus/prometheus.yml"),
        ("prometheus", "prometheus", "--storage.tsdb.path=/var/lib/prometheus/metrics2"),
        ("alertmanager", "prometheus-alertmanager", "--config.file=/etc/prometheus/alertmanager.y"),
        ("alertmanager", "prometheus-alertmanager", "--storage.path=/var/lib/prometheus/alertman"),
        ("node_exporter", "prometheus-node-exporter", "--collector.textfile.directory=/var/lib/p"),
    ],
)
def test_the_unit_starts_it_with_the_paths_of_the_package(role: str, unit: str, paths: str) -> None:
    given = {f"{role}_version": "5.0.0", f"{role}_checksums": {"amd64": CHECKSUM}}
    found = value(role, f"{role}_upstream", **given)
    directory, drop_in = found["files"]
    assert drop_in["dest"] == f"/etc/systemd/system/{unit}.service.d/botwatch.conf"
    assert directory["dest"] == drop_in["dest"].rpartition("/")[0]
    template = REPOSITORY / "roles" / role / "templates" / drop_in["src"]
    text = render_template(template, known(role, **given), "curly")
    *_, reset, start = text.splitlines()
    assert reset == "ExecStart="
    assert start.startswith(f"ExecStart={found['path']}/{role} ")
    assert paths in start
    assert start.endswith(" $ARGS")


@pytest.mark.parametrize("role", ["prometheus", "alertmanager", "node_exporter"])
def test_in_k3s_the_image_says_the_version(role: str) -> None:
    given = {"botwatch_runtime": "k3s", f"{role}_version": "0.0.1"}
    assert not value(role, f"{role}_upstream", **given)["is_chosen"]


def test_the_chosen_release_checks_the_configuration() -> None:
    given = {"prometheus_version": "3.5.0", "prometheus_checksums": {"amd64": CHECKSUM}}
    path = value("prometheus", "prometheus_upstream", **given)["path"]
    assert value("prometheus", "_prometheus_check_config", **given).startswith(f"{path}/promtool")
    assert value("prometheus", "_prometheus_check_config").startswith("promtool check")


def test_a_dry_run_checks_with_the_package_until_the_release_is_there() -> None:
    given = {
        "prometheus_version": "3.5.0",
        "prometheus_checksums": {"amd64": CHECKSUM},
        "ansible_check_mode": True,
    }
    assert value("prometheus", "_prometheus_promtool", **given) == "promtool"
    path = value("prometheus", "prometheus_upstream", **given)["path"]
    found: Data = {"_prometheus_found": {"files": {path: {}}}}
    assert value("prometheus", "_prometheus_promtool", **given, **found) == f"{path}/promtool"


def test_the_features_of_alertmanager_are_those_of_the_chosen_release() -> None:
    installed = {**FACTS["packages"], "prometheus-alertmanager": [{"version": "0.25.0-1"}]}
    facts = {"ansible_facts": {**FACTS, "packages": installed}}
    assert not value("alertmanager", "_alertmanager_reads", **facts)["discord"]
    given = {"alertmanager_version": "0.28.0", "alertmanager_checksums": {"amd64": CHECKSUM}}
    assert value("alertmanager", "_alertmanager_reads", **facts, **given)["discord"]
