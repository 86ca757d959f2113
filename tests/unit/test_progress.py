"""The output of a run, as people read it."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from unit.playbooks import REPOSITORY, Run, run_playbook

TIME = r" +\d+\.\d s"
RECAP = r"localhost : ok=\d+ changed=\d+ unreachable=\d failed=\d skipped=\d rescued=\d ignored=\d"
Data = dict[str, Any]


def play(*tasks: Data, **more: object) -> Data:
    given = {"name": "A play", "hosts": "localhost", "gather_facts": False}
    return {**given, "tasks": list(tasks), **more}


def command(name: str, line: str, **more: object) -> Data:
    return {"name": name, "ansible.builtin.command": {"cmd": line}, **more}


def fail(name: str, message: str, **more: object) -> Data:
    return {"name": name, "ansible.builtin.fail": {"msg": message}, **more}


def debug(**arguments: object) -> Data:
    return {"name": "Say it", "ansible.builtin.debug": arguments}


def shown(folder: Path, *plays: Data, options: tuple[str, ...] = ()) -> tuple[list[str], Run]:
    """Run plays; return the lines that were printed, without empty ones."""
    run = run_playbook(folder, list(plays), *options, callback="botwatch.stack.progress")
    assert "Failure using method" not in run.errors, run.errors
    assert "Traceback" not in run.output + run.errors
    return [line.rstrip() for line in run.output.splitlines() if line.strip()], run


def test_it_is_the_default() -> None:
    assert (
        "\nstdout_callback = botwatch.stack.progress\n" in (REPOSITORY / "ansible.cfg").read_text()
    )


def test_each_task_that_did_something_is_a_line_with_its_time(tmp_path: Path) -> None:
    lines, run = shown(
        tmp_path,
        play(
            command("Do one thing", "true"),
            command("Check another thing", "true", changed_when=False),
            command("Skip it", "true", when=False),
            {"name": "Run what waits", "ansible.builtin.meta": "flush_handlers"},
            command("Show items as one line", "true", loop=[1, 2, 3]),
            debug(msg="It is done.\nOpen the page."),
        ),
    )
    assert run.returncode == 0
    assert lines[0] == "A play"
    assert re.fullmatch(f"  Do one thing +changed{TIME}", lines[1])
    assert re.fullmatch(f"  Check another thing +ok{TIME}", lines[2])
    assert re.fullmatch(f"  Show items as one line +changed{TIME}", lines[3])
    assert lines[4:6] == ["It is done.", "Open the page."]
    assert lines[6] == (
        "localhost : ok=4 changed=2 unreachable=0 failed=0 skipped=1 rescued=0 ignored=0"
    )
    assert re.fullmatch(r"changed=2 in \d+\.\d s of playbook time", lines[7])
    assert len(lines) == 8


def test_a_run_that_fails_ends_with_the_reason(tmp_path: Path) -> None:
    handler = {"name": "Reload it", "ansible.builtin.command": {"cmd": "true"}}
    lines, run = shown(
        tmp_path,
        play(
            command("Change it", "true", notify="Reload it"),
            fail("Try it", "It is broken.\nMend it with glue."),
            command("Never", "true"),
            handlers=[handler],
        ),
    )
    assert run.returncode == 2
    at = next(number for number, line in enumerate(lines) if line.startswith("  Try it"))
    assert re.fullmatch(f"  Try it +failed{TIME}", lines[at])
    assert lines[at + 1] == "    It is broken."
    assert lines[-3:] == [
        "Failed: [localhost] Try it",
        "    It is broken.",
        "    Mend it with glue.",
    ]
    assert any(line.startswith("  Reload it") for line in lines)
    assert not any("Never" in line or "fatal" in line for line in lines)


def test_a_command_that_fails_is_quoted(tmp_path: Path) -> None:
    lines, _ = shown(tmp_path, play(command("Ask", "sh -c 'echo the reason >&2; exit 3'")))
    assert lines[-1] == "    the reason"


def test_facts_that_cannot_be_gathered_say_why(tmp_path: Path) -> None:
    variables = {"ansible_python_interpreter": "/no/such/python3"}
    _, run = shown(tmp_path, play(gather_facts=True, vars=variables))
    assert run.returncode != 0
    ending = " ".join(run.output.split("Failed:")[-1].split())
    assert "/no/such/python3" in ending


def test_retries_are_not_shown(tmp_path: Path) -> None:
    counter = tmp_path / "count"
    script = f"sh -c 'echo x >>{counter}; test $(wc -l <{counter}) -ge 3'"
    waiting = {"register": "_it", "until": "_it is succeeded", "retries": 5, "delay": 0}
    lines, run = shown(tmp_path, play(command("Wait for it", script, **waiting)))
    assert run.returncode == 0
    assert re.fullmatch(f"  Wait for it +changed{TIME}", lines[1])
    assert lines[2].startswith("localhost :")
    assert "RETRYING" not in run.output + run.errors


def rescued(*block: Data, rescue: list[Data]) -> Data:
    return {"name": "Try", "block": list(block), "rescue": rescue}


@pytest.mark.parametrize("depth", ["block", "nested block", "included file"])
def test_a_rescued_failure_is_a_note(tmp_path: Path, depth: str) -> None:
    failing = fail("Try it", "It does not\nwork.")
    if depth == "nested block":
        failing = {"name": "Within", "block": [failing]}
    if depth == "included file":
        (tmp_path / "tasks.yml").write_text(yaml.safe_dump([failing]))
        failing = {"name": "Within", "ansible.builtin.include_tasks": str(tmp_path / "tasks.yml")}
    lines, run = shown(tmp_path, play(rescued(failing, rescue=[command("Do without", "true")])))
    assert run.returncode == 0
    assert re.fullmatch(f"  Try it +handled{TIME}", lines[1])
    assert lines[2] == "    It does not"
    assert re.fullmatch(f"  Do without +changed{TIME}", lines[3])
    assert "failed " not in run.output
    assert "ERROR" not in run.output + run.errors


def test_what_was_handled_is_reported_when_the_run_fails_all_the_same(tmp_path: Path) -> None:
    block = rescued(fail("Start it", "It crashed:\nline 7"), rescue=[fail("Give up", "No way.")])
    lines, run = shown(tmp_path, play(block))
    assert run.returncode == 2
    assert lines[-5:] == [
        "Handled before: [localhost] Start it",
        "    It crashed:",
        "    line 7",
        "Failed: [localhost] Give up",
        "    No way.",
    ]


def test_a_handler_that_a_block_rescues_is_not_what_the_run_failed_for(tmp_path: Path) -> None:
    block = rescued(
        command("Change it", "true", notify="Reload it"),
        {"name": "Reload now", "ansible.builtin.meta": "flush_handlers"},
        rescue=[fail("Give up", "No way.")],
    )
    lines, run = shown(tmp_path, play(block, handlers=[fail("Reload it", "It crashed.")]))
    assert run.returncode == 2
    assert lines[-4:] == [
        "Handled before: [localhost] Reload it",
        "    It crashed.",
        "Failed: [localhost] Give up",
        "    No way.",
    ]


def test_what_does_not_come_about_says_how_often_it_was_tried(tmp_path: Path) -> None:
    waiting = {"register": "_it", "until": "_it.stdout == 'x'", "retries": 2, "delay": 0}
    lines, _ = shown(tmp_path, play(command("Wait", "echo y", **waiting)))
    assert lines[-1] == "    It did not come about in 2 tries."


def test_a_failure_in_a_rescue_is_a_failure(tmp_path: Path) -> None:
    inner = rescued(fail("First", "1"), rescue=[fail("Second", "2")])
    lines, run = shown(tmp_path, play(rescued(inner, rescue=[command("Third", "true")])))
    assert run.returncode == 0
    assert [line.split()[1] for line in lines if re.match("  (First|Second)", line)] == [
        "handled",
        "handled",
    ]


def test_an_ignored_failure_is_a_note(tmp_path: Path) -> None:
    lines, run = shown(tmp_path, play(fail("Look", "Not there.", ignore_errors=True)))
    assert run.returncode == 0
    assert re.fullmatch(f"  Look +ignored{TIME}", lines[1])
    assert lines[2] == "    Not there."


def test_items_that_fail_are_named(tmp_path: Path) -> None:
    lines, _ = shown(
        tmp_path, play(fail("Look", "{{ item }} is bad", loop=["a", "b"], when="item == 'b'"))
    )
    assert lines[-2:] == ["Failed: [localhost] Look", "    b: b is bad"]


def test_what_must_not_be_logged_is_not(tmp_path: Path) -> None:
    secret = command("Read a secret", "cat /nowhere/s-ecret", no_log=True)
    run = run_playbook(tmp_path, [play(secret)], "--diff", callback="botwatch.stack.progress")
    assert run.returncode == 2
    assert "Read a secret" in run.output + run.errors
    assert "s-ecret" not in run.output + run.errors
    assert "no_log: true" in run.output


DEBUGGED: list[tuple[Data, list[str]]] = [
    ({"msg": ["one", "two"]}, ["one", "two"]),
    ({"msg": {"key": [1, "two"]}}, ["msg:", "key:", "- 1", "- two"]),
    ({"msg": 7}, ["msg: 7"]),
    ({"msg": ""}, []),
    ({"var": "given"}, ["given:", "name: value"]),
    ({"var": "given.name"}, ["given.name: value"]),
]


def test_whatever_debug_says_is_printed(tmp_path: Path) -> None:
    given = {"given": {"name": "value"}}
    plays = [play(debug(**arguments), name="Next", vars=given) for arguments, _ in DEBUGGED]
    lines, run = shown(tmp_path, *plays)
    assert run.returncode == 0
    end = next(number for number, line in enumerate(lines) if " : ok=" in line)
    said = [line.strip().replace("'", "") for line in lines[:end]]
    assert said == [line for _, expected in DEBUGGED for line in ("Next", *expected)]


def test_items_of_debug_are_printed(tmp_path: Path) -> None:
    lines, _ = shown(tmp_path, play(debug(msg="{{ item }}") | {"loop": ["one", "two"]}))
    assert lines[1:3] == ["one", "two"]


def test_diffs_follow_the_line_of_their_task(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("before\n")
    write = {"name": "Write", "ansible.builtin.copy": {"dest": str(file), "content": "after\n"}}
    lines, _ = shown(tmp_path, play(write), options=("--diff", "--check"))
    assert lines[0] == "Check mode: nothing is changed."
    at = next(number for number, line in enumerate(lines) if line.startswith("  Write"))
    assert {"-before", "+after"} <= set(lines[at + 1 :])
    assert "+after" not in lines[:at]


def test_warnings_of_a_task_are_shown(tmp_path: Path) -> None:
    module = tmp_path / "library" / "warning.py"
    module.parent.mkdir()
    module.write_text(
        "from ansible.module_utils.basic import AnsibleModule\n"
        "module = AnsibleModule({})\n"
        "module.deprecate('This goes away.', version='99', collection_name='a.b')\n"
        "module.exit_json(warnings=['Mind the gap.'])\n"
    )
    _, run = shown(tmp_path, play({"name": "Warn", "warning": None}))
    said = " ".join(run.errors.split())
    assert "Mind the gap." in said
    assert "This goes away." in said


def test_a_host_that_cannot_be_reached(tmp_path: Path) -> None:
    nowhere = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    lines, run = shown(tmp_path, play(command("Ask", "true"), vars=nowhere))
    assert run.returncode == 4
    assert re.fullmatch(f"  Ask +unreachable{TIME}", lines[1])
    assert lines[-2] == "Failed: [localhost] Ask"
    assert "Connection refused" in lines[-1]


def test_several_hosts_are_named(tmp_path: Path) -> None:
    adding = {"name": "Add", "ansible.builtin.add_host": {"name": "{{ item }}", "groups": "web"}}
    both = play(
        command("Ask", "true"), debug(msg="Hello."), hosts="web", connection="local",
        vars={"ansible_python_interpreter": sys.executable},
    )  # fmt: skip
    lines, _ = shown(tmp_path, play(adding | {"loop": ["web-1", "web-2"]}), both)
    for host in ("web-1", "web-2"):
        assert any(re.fullmatch(rf"  \[{host}\] Ask +changed{TIME}", line) for line in lines)
        assert f"[{host}] Hello." in lines
        assert any(line.startswith(f"{host} : ok=2 ") for line in lines)


def test_a_play_without_hosts_is_not_shown(tmp_path: Path) -> None:
    none = play(command("Never", "true"), name="Nothing", hosts="nobody")
    lines, _ = shown(tmp_path, play(command("One", "true")), none)
    assert "Nothing" not in "\n".join(lines)


@pytest.mark.parametrize("verbosity", ["-v", "-vv", "-vvv"])
def test_verbose_runs_show_all_that_the_default_callback_does(
    tmp_path: Path, verbosity: str
) -> None:
    block = rescued(fail("Look", "Not there."), rescue=[debug(var="given")])
    plays = [play(command("One", "true"), block, vars={"given": {"name": "value"}})]
    _, run = shown(tmp_path, *plays, options=(verbosity,))
    assert "PLAY [A play] *" in run.output
    assert "changed: [localhost] => " in run.output
    assert "fatal: [localhost]: FAILED! => " in run.output
    assert "PLAY RECAP *" in run.output
    assert ("task path: " in run.output) is (verbosity != "-v")
    assert re.search(r"changed=1 in \d+\.\d s of playbook time", run.output)


def test_a_task_of_the_role_common_is_shown_with_the_role_that_imports_it(tmp_path: Path) -> None:
    shared = {"name": "Start it", "ansible.builtin.import_role": {"name": "common"}}
    tasks = {"common": [command("Start the service", "true")], "web": [shared]}
    for role, listed in tasks.items():
        (tmp_path / f"roles/{role}/tasks").mkdir(parents=True)
        (tmp_path / f"roles/{role}/tasks/main.yml").write_text(yaml.safe_dump(listed))
    lines, _ = shown(tmp_path, play(roles=["web"]))
    assert re.fullmatch(rf"  web: Start the service +changed{TIME}", lines[1]), lines


def test_long_names_do_not_break_the_columns(tmp_path: Path) -> None:
    lines, _ = shown(
        tmp_path,
        play(command("Run " + "a very long name " * 10, "true"), command("Short", "true")),
    )
    long, short = (line for line in lines if "changed " in line)
    assert "…" in long
    assert long.index("changed") == short.index("changed")


@pytest.mark.parametrize("columns", [30, 80, 200])
def test_a_terminal_shows_the_running_task_within_its_width(tmp_path: Path, columns: int) -> None:
    long, short = command("Run " + "long " * 40, "true"), command("Short", "true")
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(yaml.safe_dump([play(long, short, debug(msg="It is done."))]))
    ours, theirs = pty.openpty()
    settings = {
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_STDOUT_CALLBACK": "botwatch.stack.progress",
        "ANSIBLE_VAULT_PASSWORD_FILE": "inventory/demo/vault-password.txt",
        "COLUMNS": str(columns),
        "TERM": "xterm",
    }
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    with subprocess.Popen(
        [program, "-i", os.devnull, str(playbook)],
        cwd=REPOSITORY, env=os.environ | settings, stdin=theirs, stdout=theirs, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        output = b""
        while chunk := read(ours):
            output += chunk
        assert process.wait(30) == 0
    os.close(ours)
    text = output.decode()
    assert "\x1b[K  Short …" in text
    lines = [line.rsplit("\x1b[K", 1)[-1] for line in text.replace("\r\n", "\n").split("\n")]
    assert "It is done." in lines
    finished = [line for line in lines if re.search(rf"changed{TIME}$", line)]
    assert len(finished) == 2
    assert {len(line) for line in finished} == {min(max(columns, 40), 100) - 1}


def read(descriptor: int) -> bytes:
    """Read from a terminal; nothing once its other end is closed."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""
