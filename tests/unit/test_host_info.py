"""The module host_info, on trees of files that look like hosts."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from plugins.module_utils.dpkg import conffiles, dpkg_entries, dpkg_state, packages
from plugins.modules.host_info import (
    LISTENERS,
    cluster,
    file_system,
    foreign_files,
    gather,
    listeners,
    processes,
    unit_overrides,
    units,
)

DELIVERED = "scrape_configs: []\n"
OWN = "# Ansible managed\nARGS='--own-mark'\n"
OWNED = {
    "prometheus": {
        "mark": "/etc/default/prometheus",
        "pattern": "--own-mark",
        "files": ["/etc/prometheus/prometheus.yml", "/etc/prometheus/rules/*.yml"],
    }
}
STATUS = """\
Package: prometheus
Status: install ok installed
Priority: optional
Architecture: amd64
Version: 2.42.0+ds-5
Conffiles:
 /etc/default/prometheus {default}
 /etc/prometheus/prometheus.yml {main} obsolete
Description: monitoring system
 Status: not a field

Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9

Package: libc6
Status: install ok installed
Architecture: i386
Version: 2.36-9

Package: removed
Status: deinstall ok config-files
Architecture: all
Version: 1

Package: half
Status: install reinstreq half-installed
Architecture: all
Version: 2
"""


def put(root: Path, path: str, text: str | bytes = "") -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def put_status(root: Path) -> None:
    put(root, "var/lib/dpkg/status", STATUS.format(default=md5("ARGS=''\n"), main=md5(DELIVERED)))


def test_packages_are_those_that_are_installed(tmp_path: Path) -> None:
    put_status(tmp_path)
    found = packages(dpkg_entries(tmp_path))
    assert sorted(found) == ["libc6", "prometheus"]
    assert [package["arch"] for package in found["libc6"]] == ["amd64", "i386"]
    assert found["prometheus"][0]["version"] == "2.42.0+ds-5"


def test_a_host_without_dpkg_has_no_packages(tmp_path: Path) -> None:
    assert packages(dpkg_entries(tmp_path)) == {}


def test_an_interrupted_dpkg_is_seen(tmp_path: Path) -> None:
    put_status(tmp_path)
    entries = dpkg_entries(tmp_path)
    assert dpkg_state(tmp_path, entries) == {"interrupted": False, "broken": ["half"]}
    put(tmp_path, "var/lib/dpkg/updates/tmp.i")
    assert dpkg_state(tmp_path, entries)["interrupted"] is False
    put(tmp_path, "var/lib/dpkg/updates/0003")
    assert dpkg_state(tmp_path, entries)["interrupted"] is True


def test_a_file_system_is_that_of_the_closest_directory(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    status = os.statvfs(tmp_path)
    found = file_system(tmp_path, "/var/lib/absent")
    assert found["path"] == "/var/lib/absent"
    free_mb = status.f_bavail * status.f_frsize / 1024**2
    assert found["free_mb"] == pytest.approx(free_mb, rel=0.05)
    assert found["read_only"] is False


def test_flags_of_a_mount_are_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    flags = os.ST_NOEXEC | os.ST_RDONLY
    # bsize, frsize, blocks, bfree, bavail, files, ffree, favail, flag, namemax
    status = os.statvfs_result((4096, 1024, 9, 9, 2048, 0, 0, 0, flags, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: status)
    found = {"free_mb": 2, "free_files": None, "read_only": True, "noexec": True}
    assert file_system(tmp_path, "/opt") == {"path": "/opt", **found}


def found_foreign(root: Path) -> dict[str, Any]:
    entries = dpkg_entries(root)
    found: dict[str, Any] = foreign_files(root, OWNED, conffiles(entries))["prometheus"]
    return found


def test_an_untouched_package_has_no_foreign_files(tmp_path: Path) -> None:
    put_status(tmp_path)
    assert found_foreign(tmp_path) == {"own": False, "foreign": []}
    put(tmp_path, "etc/default/prometheus", "ARGS=''\n")
    put(tmp_path, "etc/prometheus/prometheus.yml", DELIVERED)
    assert found_foreign(tmp_path) == {"own": False, "foreign": []}


FOREIGN = {
    "changed": "etc/prometheus/prometheus.yml",
    "changed arguments": "etc/default/prometheus",
    "another file": "etc/prometheus/rules/node.yml",
}


@pytest.mark.parametrize("path", FOREIGN.values(), ids=FOREIGN)
def test_files_that_somebody_wrote_are_foreign(tmp_path: Path, path: str) -> None:
    put_status(tmp_path)
    put(tmp_path, path, "# Ansible managed\nsomebody: else\n")
    assert found_foreign(tmp_path) == {"own": False, "foreign": [f"/{path}"]}


def test_odd_files_are_foreign(tmp_path: Path) -> None:
    put_status(tmp_path)
    (tmp_path / "etc/prometheus/prometheus.yml").mkdir(parents=True)
    (tmp_path / "etc/default").mkdir()
    (tmp_path / "etc/default/prometheus").symlink_to("/nowhere")
    assert found_foreign(tmp_path)["foreign"] == [
        "/etc/default/prometheus",
        "/etc/prometheus/prometheus.yml",
    ]


def test_files_of_an_earlier_run_are_its_own(tmp_path: Path) -> None:
    put_status(tmp_path)
    put(tmp_path, "etc/default/prometheus", OWN)
    put(tmp_path, "etc/prometheus/prometheus.yml", "# Ansible managed\n")
    put(tmp_path, "etc/prometheus/rules/node.yml", "# Ansible managed\n")
    assert found_foreign(tmp_path) == {"own": True, "foreign": []}


def test_a_copied_example_is_as_delivered(tmp_path: Path) -> None:
    owned = {"grafana": {"mark": "/etc/grafana/grafana.ini", "pattern": "own"}}
    put(tmp_path, "usr/share/grafana/conf/sample.ini", "[paths]\n")
    put(tmp_path, "etc/grafana/grafana.ini", "[paths]\n")
    assert foreign_files(tmp_path, owned, {})["grafana"]["foreign"] == []
    put(tmp_path, "etc/grafana/grafana.ini", "[paths]\ndata = /srv\n")
    assert foreign_files(tmp_path, owned, {})["grafana"]["foreign"] == ["/etc/grafana/grafana.ini"]


def test_units_of_the_administrator_override_those_of_packages(tmp_path: Path) -> None:
    assert unit_overrides(tmp_path, "prometheus") == {"overrides": [], "masked": False}
    put(tmp_path, "lib/systemd/system/prometheus.service")
    put(tmp_path, "etc/systemd/system/prometheus.service.d/limits.conf", "[Service]\nNice=5\n")
    assert unit_overrides(tmp_path, "prometheus")["overrides"] == []
    put(
        tmp_path,
        "etc/systemd/system/prometheus.service.d/start.conf",
        "[Service]\nExecStart=\nExecStart=/opt/prometheus\n",
    )
    put(tmp_path, "usr/local/lib/systemd/system/prometheus.service")
    assert unit_overrides(tmp_path, "prometheus")["overrides"] == [
        "/etc/systemd/system/prometheus.service.d/start.conf",
        "/usr/local/lib/systemd/system/prometheus.service",
    ]


def test_links_to_units(tmp_path: Path) -> None:
    directory = tmp_path / "etc/systemd/system"
    directory.mkdir(parents=True)
    (directory / "masked.service").symlink_to("/dev/null")
    (directory / "vendor.service").symlink_to("/lib/systemd/system/other.service")
    (directory / "linked.service").symlink_to("/srv/linked.service")
    assert unit_overrides(tmp_path, "masked") == {"overrides": [], "masked": True}
    assert unit_overrides(tmp_path, "vendor")["overrides"] == []
    assert unit_overrides(tmp_path, "linked")["overrides"] == ["/etc/systemd/system/linked.service"]


def test_processes_belong_to_services_and_pods(tmp_path: Path) -> None:
    put(tmp_path, "proc/10/cgroup", "0::/system.slice/prometheus.service\n")
    put(
        tmp_path, "proc/11/cgroup", "5:cpu:/\n1:name=systemd:/docker/1/system.slice/k3s.service/x\n"
    )
    put(tmp_path, "proc/12/cgroup", "0::/kubepods.slice/kubepods-burstable.slice/cri-1.scope\n")
    put(tmp_path, "proc/13/cgroup", "4:memory:/kubepods/besteffort/pod1/2\n")
    put(tmp_path, "proc/14/cgroup", "0::/user.slice/user-0.slice/session-1.scope\n")
    services, pods = processes(tmp_path)
    assert services == {"prometheus": [10], "k3s": [11]}
    assert pods == [12, 13]


@pytest.mark.parametrize(
    ("family", "address", "shown"),
    [
        (socket.AF_INET, "127.0.0.1", "127.0.0.1"),
        (socket.AF_INET, "0.0.0.0", "0.0.0.0"),  # noqa: S104
        (socket.AF_INET6, "::", "::"),
        (socket.AF_INET6, "::1", "::1"),
        (socket.AF_INET6, "::ffff:127.0.0.1", "127.0.0.1"),
    ],
)
def test_a_process_that_listens_is_named(
    family: socket.AddressFamily, address: str, shown: str
) -> None:
    with socket.socket(family) as silent, socket.socket(family) as listening:
        try:
            silent.bind((address, 0))
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
            pytest.skip(f"this machine has no address {address}")
        listening.bind((address, 0))
        listening.listen()
        port, name = listening.getsockname()[1], Path("/proc/self/comm").read_text().strip()
        found = listeners(subprocess.check_output(LISTENERS, text=True))
        own = [entry for entry in found if entry["pid"] == os.getpid()]
        assert {"address": shown, "port": port, "pid": os.getpid(), "name": name} in own
        assert silent.getsockname()[1] not in [entry["port"] for entry in own]


def test_each_process_of_a_shared_socket_is_named() -> None:
    said = """\
LISTEN 0 4096  127.0.0.53%lo:53   0.0.0.0:* users:(("systemd-resolve",pid=9,fd=14))
LISTEN 0 511   127.0.0.1:9090     0.0.0.0:* users:(("nginx",pid=10,fd=3),("nginx",pid=11,fd=3))
LISTEN 0 511   *:9100             *:*       users:(("node exporter",pid=12,fd=3))
LISTEN 0 4096  [fe80::1%eth0]:22  [::]:*    users:(("sshd",pid=13,fd=3),("sshd",pid=13,fd=4))
LISTEN 0 64    0.0.0.0:2049       0.0.0.0:*
"""
    assert [tuple(entry.values()) for entry in listeners(said)] == [
        ("127.0.0.53", 53, 9, "systemd-resolve"),
        ("127.0.0.1", 9090, 10, "nginx"),
        ("127.0.0.1", 9090, 11, "nginx"),
        ("::", 9100, 12, "node exporter"),
        ("fe80::1", 22, 13, "sshd"),
    ]


SHOWN = """\
Id=prometheus.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled
MainPID=7

Id=grafana-server.service
LoadState=not-found
ActiveState=inactive
UnitFileState=
MainPID=0
"""


def test_units_are_distinguished(tmp_path: Path) -> None:
    names = ["prometheus", "grafana-server"]
    found = units(tmp_path, names, {"prometheus": [8]}, lambda _: (0, SHOWN))
    assert found["prometheus"]["active"] is True
    assert found["prometheus"]["state"] == "active"
    assert found["prometheus"]["enabled"] is True
    assert found["prometheus"]["pids"] == [7, 8]
    assert found["grafana-server"]["active"] is False
    assert found["grafana-server"]["pids"] == []


def test_a_host_without_systemd_runs_no_unit(tmp_path: Path) -> None:
    found = units(tmp_path, ["prometheus"], {}, lambda _: (1, ""))
    assert found["prometheus"]["active"] is False


def test_a_cluster_is_asked_only_where_it_runs() -> None:
    def answer(code: int, said: str) -> dict[str, Any]:
        return cluster(["discord-bot"], runs=True, ask=lambda _: (code, said))

    assert answer(0, "namespace/discord-bot\n")["namespaces"] == ["discord-bot"]
    assert answer(0, "") == {"runs": True, "answers": True, "namespaces": []}
    assert answer(1, "refused")["answers"] is False
    silent = cluster(["discord-bot"], runs=False, ask=lambda _: pytest.fail("asked"))
    assert silent["runs"] is False


def test_a_host_that_cannot_list_its_ports_is_not_taken_for_one_without(tmp_path: Path) -> None:
    wanted: Any = {"paths": [], "units": [], "owned": {}, "cluster_namespaces": []}
    with pytest.raises(OSError, match="install its package iproute2"):
        gather(tmp_path, wanted, lambda _: (127, ""))


def test_everything_is_gathered_in_one_go(tmp_path: Path) -> None:
    put_status(tmp_path)
    wanted = {"paths": ["/etc"], "units": ["k3s"], "owned": OWNED, "cluster_namespaces": ["a"]}

    def ask(command: list[str]) -> tuple[int, str]:
        return {
            "dpkg": (0, "arm64\n"),
            "ss": (0, ""),
            "systemctl": (0, "Id=k3s.service\nActiveState=active\n"),
        }.get(command[0], (127, ""))

    host, facts = gather(tmp_path, wanted, ask)
    assert host["architecture"] == "arm64"
    assert host["cluster"] == {"runs": True, "answers": False, "namespaces": []}
    assert "prometheus" in facts["packages"]
    assert facts["tcp_listen"] == []
