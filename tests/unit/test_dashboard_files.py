"""Dashboards of a user's own are read, and what is wrong with one is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from plugins.lookup.dashboard_files import describe

SOUND = {"uid": "own", "title": "Own", "panels": []}


def test_a_sound_one_is_given_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    path.write_text(json.dumps({**SOUND, "description": "{{ no template }}"}) + "\n")
    found = describe(path)
    assert (found["name"], found["uid"], found["title"]) == ("own.json", "own", "Own")
    assert found["content"] == path.read_text()
    assert found["fault"] == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is no JSON"),
        ("[]", "holds no dashboard"),
        ('{"uid": "a"}', "holds no dashboard"),
        (json.dumps({**SOUND, "uid": ""}), "has no uid"),
        (json.dumps({**SOUND, "uid": None}), "has no uid"),
        (json.dumps({**SOUND, "title": 7}), "has no title"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "own.json"
    path.write_text(text)
    assert f"{path} {words}" in describe(path)["fault"]
