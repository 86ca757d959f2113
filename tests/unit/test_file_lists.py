"""Lists of files are made of mappings and of files on the controller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from ansible.template import trust_as_template
from plugins.filter.files import as_files, volume_items

from monitoring.rendering import evaluate, load_plugins

if TYPE_CHECKING:
    from pathlib import Path

LOOKUP = "{{ query('botwatch.stack.copied_files', *paths, directory='/etc/rules'%s) }}"


def test_a_mapping_becomes_the_files_of_a_directory() -> None:
    assert as_files({}, "/etc/secrets", "0640") == []
    assert as_files({"a": "1", "b.txt": ""}, "/etc/secrets", "0640", group="grafana") == [
        {"dest": "/etc/secrets/a", "content": "1", "group": "grafana", "mode": "0640"},
        {"dest": "/etc/secrets/b.txt", "content": "", "group": "grafana", "mode": "0640"},
    ]
    (record,) = as_files({"k3s": "x"}, "/var/lib/records", "0644", suffix=".images")
    assert record["dest"] == "/var/lib/records/k3s.images"
    assert record["group"] == "root"


def test_a_volume_shows_files_at_their_paths_and_leaves_directories_out() -> None:
    files = [
        {"dest": "/etc/app", "state": "directory", "mode": "0755"},
        {"dest": "/etc/app/app.yml", "src": "app.yml.j2", "mode": "0644"},
        {"dest": "/etc/app/rules/a.yml", "content": "x", "state": "file", "mode": "0644"},
        {"dest": "/etc/app/old.yml", "state": "absent"},
    ]
    assert volume_items(files, "/etc/app") == [
        {"key": "app.yml", "path": "app.yml"},
        {"key": "a.yml", "path": "rules/a.yml"},
    ]
    (only,) = volume_items(files[1:2], "/etc/app", mode=0o440)
    assert only == {"key": "app.yml", "path": "app.yml", "mode": 288}


def test_a_file_outside_the_volume_is_an_error() -> None:
    with pytest.raises(ValueError, match="/etc/other/x"):
        volume_items([{"dest": "/etc/other/x", "content": ""}], "/etc/app")


@pytest.mark.parametrize(
    ("options", "name", "more"),
    [
        ("", "own.yaml", {"mode": "0644"}),
        (", suffix='.yml'", "own.yml", {"mode": "0644"}),
        (", mode='0600', validate='ok %s'", "own.yaml", {"mode": "0600", "validate": "ok %s"}),
    ],
)
def test_files_of_the_controller_are_copied_as_they_are(
    options: str, name: str, more: dict[str, Any], tmp_path: Path
) -> None:
    load_plugins()
    path = tmp_path / "own.yaml"
    path.write_text("{{ no template }}\n\n", encoding="utf-8")
    (file,) = evaluate_lookup(options, [str(path)])
    assert file == {"dest": f"/etc/rules/{name}", "content": path.read_text(), **more}
    assert evaluate_lookup(options, []) == []


def evaluate_lookup(options: str, paths: list[str]) -> Any:  # noqa: ANN401 # what Ansible yields
    return evaluate(trust_as_template(LOOKUP.replace("%s)", f"{options})")), {"paths": paths})
