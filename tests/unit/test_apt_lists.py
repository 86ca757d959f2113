"""The module apt_lists, with apt itself and a repository on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from plugins.modules.apt_lists import is_stale, problems_in

from unit.playbooks import Data, run_tasks

FRESH_S = 3600
needs_apt = pytest.mark.skipif(shutil.which("apt-get") is None, reason="needs apt-get")


class Apt:
    """An apt with directories of its own, and one repository that it needs no key for."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.lists = folder / "lists"
        self.stamp = folder / "stamp"
        self.sources = folder / "sources.list.d"
        self.repository = folder / "repository"
        for directory in (self.lists / "partial", self.sources, self.repository, folder / "cache"):
            directory.mkdir(parents=True)
        self.offer("one")
        self.add_source("own", self.repository)
        settings = folder / "apt.conf"
        settings.write_text(
            f'Dir::State::lists "{self.lists}";\n'
            f'Dir::Cache "{folder}/cache";\n'
            f'Dir::Etc "{folder}";\n'
            'Dir::Etc::main "main";\n'
            'Dir::Etc::parts "parts";\n'
            'APT::Sandbox::User "";\n'
            "#clear APT::Update::Post-Invoke;\n"
            "#clear APT::Update::Post-Invoke-Success;\n"
        )
        monkeypatch.setenv("APT_CONFIG", str(settings))

    def offer(self, package: str) -> None:
        entry = f"Package: {package}\nVersion: 1\nArchitecture: all\nFilename: {package}.deb\n"
        (self.repository / "Packages").write_text(f"{entry}Size: 1\nSHA256: {'0' * 64}\n")

    def add_source(self, name: str, repository: Path) -> None:
        text = f"deb [trusted=yes] copy:{repository} ./\n"
        (self.sources / f"{name}.list").write_text(text)

    def refresh(self, *options: str, **arguments: object) -> Data:
        given = {"stamp": str(self.stamp), **arguments}
        task: Data = {"name": "Refresh", "botwatch.stack.apt_lists": given}
        result: Data = run_tasks(self.folder, [task], *options).results["Refresh"]
        return result

    def known(self) -> str:
        return "".join(path.read_text() for path in self.lists.glob("*_Packages"))


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Apt:
    return Apt(tmp_path, monkeypatch)


@needs_apt
def test_empty_lists_are_refreshed_however_fresh_the_stamp(apt: Apt) -> None:
    apt.stamp.touch()
    refreshed = apt.refresh()
    assert (refreshed["needed"], refreshed["problems"]) == (True, [])
    assert "Package: one" in apt.known()


@needs_apt
def test_fresh_lists_are_left_alone_until_forced(apt: Apt) -> None:
    apt.refresh()
    apt.offer("two")
    assert apt.refresh()["needed"] is False
    assert "Package: one" in apt.known()
    assert apt.refresh(force=True)["needed"] is True
    assert "Package: two" in apt.known()


@needs_apt
def test_check_mode_changes_nothing(apt: Apt) -> None:
    assert apt.refresh("--check")["needed"] is True
    assert apt.known() == ""
    assert not apt.stamp.exists()


@needs_apt
def test_a_source_that_fails_is_named_and_the_others_are_refreshed(apt: Apt) -> None:
    gone = apt.folder / "gone"
    (apt.sources / "gone.list").write_text(f"deb file:{gone} stable main\n")
    refreshed = apt.refresh()
    assert not refreshed.get("failed")
    assert any(str(gone) in problem for problem in refreshed["problems"])
    assert "Package: one" in apt.known()


@needs_apt
def test_a_source_that_apt_cannot_read_is_named(apt: Apt) -> None:
    (apt.sources / "broken.list").write_text("dbe nonsense\n")
    assert any("broken.list" in problem for problem in apt.refresh()["problems"])


@needs_apt
def test_a_lock_that_stays_is_named(apt: Apt) -> None:
    lock = apt.lists / "lock"
    holder = (
        "import fcntl, sys, time; lock = open(sys.argv[1], 'w'); fcntl.lockf(lock, fcntl.LOCK_EX);"
        "print(flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(lock)], stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout
            process.stdout.readline()
            refused = apt.refresh(lock_timeout_s=0)
        finally:
            process.kill()
    assert refused["failed"]
    assert f"process {process.pid}" in refused["msg"]
    assert not apt.stamp.exists()


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    lists, sources = tmp_path / "lists", tmp_path / "sources.list.d"
    lists.mkdir()
    sources.mkdir()
    (lists / "mirror_dists_stable_main_binary-amd64_Packages.lz4").write_text("packed")
    (sources / "distribution.sources").write_text("URIs: mirror\n")
    for path in (sources / "distribution.sources", sources):
        os.utime(path, (1000, 1000))
    return {"LISTS": lists, "SOURCE_PARTS": sources, "SOURCES": tmp_path / "sources.list"}


def stamped(folder: Path, at: float) -> Path:
    stamp = folder / "stamp"
    stamp.touch()
    os.utime(stamp, (at, at))
    return stamp


def test_lists_are_fresh_for_a_while(places: dict[str, Path], tmp_path: Path) -> None:
    now = time.time()
    assert not is_stale(places, stamped(tmp_path, now - FRESH_S + 10), FRESH_S, now)
    assert is_stale(places, stamped(tmp_path, now - FRESH_S - 10), FRESH_S, now)
    # The clock was set back.
    assert is_stale(places, stamped(tmp_path, now + 10), FRESH_S, now)


def test_lists_are_stale_once_a_source_has_changed(places: dict[str, Path], tmp_path: Path) -> None:
    now = time.time()
    stamp = stamped(tmp_path, now - 10)
    (places["SOURCE_PARTS"] / "distribution.sources").write_text("URIs: other\n")
    assert is_stale(places, stamp, FRESH_S, now)


def test_an_empty_list_is_none(places: dict[str, Path], tmp_path: Path) -> None:
    now = time.time()
    for path in places["LISTS"].iterdir():
        path.write_text("")
    assert is_stale(places, stamped(tmp_path, now), FRESH_S, now)


def test_problems_are_what_apt_says_of_its_sources() -> None:
    said = """\
Hit:1 http://mirror.example.test/debian bookworm InRelease
W: http://old.example.test/dists/x/InRelease: Key is stored in legacy trusted.gpg keyring
W: GPG error: http://a.example.test stable InRelease: The following signatures were invalid
E: The repository 'http://a.example.test stable InRelease' is not signed.
E: Release file for http://b.example.test/dists/x/InRelease is expired (invalid since 5d).
W: Failed to fetch http://c.example.test/x/InRelease  Could not resolve 'c.example.test'
W: Some index files failed to download. They have been ignored, or old ones used instead.
N: Download is performed unsandboxed as root
"""
    assert problems_in(said) == [
        "GPG error: http://a.example.test stable InRelease: The following signatures were invalid",
        "The repository 'http://a.example.test stable InRelease' is not signed.",
        "Release file for http://b.example.test/dists/x/InRelease is expired (invalid since 5d).",
        "Failed to fetch http://c.example.test/x/InRelease  Could not resolve 'c.example.test'",
    ]
