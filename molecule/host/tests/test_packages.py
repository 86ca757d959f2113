"""Packages are installed whatever state apt's lists and the user's own sources are in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from testinfra.host import Host

from playbooks import Run, assert_done, assert_refused, play

PLAYBOOK = Path(__file__).with_name("install_package.yml")
PACKAGE = "botwatch-made-up"
REPOSITORY = "/srv/made-up"
PORT = 8098
URL = f"http://127.0.0.1:{PORT}"
SOURCES = "/etc/apt/sources.list.d"
LISTS = "/var/lib/apt/lists"
STAMP = "/run/botwatch-apt-lists-refreshed"
UPDATE_STAMP = "/var/lib/apt/periodic/update-success-stamp"
# Makes an apt repository that holds one version of one empty package. HTTP's times are whole
# seconds: apt would take a list that is made within a second of the one before for the same.
OFFER = f"""
set -eu
mkdir -p /tmp/made-up/DEBIAN
rm -f {REPOSITORY}/*
cd {REPOSITORY}
cat >/tmp/made-up/DEBIAN/control <<END
Package: {PACKAGE}
Version: $1
Architecture: all
Maintainer: Test <test@example.test>
Description: made up
END
file=made-up-$1.deb
dpkg-deb --build /tmp/made-up "$file" >/dev/null
cat /tmp/made-up/DEBIAN/control - >Packages <<END
Filename: ./$file
Size: $(stat -c %s "$file")
SHA256: $(sha256sum "$file" | cut -c-64)
END
touch --date "2020-01-0$1" Packages
"""
KEEP_LOCKED = (
    "import fcntl, time; lock = open('{path}', 'w'); fcntl.lockf(lock, fcntl.LOCK_EX);"
    "print(flush=True); time.sleep(15)"
)


@pytest.fixture(scope="module", autouse=True)
def repository(host: Host) -> Iterator[None]:
    """Serve a repository on the node's loopback address: the only one, as lists are slow to get."""
    host.check_output(f"mv {SOURCES} {SOURCES}.own")
    host.check_output(f"mv /etc/apt/sources.list {SOURCES}.own/")
    host.check_output(f"mkdir {SOURCES}")
    host.check_output(f"mkdir {REPOSITORY}")
    pid = host.check_output(
        f"sh -c 'python3 -m http.server --bind 127.0.0.1 --directory {REPOSITORY} {PORT}"
        " >/dev/null 2>&1 & echo $!'"
    )
    host.check_output(f"timeout 10 sh -c 'until ss -ltn | grep -q :{PORT}; do sleep 0.1; done'")
    source = f"deb [trusted=yes] {URL} ./"
    host.check_output("sh -c 'echo \"$0\" >$1' %s %s", source, f"{SOURCES}/made-up.list")
    yield
    host.check_output("kill %s", pid)
    host.check_output(f"rm -rf {SOURCES} {REPOSITORY} /tmp/made-up {STAMP}")
    host.check_output(f"mv {SOURCES}.own {SOURCES}")
    host.check_output(f"mv {SOURCES}/sources.list /etc/apt/")
    host.check_output("apt-get update --quiet")


@pytest.fixture(autouse=True)
def package(host: Host) -> Iterator[None]:
    """Have version 1 of the package in the repository and none on the node, which has no lists."""
    offer(host, "1")
    host.check_output(f"rm -rf {LISTS} {STAMP}")
    host.check_output(f"sh -c 'rm -f /var/cache/apt/archives/{PACKAGE}*'")
    yield
    host.check_output("dpkg --purge %s", PACKAGE)
    host.check_output(f"rm -f {SOURCES}/broken.list")


def offer(host: Host, version: str) -> None:
    host.check_output("sh -c %s offer %s", OFFER, version)


def install(*options: str, package: str = PACKAGE) -> Run:
    return play(PLAYBOOK, *options, package=package)


def installed(host: Host) -> str:
    query = host.run("dpkg-query --show --showformat '${Version}' %s", PACKAGE)
    return str(query.stdout) if query.rc == 0 else ""


def test_lists_that_are_empty_are_refreshed_however_fresh_they_look(host: Host) -> None:
    host.check_output(f"mkdir -p {LISTS}/partial /var/lib/apt/periodic")
    host.check_output(f"touch {UPDATE_STAMP} {STAMP}")
    assert_done(install())
    assert installed(host) == "1"
    host.check_output(f"rm {UPDATE_STAMP}")


def test_a_package_that_the_mirror_no_longer_has_is_looked_for_once_more(host: Host) -> None:
    host.check_output("apt-get update --quiet")
    offer(host, "2")
    host.check_output(f"touch {STAMP}")
    assert_done(install())
    assert installed(host) == "2"


def test_a_dry_run_on_a_host_without_lists_changes_nothing(host: Host) -> None:
    run = install("--check")
    assert_done(run)
    assert "changed=1" in run.stdout
    assert installed(host) == ""
    assert not host.file(STAMP).exists
    assert not host.file(LISTS).exists


def test_a_source_that_fails_stops_nothing_and_is_named(host: Host) -> None:
    break_source(host)
    run = install()
    assert_done(run)
    assert installed(host) == "1"
    assert "could not refresh all of the host's package sources" in run.stdout + run.stderr
    assert f"{URL}/nowhere" in run.stdout + run.stderr


def test_a_package_that_is_nowhere_is_named_with_the_source_that_failed(host: Host) -> None:
    break_source(host)
    run = install(package="no-such-package")
    assert_refused(run, "cannot install no-such-package", f"{URL}/nowhere", "remove these sources")


@pytest.mark.parametrize("lock", [f"{LISTS}/lock", "/var/cache/apt/archives/lock"])
def test_another_apt_is_waited_for(host: Host, lock: str) -> None:
    host.check_output(f"mkdir -p {LISTS}/partial")
    script = KEEP_LOCKED.format(path=lock)
    host.check_output("sh -c 'python3 -c \"$0\" >/dev/null 2>&1 &' %s", script)
    began = time.monotonic()
    assert_done(install())
    assert installed(host) == "1"
    assert time.monotonic() - began > 13


def break_source(host: Host) -> None:
    source = f"deb {URL}/nowhere stable main"
    host.check_output("sh -c 'echo \"$0\" >$1' %s %s", source, f"{SOURCES}/broken.list")
