"""Files get their content, owner and mode before they get their name, or nothing happens."""

from __future__ import annotations

import base64
import getpass
import grp
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from plugins.modules.files_in_place import Data, find_owner, put, refusal

OWN = {"owner": getpass.getuser(), "group": grp.getgrgid(os.getgid()).gr_name}


@pytest.fixture(autouse=True)
def strict_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


def file(path: Path, content: str = "new\n", mode: str = "0644", **given: str) -> Data:
    encoded = base64.b64encode(content.encode()).decode()
    return {
        "dest": str(path), "state": "file", "content_base64": encoded, "mode": mode, **OWN,
        "validate": None, **given,
    }  # fmt: skip


def directory(path: Path, mode: str) -> Data:
    return {"dest": str(path), "state": "directory", "mode": mode, **OWN, "validate": None}


def absent(path: Path) -> Data:
    return {"dest": str(path), "state": "absent", "validate": None}


def mode(path: Path) -> str:
    return f"{path.stat().st_mode & 0o7777:04o}"


@pytest.mark.parametrize("wanted", ["0644", "0600", "0755", "1755", "2750"])
def test_the_mode_is_the_one_that_was_asked_for(tmp_path: Path, wanted: str) -> None:
    put(file(tmp_path / "note", mode=wanted))
    assert mode(tmp_path / "note") == wanted


def test_directories_above_get_the_mode_only_if_they_are_new(tmp_path: Path) -> None:
    put(directory(tmp_path / "old", "0700"))
    put(directory(tmp_path / "old/new/newest", "0755"))
    modes = [mode(tmp_path / name) for name in ("old", "old/new", "old/new/newest")]
    assert modes == ["0700", "0755", "0755"]


def test_a_file_is_replaced_and_never_written_into(tmp_path: Path) -> None:
    note = tmp_path / "note"
    note.write_text("old\n")
    with note.open() as reader:
        put(file(note))
        assert reader.read() == "old\n"
    assert note.read_text() == "new\n"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"owner": "no-such-user"}, "the host has no user no-such-user"),
        ({"group": "no-such-group"}, "the host has no group no-such-group"),
    ],
)
def test_a_file_that_cannot_be_written_stays_as_it_was(
    tmp_path: Path, given: dict[str, str], words: str
) -> None:
    note = tmp_path / "note"
    note.write_text("old\n")
    with pytest.raises(OSError, match=words):
        put(file(note, **given))
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old\n"]


@pytest.mark.parametrize("state", ["file", "directory"])
def test_an_owner_that_does_not_exist_is_found_before_anything_is_written(
    tmp_path: Path, state: str
) -> None:
    with pytest.raises(OSError, match="the host has no user no-such-user"):
        find_owner(file(tmp_path / "note", owner="no-such-user", state=state))
    find_owner(file(tmp_path / "note", owner="4711", group="4711"))
    find_owner(absent(tmp_path / "note"))


def test_a_directory_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=f"the directory {tmp_path}/no does not exist"):
        put(file(tmp_path / "no/note"))


def test_an_interruption_leaves_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "chown", interrupt)
    with pytest.raises(KeyboardInterrupt):
        put(file(tmp_path / "note"))
    assert list(tmp_path.iterdir()) == []


def test_a_directory_in_the_place_of_a_file_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "note").mkdir()
    with pytest.raises(IsADirectoryError):
        put(file(tmp_path / "note"))
    assert [path.name for path in tmp_path.iterdir()] == ["note"]


def test_what_is_to_be_absent_is_removed_whatever_it_is(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "note").write_text("kept\n")
    (tmp_path / "link").symlink_to(kept)
    (tmp_path / "full/deep").mkdir(parents=True)
    (tmp_path / "note").write_text("old\n")
    for name in ("link", "full", "note", "never was"):
        put(absent(tmp_path / name))
    assert [path.name for path in tmp_path.rglob("*")] == ["kept", "note"]


def test_the_first_refusal_is_reported_in_the_checkers_words(tmp_path: Path) -> None:
    checker = "sh -c 'grep -q good $0 || { echo $0 is bad; exit 3; }' %s"
    files = [
        file(tmp_path / "one", "good\n", validate=checker),
        file(tmp_path / "two", "poor\n", validate=checker),
        file(tmp_path / "three", "poor\n", validate=checker),
    ]
    dest = str(tmp_path / "two")
    assert refusal(files) == {"dest": dest, "said": f"{dest} is bad"}
    assert refusal(files[:1]) == {}


def test_a_checker_that_is_not_there_is_a_refusal(tmp_path: Path) -> None:
    refused = refusal([file(tmp_path / "one", validate="/no/such/checker %s")])
    assert refused["said"] == "/no/such/checker: No such file or directory"


def test_a_checker_that_says_nothing_is_a_refusal_by_its_code(tmp_path: Path) -> None:
    assert refusal([file(tmp_path / "one", validate="false %s")])["said"] == (
        "false exited with code 1"
    )
