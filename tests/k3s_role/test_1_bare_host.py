"""A host without k3s: what would be done, and what is refused before anything is changed."""

from __future__ import annotations

from pathlib import Path

from k3s_role.conftest import SUMS, Release
from k3s_role.hosts import SERVER, Hosts, changed_files, cut, link

PLENTY = 10**9


def test_a_dry_run_says_what_would_be_done_and_does_nothing(hosts: Hosts) -> None:
    before = changed_files(SERVER)
    run = hosts.build("--check", "--diff")
    assert run.changed > 0
    assert changed_files(SERVER) == before


def test_everything_that_k3s_cannot_run_with_is_reported_together(
    hosts: Hosts, release: Release, tmp_path: Path
) -> None:
    cut(release.path / "k3s", tmp_path / "k3s", 1_000_000)
    link(tmp_path, release.path, SUMS)
    server = hosts.server
    pid = server.check_output("sh -c 'python3 -m http.server 6443 >/dev/null 2>&1 & echo $!'")
    try:
        server.check_output("timeout 10 sh -c 'until ss -ltn | grep -q :6443; do sleep 0.1; done'")
        before = changed_files(SERVER)
        run = hosts.build(
            botwatch_airgap_dir=str(tmp_path),
            k3s_memory_min_mb=PLENTY,
            k3s_disk_min_mb=PLENTY,
            k3s_config={"data-dir": "/elsewhere"},
        )
        assert changed_files(SERVER) == before
    finally:
        server.check_output("kill %s", pid)
    run.assert_refused(
        f"{tmp_path}/k3s has not the SHA-256 that {SUMS} names",
        "is missing, and so is one that ends in .tar.gz or .tar",
        f"MB of memory, but k3s and what runs on it need {PLENTY}",
        f"but k3s and its images need {PLENTY}",
        "Port 6443 is taken by python3",
        "k3s_config may not set data-dir: mount a larger disk",
    )


def test_a_binary_of_another_version_is_refused_before_it_gets_its_name(
    hosts: Hosts, release: Release
) -> None:
    run = hosts.build(k3s_version="v1.20.99+k3s1")
    run.assert_refused(
        "is not k3s v1.20.99+k3s1 for amd64: asked for its version it says",
        f'"k3s version {release.version}',
        "Nothing that runs was changed",
    )
    assert hosts.server.check_output("ls /usr/local/bin") == ""
