"""The module k3s_host_info, on trees of files that look like hosts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from plugins.module_utils.reading import memory_mb
from plugins.modules.k3s_host_info import (
    archives,
    binaries,
    cgroups,
    flags,
    installed,
    kernel,
    machine_id,
    missing_images,
    missing_links,
    node_name,
    records,
    unknown_options,
    worked,
)

CGROUPS_V1 = """\
#subsys_name	hierarchy	num_cgroups	enabled
cpuset	3	19	1
cpu	1	31	1
memory	4	74	{memory}
pids	8	31	1
"""
# As the library prints it that k3s is made with, in its old and in its new way.
HELP = """\
NAME:
   k3s server - Run management server

USAGE:
   k3s server [OPTIONS]

OPTIONS:
   --config FILE, -c FILE                (config) Load configuration from FILE [$K3S_CONFIG_FILE]
   --debug                               (logging) Turn on debug logs [$K3S_DEBUG]
   -v value                              (logging) Number for the verbosity (default: 0)
   --vmodule FILE_PATTERN=LOG_LEVEL, ...  (logging) Comma-separated list of settings
   --tls-san value [ --tls-san value ]   (listener) Further names, as --not-an-option says
   --secrets-encryption                  Enable secret encryption at rest (default: false)
   --node-ip value, -i value [ --node-ip value, -i value ]  (agent/networking) IPv4 addresses
"""


def put(root: Path, path: str, text: str = "") -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_memory_is_in_megabytes(tmp_path: Path) -> None:
    put(tmp_path, "proc/meminfo", "MemTotal:        2048000 kB\nMemFree: 1 kB\n")
    assert memory_mb(tmp_path) == 2000


def test_the_machine_id_is_the_one_that_the_kubelet_reads(tmp_path: Path) -> None:
    assert machine_id(tmp_path) == ""
    put(tmp_path, "var/lib/dbus/machine-id", "of D-Bus\n")
    put(tmp_path, "etc/machine-id", "0123\n")
    assert machine_id(tmp_path) == "0123"


def test_controllers_of_both_versions_of_cgroups_are_read(tmp_path: Path) -> None:
    put(tmp_path, "proc/cgroups", CGROUPS_V1.format(memory=0))
    assert cgroups(tmp_path) == {"version": 1, "controllers": ["cpu", "cpuset", "pids"]}
    put(tmp_path, "sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n")
    assert cgroups(tmp_path)["version"] == 2
    assert "memory" in cgroups(tmp_path)["controllers"]


def test_a_kernel_without_cgroups_has_no_controllers(tmp_path: Path) -> None:
    assert cgroups(tmp_path) == {"version": 1, "controllers": []}


def test_parts_of_the_kernel_are_found_built_in_loaded_or_to_be_loaded(tmp_path: Path) -> None:
    names = ["overlay", "br_netfilter", "vxlan", "nf_tables", "absent"]
    put(tmp_path, "proc/filesystems", "nodev\tsysfs\nnodev\toverlay\n")
    put(tmp_path, "sys/module/vxlan/refcnt")
    put(tmp_path, "lib/modules/6.1/modules.dep", "kernel/net/br_netfilter.ko.xz: a.ko\n")
    put(tmp_path, "lib/modules/6.1/modules.builtin", "kernel/net/nf_tables.ko\n")
    found = kernel(tmp_path, "6.1", names)
    assert found == {"modules_known": True, "modules_missing": ["absent"]}


def test_a_kernel_whose_modules_are_gone_is_reported(tmp_path: Path) -> None:
    put(tmp_path, "proc/filesystems", "nodev\tsysfs\n")
    (tmp_path / "proc/sys/net/bridge").mkdir(parents=True)
    found = kernel(tmp_path, "6.1", ["overlay", "br_netfilter"])
    assert found["modules_known"] is False
    assert found["modules_missing"] == ["overlay"]


def test_the_installed_version_is_what_the_link_says(tmp_path: Path) -> None:
    assert installed(tmp_path) == {"version": "", "foreign": ""}
    program = tmp_path / "usr/local/bin/k3s"
    program.parent.mkdir(parents=True)
    program.symlink_to("k3s-v1.36.4+k3s1")
    assert installed(tmp_path) == {"version": "v1.36.4+k3s1", "foreign": ""}


def test_a_k3s_of_somebody_else_is_reported(tmp_path: Path) -> None:
    put(tmp_path, "usr/local/bin/k3s")
    assert installed(tmp_path) == {"version": "", "foreign": "/usr/local/bin/k3s"}


def test_records_hold_until_their_file_is_touched_or_gone(tmp_path: Path) -> None:
    binary = put(tmp_path, "usr/local/bin/k3s-v1.36.4+k3s1")
    put(tmp_path, "var/lib/rancher/k3s/agent/images/python.tar")
    for name in ("k3s-v1.36.4+k3s1", "python.tar", "gone.tar"):
        put(tmp_path, f"usr/local/share/k3s/{name}.installed", "sum\n")
    assert records(tmp_path) == {"k3s-v1.36.4+k3s1": "sum", "python.tar": "sum"}
    os.utime(binary, ns=(1, 1))  # also changes when its entry was changed, which nobody can set
    assert records(tmp_path) == {"python.tar": "sum"}


def test_binaries_are_listed_the_newest_first(tmp_path: Path) -> None:
    for age, name in enumerate(["k3s-v1.36.4+k3s1", "k3s-v1.35.8+k3s1", "kubectl"]):
        os.utime(put(tmp_path, f"usr/local/bin/{name}"), (1000 - age, 1000 - age))
    assert binaries(tmp_path) == ["k3s-v1.36.4+k3s1", "k3s-v1.35.8+k3s1"]


def test_links_leave_other_commands_alone(tmp_path: Path) -> None:
    put(tmp_path, "usr/local/bin/kubectl")
    put(tmp_path, "usr/bin/ctr").chmod(0o755)
    assert missing_links(tmp_path, str(tmp_path / "usr/bin")) == ["crictl"]


def test_what_worked_is_compared_with_what_is_used(tmp_path: Path) -> None:
    files = ["/etc/rancher/k3s/config.yaml", "/etc/systemd/system/k3s.service"]
    assert worked(tmp_path, files) == {"files": [], "in_use": True}
    for path in files:
        put(tmp_path, path[1:], "text")
    assert worked(tmp_path, files) == {"files": [], "in_use": False}
    for name in ("config.yaml", "k3s.service"):
        put(tmp_path, f"etc/rancher/k3s/last-working/{name}", "text")
    assert worked(tmp_path, files) == {"files": files, "in_use": True}
    put(tmp_path, "etc/rancher/k3s/config.yaml", "other")
    assert worked(tmp_path, files)["in_use"] is False


def test_flags_are_read_from_the_help() -> None:
    assert flags(HELP) == sorted([
        "config", "c", "debug", "v", "vmodule", "tls-san", "secrets-encryption", "node-ip", "i",
    ])  # fmt: skip


def test_options_are_known_with_a_plus_too_and_others_with_what_is_like_them() -> None:
    known = flags(HELP)
    assert unknown_options(known, ["tls-san", "tls-san+", "debug"]) == []
    assert unknown_options(known, ["tls-sna", "colour"]) == [
        {"name": "tls-sna", "similar": "tls-san"},
        {"name": "colour", "similar": ""},
    ]


AGENT = "var/lib/rancher/k3s/agent"
CONFIG = "node-name: node-1\nserver: https://[2001:db8::7]:6443\n"


def certify(root: Path, name: str) -> None:
    """Give a kubelet a certificate, as the server does: its own, then those above it."""
    for subject in (f"/O=system:nodes/CN=system:node:{name}", "/CN=k3s-client-ca"):
        subprocess.run(
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-subj", subject, "-keyout", root / "key", "-out", root / "crt",
            ],
            check=True, capture_output=True,
        )  # fmt: skip
        whole = root / AGENT / "client-kubelet.crt"
        before = whole.read_text() if whole.exists() else ""
        whole.write_text(before + (root / "crt").read_text())


@pytest.mark.parametrize("name", ["web", "node-1.example.org", "a" * 52])
def test_a_node_is_called_as_its_certificate_says(tmp_path: Path, name: str) -> None:
    put(tmp_path, "etc/rancher/k3s/config.yaml", CONFIG)
    (tmp_path / AGENT).mkdir(parents=True)
    certify(tmp_path, name)
    assert node_name(tmp_path) == name


def test_a_node_without_that_certificate_is_called_as_it_is_configured(tmp_path: Path) -> None:
    put(tmp_path, "etc/rancher/k3s/config.yaml", CONFIG)
    assert node_name(tmp_path) == ""  # it has not joined
    put(tmp_path, f"{AGENT}/kubelet.kubeconfig")
    assert node_name(tmp_path) == "node-1"
    put(tmp_path, f"{AGENT}/client-kubelet.crt", "cut short")
    assert node_name(tmp_path) == "node-1"


def test_images_that_containerd_has_lost_are_named_by_archive(tmp_path: Path) -> None:
    records = "usr/local/share/k3s"
    for name in ("a.tar", "b.tar.zst"):
        put(tmp_path, f"{AGENT}/images/{name}")
    put(tmp_path, f"{records}/a.tar.images", "docker.io/library/a:1\nlocalhost/b:2\n")
    put(tmp_path, f"{records}/b.tar.zst.images", "\n")
    put(tmp_path, f"{records}/gone.tar.images", "docker.io/library/c:1\n")
    given = archives(tmp_path)
    assert given == {"a.tar": ["docker.io/library/a:1", "localhost/b:2"], "b.tar.zst": []}
    assert missing_images(given, lambda _: (0, "docker.io/library/a:1\nsha256:00\n")) == {
        "a.tar": ["localhost/b:2"]
    }
    assert missing_images(given, lambda _: (0, "docker.io/library/a:1\nlocalhost/b:2")) == {}


def test_nothing_is_missing_where_containerd_cannot_be_asked(tmp_path: Path) -> None:
    given = {"a.tar": ["docker.io/library/a:1"]}
    assert missing_images(given, lambda _: (1, "")) == {}
    assert archives(tmp_path) == {}
