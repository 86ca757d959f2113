"""Files, secrets and data sources that users add are checked before anything is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from plugins.plugin_utils import data_sources
from plugins.plugin_utils.additions import file_faults, secret_faults
from plugins.plugin_utils.paths import matches

DIRECTORY = "/etc/grafana-secrets"
OWN = {"name": "Prometheus", "uid": "prometheus"}
LOKI = {"name": "Loki", "uid": "loki", "type": "loki", "url": "http://127.0.0.1:3100"}


def test_files_are_found_from_the_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("rules/b.yml", "rules/a.yml", "rules/deep/c.yml", "rules/note.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    found = [f"{tmp_path}/rules/a.yml", f"{tmp_path}/rules/b.yml"]
    for pattern in ("rules/*.yml", "~/rules/*.yml", f"{tmp_path}/rules/*.yml"):
        assert matches(pattern) == found
    assert matches("rules/a.yml") == found[:1]
    assert matches("rules/*/*.yml") == [f"{tmp_path}/rules/deep/c.yml"]
    assert matches("rules") == matches("nowhere/*.yml") == []


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        ([], "rules/*.yml is no file on the controller"),
        (["/a/node.yml"], "the name node is taken: rename /a/node.yml"),
        (["/a/own.yml", "/b/own.yaml"], "the name own is taken: rename /b/own.yaml"),
        (["/a/Uptime of it.yml"], "rename /a/Uptime of it.yml: use letters"),
        (["/a/own.json"], "/a/own.json does not end with .yml or .yaml"),
        (["/a/own.yml", "/a/other.yaml"], ""),
    ],
)
def test_files_need_names_that_every_runtime_takes(paths: list[str], words: str) -> None:
    found = [{"pattern": "rules/*.yml", "paths": paths}]
    (said,) = file_faults(found, "rule_files", ["node"], [".yml", ".yaml"]) or [""]
    assert words in said
    assert said.startswith("rule_files: ") or not words


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a b", "ünïcödé"])
def test_a_secret_needs_the_name_of_a_file(name: str) -> None:
    (said,) = secret_faults("secret_files", {name: "x"}, [])
    assert f"{name!r} is no file name" in said


@pytest.mark.parametrize("content", [None, "", 4711, False, ["x"]])
def test_a_secret_needs_to_be_text_and_is_not_shown(content: object) -> None:
    (said,) = secret_faults("secret_files", {"api": content}, ["own"])
    assert said.startswith("secret_files: the content of api is no text")
    assert "4711" not in said


def test_a_secret_of_ours_is_not_replaced() -> None:
    (said,) = secret_faults("secret_files", {"own": "x"}, ["own"])
    assert "botwatch has a file own itself" in said


@pytest.mark.parametrize(
    ("sources", "secrets", "words"),
    [
        ([LOKI], {}, ""),
        ([{**LOKI, "name": ""}], {}, "entry 1 has no name"),
        ([{**LOKI, "type": None}], {}, "Loki has no type"),
        ([{**LOKI, "name": "Prometheus"}], {}, "the name Prometheus is taken"),
        ([{**LOKI, "uid": "prometheus"}], {}, "the uid prometheus is taken"),
        ([LOKI, {**LOKI, "name": "Other"}], {}, "the uid loki is taken"),
        ([{**LOKI, "isDefault": True}], {}, "Prometheus is the default"),
        ([{**LOKI, "secureJsonData": {"password": "x"}}], {}, "holds a secret"),
        (
            [{**LOKI, "secureJsonData": {"password": f"$__file{{{DIRECTORY}/loki}}"}}],
            {},
            "grafana_secret_files has no loki",
        ),
        (
            [{**LOKI, "secureJsonData": {"password": f"$__file{{{DIRECTORY}/loki}}"}}],
            {"loki": "x"},
            "",
        ),
        (
            [{"name": name, "type": "loki"} for name in ("a", "b")],
            {},
            "",
        ),
    ],
)
def test_data_sources_that_grafana_would_not_start_with_are_refused(
    sources: list[Any], secrets: dict[str, str], words: str
) -> None:
    said = "\n".join(data_sources.faults(sources, secrets, DIRECTORY, OWN, ["admin-password"]))
    assert words in said
    assert bool(said) is bool(words)
