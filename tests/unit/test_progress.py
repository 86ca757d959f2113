from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from unit.playbooks import run_playbook

if TYPE_CHECKING:
    from pathlib import Path

TIME = r" +\d+\.\d s"


def play(*tasks: dict[str, Any]) -> dict[str, Any]:
    return {"name": "A play", "hosts": "localhost", "gather_facts": False, "tasks": list(tasks)}


def command(name: str, line: str, **more: object) -> dict[str, Any]:
    return {"name": name, "ansible.builtin.command": {"cmd": line}, **more}


def test_each_task_that_did_something_is_a_line_with_its_time(tmp_path: Path) -> None:
    run = run_playbook(
        tmp_path,
        [
            play(
                command("Ensure one thing is done", "true"),
                command("Ensure another thing is fine", "true", changed_when=False),
                command("Ensure nothing is skipped", "true", when=False),
                {"name": "Run what waits", "ansible.builtin.meta": "flush_handlers"},
                command("Ensure items are one line", "true", loop=[1, 2, 3]),
                {"name": "Say it", "ansible.builtin.debug": {"msg": "It is done.\nOpen the page."}},
            )
        ],
        callback="progress",
    )
    assert run.returncode == 0
    lines = [line.rstrip() for line in run.output.splitlines() if line.strip()]
    assert lines[0] == "A play"
    assert re.fullmatch(f"  one thing is done +changed{TIME}", lines[1])
    assert re.fullmatch(f"  another thing is fine +ok{TIME}", lines[2])
    assert re.fullmatch(f"  items are one line +changed{TIME}", lines[3])
    assert lines[4:6] == ["It is done.", "Open the page."]
    assert re.fullmatch(r"changed=2 in \d+\.\d s of playbook time", lines[6])
    assert len(lines) == 7


def test_a_failure_is_a_line_and_its_message(tmp_path: Path) -> None:
    failing = {"name": "Ensure it works", "ansible.builtin.fail": {"msg": "It is broken: mend it."}}
    run = run_playbook(tmp_path, [play(failing, command("Never", "true"))], callback="progress")
    assert run.returncode == 2
    said = run.output + run.errors
    assert re.search(f"^  it works +failed{TIME}", said, re.MULTILINE)
    assert "It is broken: mend it." in said
    assert "Never" not in said


def test_what_must_not_be_logged_is_not(tmp_path: Path) -> None:
    secret = command("Ensure a secret", "cat /nowhere/s-ecret", no_log=True)
    run = run_playbook(tmp_path, [play(secret)], "--diff", callback="progress")
    assert run.returncode == 2
    assert "a secret" in run.output + run.errors
    assert "s-ecret" not in run.output + run.errors


def test_long_names_do_not_break_the_columns(tmp_path: Path) -> None:
    run = run_playbook(
        tmp_path,
        [play(command("Ensure " + "a very long name " * 10, "true"), command("Short", "true"))],
        callback="progress",
    )
    long, short = (line for line in run.output.splitlines() if "changed " in line)
    assert "…" in long
    assert long.index("changed") == short.index("changed")
