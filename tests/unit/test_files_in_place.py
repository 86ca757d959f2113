from __future__ import annotations

import grp
import os
import pwd
from typing import TYPE_CHECKING, Any

import pytest

from unit.playbooks import Run, run_tasks

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "s-ecret"


def mine() -> dict[str, str]:
    """Who runs this test, as the owner of a file."""
    return {"owner": pwd.getpwuid(os.getuid()).pw_name, "group": grp.getgrgid(os.getgid()).gr_name}


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """The folder in the place of a host's root, with templates beside it."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/plain.j2").write_text("word = {{ word }}\n")
    (tmp_path / "templates/square.j2").write_text(
        "{{ left }} [[ word ]]\n[% if word %]\nyes\n[% endif %]\n"
    )
    return tmp_path / "host"


def put(
    host: Path, name: str, word: str = "one", validate: str = "true %s", **keywords: object
) -> dict[str, Any]:
    """Make a task that puts a folder and three files in place."""
    files = [
        {"dest": str(host), "state": "directory", "mode": "0750"},
        {"dest": f"{host}/plain", "src": "plain.j2", "mode": "0640", "validate": validate},
        {"dest": f"{host}/square", "src": "square.j2", "mode": "0644", "delimiters": "square"},
        {"dest": f"{host}/secret", "content": SECRET, "mode": "0600"},
    ]
    owned = [file | mine() for file in files]
    return {"name": name, "files_in_place": {"files": owned}, "vars": {"word": word}, **keywords}


def shell(line: str) -> dict[str, Any]:
    return {"name": line, "ansible.builtin.shell": {"cmd": line}}


def changed(run: Run, task: str) -> list[str]:
    return [path.rsplit("/", 1)[1] for path in run.results[task]["changed_files"]]


def test_files_are_put_in_place_once(host: Path) -> None:
    run = run_tasks(host.parent, [put(host, "First"), put(host, "Again")])
    assert changed(run, "First") == ["host", "plain", "square", "secret"]
    assert (host / "plain").read_text() == "word = one\n"
    assert (host / "square").read_text() == "{{ left }} one\nyes\n"
    assert (host / "secret").read_text() == SECRET
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in host.iterdir()}
    assert modes == {"plain": "0o640", "square": "0o644", "secret": "0o600"}
    assert oct(host.stat().st_mode & 0o777) == "0o750"
    assert run.results["Again"]["changed"] is False
    assert changed(run, "Again") == []


def test_only_what_differs_is_changed(host: Path) -> None:
    tampering = shell(f"chmod 600 {host}/square; rm {host}/secret")
    mended, other = put(host, "Mended"), put(host, "Other", word="two")
    run = run_tasks(host.parent, [put(host, "First"), tampering, mended, other])
    assert changed(run, "Mended") == ["square", "secret"]
    assert changed(run, "Other") == ["plain", "square"]
    assert (host / "plain").read_text() == "word = two\n"


def test_a_dry_run_says_what_would_change_and_changes_nothing(host: Path) -> None:
    dry = put(host, "Dry", word="two", check_mode=True, diff=True)
    run = run_tasks(host.parent, [put(host, "First"), dry, put(host, "After")])
    assert changed(run, "Dry") == ["plain", "square"]
    assert "word = two" in str(run.results["Dry"]["diff"])
    assert changed(run, "After") == []
    assert (host / "plain").read_text() == "word = one\n"


def test_a_file_that_is_refused_is_named_and_the_old_one_stays(host: Path) -> None:
    refused = put(host, "Refused", word="two", validate="grep one %s")
    run = run_tasks(host.parent, [put(host, "First"), refused])
    assert run.returncode == 2
    assert run.results["Refused"]["msg"].startswith(f"{host}/plain: ")
    assert (host / "plain").read_text() == "word = one\n"


def test_a_secret_is_in_no_output(host: Path) -> None:
    run = run_tasks(host.parent, [put(host, "Put", no_log=True, diff=False)], "--diff")
    assert (host / "secret").read_text() == SECRET
    assert SECRET not in run.output + run.errors
