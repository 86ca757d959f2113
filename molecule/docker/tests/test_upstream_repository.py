"""Apt trusts Docker's own repository only by its key. A stand-in replaces it here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from testinfra.host import Host

from playbooks import assert_done, assert_refused, play

PLAYBOOK = Path(__file__).with_name("upstream_repository.yml")
PORT = 8099
URL = f"http://127.0.0.1:{PORT}"
KEY = "/etc/apt/keyrings/docker.asc"
SOURCES = "/etc/apt/sources.list.d/docker.sources"
OTHER_FINGERPRINT = "9DC8 5822 9FC7 DD38 854A E2D8 8D81 803C 0EBF CD88"
# An empty repository, signed by a key of its own.
MAKE_REPOSITORY = """
set -eu
export GNUPGHOME=/tmp/made-up/gnupg
mkdir -p -m 700 /tmp/made-up $GNUPGHOME
cd /tmp/made-up
. /etc/os-release
suite=$VERSION_CODENAME
architecture=$(dpkg --print-architecture)
folder=linux/$ID/dists/$suite
packages=stable/binary-$architecture/Packages
mkdir -p "$folder/${packages%/*}"
: >"$folder/$packages"
gpg --batch --quiet --passphrase '' --quick-generate-key made-up@example.test rsa2048 sign never
gpg --armor --export >"linux/$ID/gpg"
{
  echo "Suite: $suite"
  echo "Codename: $suite"
  echo "Components: stable"
  echo "Architectures: $architecture"
  echo "Date: $(date --utc --rfc-email)"
  echo "SHA256:"
  echo " $(sha256sum <"$folder/$packages" | cut -c-64) 0 $packages"
} >"$folder/Release"
gpg --batch --clear-sign --output "$folder/InRelease" "$folder/Release"
gpg --with-colons --list-keys | awk -F: '$1 == "fpr" { print $10; exit }'
"""


@dataclass(frozen=True)
class Repository:
    """The stand-in for Docker's own repository."""

    fingerprint: str
    url: str = f"{URL}/linux"


@pytest.fixture(scope="module")
def repository(host: Host) -> Iterator[Repository]:
    host.check_output("apt-get install --yes --no-install-recommends gpg gpg-agent")
    fingerprint = host.check_output("sh -c %s", MAKE_REPOSITORY).split()[-1]
    pid = host.check_output(
        f"sh -c 'python3 -m http.server --bind 127.0.0.1 --directory /tmp/made-up {PORT}"
        " >/dev/null 2>&1 & echo $!'"
    )
    host.check_output(f"timeout 10 sh -c 'until ss -ltn | grep -q :{PORT}; do sleep 0.1; done'")
    yield Repository(fingerprint)
    host.check_output("kill %s", pid)
    host.check_output(f"rm -r /tmp/made-up {KEY} {SOURCES}")


def let_apt_know(url: str, fingerprint: str) -> CompletedProcess[str]:
    return play(PLAYBOOK, docker_repository_url=url, docker_repository_fingerprint=fingerprint)


def test_a_key_with_another_fingerprint_is_refused(host: Host, repository: Repository) -> None:
    run = let_apt_know(repository.url, OTHER_FINGERPRINT)
    assert_refused(run, f"has the fingerprint {repository.fingerprint}", OTHER_FINGERPRINT)
    assert_apt_knows_nothing(host)


def test_what_is_no_key_is_refused(host: Host, repository: Repository) -> None:
    host.check_output(
        "sh -c 'mkdir -p /tmp/made-up/page/debian; echo hi >/tmp/made-up/page/debian/gpg'"
    )
    run = let_apt_know(f"{URL}/page", repository.fingerprint)
    assert_refused(run, "of no key at all", "apt does not trust it")
    assert_apt_knows_nothing(host)


def test_a_repository_that_does_not_answer_is_reported(host: Host, repository: Repository) -> None:
    run = let_apt_know(f"{URL}/nowhere", repository.fingerprint)
    assert_refused(run, "cannot get the key", "404", "docker_package_source set to distribution")
    assert_apt_knows_nothing(host)


def test_a_repository_with_the_right_key_is_used(host: Host, repository: Repository) -> None:
    assert_done(let_apt_know(repository.url, repository.fingerprint))
    said = host.check_output("apt-get update --error-on=any")
    assert f"{repository.url}/debian" in said


def assert_apt_knows_nothing(host: Host) -> None:
    assert not host.file(KEY).exists
    assert not host.file(SOURCES).exists
