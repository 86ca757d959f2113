"""The action files_in_place, run by Ansible on this machine in a directory of the test's own."""

from __future__ import annotations

import getpass
import grp
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from unit.playbooks import Data, run_tasks

OWN = {"owner": getpass.getuser(), "group": grp.getgrgid(os.getgid()).gr_name}
NOTE = "{{ word }} stays, this is read\n"
SYSTEMD_TIME = "%a %Y-%m-%d %H:%M:%S UTC"


class Place:
    """A directory that a small playbook puts files into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.target = folder / "target"
        self.note = self.target / "note"
        self.plain = self.target / "plain"
        self.template = folder / "templates" / "note.j2"
        self.template.parent.mkdir()
        self.template.write_text("{{ word }} stays, [[ word ]] is read\n")

    def put(self, *options: str, **given: object) -> Data:
        """Run the action; return its result."""
        files = [
            {"dest": str(self.target), "state": "directory", "mode": "0750", **OWN},
            {"dest": str(self.plain), "content": "one\n", "mode": "0640", **OWN},
            {
                "dest": str(self.note), "src": "note.j2", "delimiters": "square",
                "validate": "grep -q is.read %s", "mode": "0600", **OWN,
            },
        ]  # fmt: skip
        task = {"name": "Put", "botwatch.stack.files_in_place": {"files": files, **given}}
        run = run_tasks(self.folder, [task], *options, word="this")
        result: Data = run.results["Put"]
        return result


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


def test_files_are_created_then_left_alone_then_fixed(place: Place) -> None:
    made = place.put()
    assert made["changed_files"] == [str(place.target), str(place.plain), str(place.note)]
    assert place.note.read_text() == NOTE
    assert [mode(path) for path in (place.target, place.plain, place.note)] == [
        "0o750",
        "0o640",
        "0o600",
    ]
    assert place.put()["changed"] is False

    place.plain.chmod(0o644)
    place.note.write_text("spoilt\n")
    repaired = place.put("--diff")
    assert repaired["changed_files"] == [str(place.plain), str(place.note)]
    assert "spoilt\n" in [diff.get("before") for diff in repaired["diff"]]
    assert mode(place.plain) == "0o640"
    assert place.note.read_text() == NOTE


@pytest.mark.parametrize(
    ("unit", "asked"),
    [
        ({"unit": "alpha"}, "ActiveEnterTimestamp"),
        ({"unit": "alpha", "read_at": "reload"}, "StateChangeTimestamp"),
    ],
)
def test_a_unit_that_has_not_read_its_files_yet_is_a_change(
    place: Place, monkeypatch: pytest.MonkeyPatch, unit: dict[str, str], asked: str
) -> None:
    place.put()
    files = [str(place.plain), str(place.note)]
    written = max(int(Path(file).stat().st_ctime) for file in files)
    systemctl = place.folder / "bin" / "systemctl"
    systemctl.parent.mkdir()
    monkeypatch.setenv("PATH", str(systemctl.parent), prepend=os.pathsep)
    for since, unread in ((written, []), (written - 60, files), (0, [])):
        stamp = datetime.fromtimestamp(since, UTC).strftime(SYSTEMD_TIME) if since else ""
        shown = f"ActiveState=active\\nUnitFileState=enabled\\n{asked}={stamp}\\n"
        systemctl.write_text(f'#!/bin/sh\ncase "$*" in *{asked}*alpha) printf "{shown}";; esac\n')
        systemctl.chmod(0o755)
        outcome = place.put(**unit)
        assert outcome["unread_files"] == unread
        assert outcome["changed_files"] == []
        assert outcome["changed"] is bool(unread)


UNITS = {
    "beta": ("active", "enabled", True),
    "gamma": ("inactive", "enabled", False),
    "delta": ("active", "disabled", False),
    "epsilon": ("activating", "enabled", False),
    "zeta": ("inactive", "", False),
}


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A systemctl that shows the units above and counts its calls in the file that is returned."""
    program, calls = tmp_path / "bin" / "systemctl", tmp_path / "calls"
    program.parent.mkdir()
    shown = "".join(
        f"{name}) printf '\\nActiveState={active}\\nUnitFileState={enabled}\\n';;\n"
        for name, (active, enabled, _) in UNITS.items()
    )
    program.write_text(
        f"#!/bin/sh\necho >>{calls}\nfor word; do case $word in\n{shown}esac; done\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    return calls


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_is_up_if_it_runs_and_starts_at_boot(
    place: Place, systemctl: Path, unit: str
) -> None:
    assert place.put(unit=unit)["unit_is_up"] is UNITS[unit][2]
    assert "unit_is_up" not in place.put()
    assert len(systemctl.read_text().splitlines()) == 1


def test_several_tasks_use_what_one_has_found(place: Place, systemctl: Path) -> None:
    place.put()
    place.plain.write_text("spoilt\n")
    files: list[Data] = [
        {"dest": str(place.plain), "content": "one\n", "mode": "0640", **OWN},
        {"dest": str(place.note), "src": "note.j2", "delimiters": "square", "mode": "0600", **OWN},
    ]
    paths, units = [file["dest"] for file in files], ["beta", "gamma"]
    look = {
        "name": "Look",
        "botwatch.stack.files_info": {"paths": paths, "units": units},
        "register": "found",
    }
    tasks = [
        {
            "name": name,
            "botwatch.stack.files_in_place": {
                "files": [file],
                "unit": unit,
                "found": "{{ found }}",
            },
        }
        for name, file, unit in zip(("Plain", "Note"), files, units, strict=True)
    ]
    results = run_tasks(place.folder, [look, *tasks], word="this").results
    assert results["Plain"]["changed_files"] == [str(place.plain)]
    assert results["Note"]["changed"] is False
    assert [results[name]["unit_is_up"] for name in ("Plain", "Note")] == [True, False]
    assert len(systemctl.read_text().splitlines()) == 1


def test_what_is_no_longer_wanted_is_removed_once(place: Place) -> None:
    place.put()
    files = [{"dest": str(path), "state": "absent"} for path in (place.note, place.target)]
    task = {"name": "Remove", "botwatch.stack.files_in_place": {"files": files}}
    dry = run_tasks(place.folder, [task], "--check").results["Remove"]
    assert (dry["changed"], place.note.exists()) == (True, True)
    removed = run_tasks(place.folder, [task]).results["Remove"]
    assert removed["changed_files"][0] == str(place.note)
    assert not place.target.exists()
    assert run_tasks(place.folder, [task]).results["Remove"]["changed"] is False


def test_directories_hold_only_what_is_given(place: Place) -> None:
    place.put()
    stray, kept = place.target / "stray", place.target / "folder/kept"
    kept.parent.mkdir()
    for path in (stray, kept):
        path.write_text("left\n")
    given = {"exclusive": [str(place.target), str(place.folder / "never was")]}
    dry = place.put("--check", "--diff", **given)
    assert (dry["changed_files"], stray.exists()) == ([str(stray)], True)
    assert [diff["after"] for diff in dry["diff"]] == [{"state": "absent"}]
    assert place.put(**given)["changed_files"] == [str(stray)]
    assert (stray.exists(), kept.exists()) == (False, True)
    assert place.put(**given)["changed"] is False


def test_a_dry_run_says_what_would_change_and_changes_nothing(place: Place) -> None:
    place.target.mkdir(mode=0o750)
    dry = place.put("--check", "--diff")
    assert dry["changed_files"] == [str(place.plain), str(place.note)]
    assert "one\n" in [diff.get("after") for diff in dry["diff"]]
    assert list(place.target.iterdir()) == []


def test_what_is_no_text_is_not_shown(place: Place) -> None:
    place.put()
    place.plain.write_bytes(b"\x7fELF\0\x1b[31m")
    place.note.write_bytes(b"caf\xe9\n")
    shown = place.put("--check", "--diff")["diff"]
    assert [diff["before"] for diff in shown] == ["(binary)\n", "caf\ufffd\n"]


def test_a_file_that_fails_its_check_is_not_put_in_place(place: Place) -> None:
    place.put()
    place.template.write_text("something else\n")
    refused = place.put()
    assert refused["failed"] is True
    assert refused["msg"].startswith(f"{place.note}: failed to validate")
    assert place.note.read_text() == NOTE


def test_a_secret_is_in_no_output(tmp_path: Path) -> None:
    file = {"dest": f"{tmp_path}/secret", "content": "s-ecret", "mode": "0600", **OWN}
    task = {
        "name": "Put",
        "botwatch.stack.files_in_place": {"files": [file]},
        "no_log": True,
        "diff": False,
    }
    run = run_tasks(tmp_path, [task], "--diff")
    assert (tmp_path / "secret").read_text() == "s-ecret"
    assert "s-ecret" not in run.output + run.errors
