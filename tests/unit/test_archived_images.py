from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from plugins.lookup.archived_images import LookupModule

from k3s_role.images import pack, save_image

if TYPE_CHECKING:
    from pathlib import Path


def look(*folders: Path) -> list[str]:
    return LookupModule().run([str(folder) for folder in folders])


def test_all_images_in_all_archives_are_named(tmp_path: Path) -> None:
    save_image(tmp_path / "one.tar", "grafana/grafana:13.2.3")
    save_image(tmp_path / "two.tar", "prom/prometheus:v3.5.3")
    (tmp_path / "readme.txt").write_text("Nothing to see here.\n")
    assert look(tmp_path) == ["grafana/grafana:13.2.3", "prom/prometheus:v3.5.3"]


def test_names_are_as_people_write_them(tmp_path: Path) -> None:
    save_image(tmp_path / "one.tar", "docker.io/library/python:3.13-slim")
    assert look(tmp_path) == ["python:3.13-slim"]


def test_the_archives_that_hold_an_image_are_found(tmp_path: Path) -> None:
    save_image(tmp_path / "one.tar", "python:3.13-slim")
    save_image(tmp_path / "two.tar", "localhost/bot:1")
    found = LookupModule().run([str(tmp_path)], holding="docker.io/library/python:3.13-slim")
    assert found == [str(tmp_path / "one.tar")]
    assert LookupModule().run([str(tmp_path)], holding="localhost/bot:2") == []


def test_a_relative_path_starts_at_the_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "images").mkdir()
    save_image(tmp_path / "images/one.tar", "python:3.13-slim")
    monkeypatch.chdir(tmp_path)
    found = LookupModule().run(["images"], holding="python:3.13-slim")
    assert found == [str(tmp_path / "images/one.tar")]


def test_what_is_no_archive_of_images_has_none(tmp_path: Path) -> None:
    (tmp_path / "cut.tar").write_bytes(b"no archive")
    (tmp_path / "other.tar").write_bytes(pack({"readme": b"Nothing to see here.\n"}))
    (tmp_path / "broken.tar").write_bytes(pack({"manifest.json": b"{"}))
    (tmp_path / "nameless.tar").write_bytes(pack({"manifest.json": b'[{"RepoTags": null}]'}))
    assert look(tmp_path) == []


def test_a_missing_directory_has_none(tmp_path: Path) -> None:
    assert look(tmp_path / "images") == []
