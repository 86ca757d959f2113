"""playbooks/logs.yml as a user runs it, with made-up programs on the host."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from unit.playbooks import REPOSITORY

TOKEN = "made.up.0123456789abcdefgh"
HOST: dict[str, object] = {
    "ansible_connection": "local",
    "ansible_become": False,
    "ansible_python_interpreter": sys.executable,
    "vault_discord_bot_token": TOKEN,
}
SYSTEMD = {
    "systemctl": "echo discord-bot.service: failed; exit 3",
    "journalctl": f'echo "$@"; echo "KeyError with {TOKEN}"',
}


def logs(folder: Path, programs: dict[str, str], *options: str, **variables: object) -> str:
    """Run the playbook; give what it prints, its exit code in the first line."""
    for name, script in programs.items():
        program = folder / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    inventory = folder / "hosts.json"
    hosts = {"one": {**HOST, **variables}}
    inventory.write_text(json.dumps({"botwatch": {"hosts": hosts}}))
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "playbooks/logs.yml"]
    ran = subprocess.run(
        [*command, "-i", str(inventory), *options],
        cwd=REPOSITORY,
        env=os.environ
        | {
            "PATH": f"{folder}:{os.environ['PATH']}",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_VAULT_PASSWORD_FILE": "inventory/demo/vault-password.txt",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return f"{ran.returncode}\n{ran.stdout}{ran.stderr}"


def test_the_log_of_a_dead_bot_is_shown_without_its_token(tmp_path: Path) -> None:
    shown = logs(tmp_path, SYSTEMD, "-e", "logs_lines=7", botwatch_runtime="systemd")
    assert shown.startswith("0\n"), shown
    assert "discord-bot.service: failed" in shown
    assert "--unit discord-bot.service --lines 7 " in shown
    assert "KeyError with [secret]" in shown
    assert TOKEN not in shown


def test_a_bot_of_another_name_is_asked_for(tmp_path: Path) -> None:
    shown = logs(tmp_path, SYSTEMD, botwatch_runtime="systemd", discord_bot_name="lantern")
    assert "--unit lantern.service --lines 50 " in shown


def test_the_log_of_a_pod_is_shown(tmp_path: Path) -> None:
    kubectl = {"kubectl": f'echo "$@"; [ "$3" = get ] || echo "KeyError with {TOKEN}"'}
    shown = logs(tmp_path, kubectl, "-e", f"botwatch_kubectl={tmp_path / 'kubectl'}")
    assert shown.startswith("0\n"), shown
    assert "--namespace discord-bot get pods" in shown
    assert "--selector app=discord-bot " in shown
    assert "KeyError with [secret]" in shown


@pytest.mark.parametrize("lines", ["0", "many", "1001", "-1"])
def test_a_number_of_lines_that_is_none_is_refused(tmp_path: Path, lines: str) -> None:
    shown = logs(tmp_path, SYSTEMD, "-e", f"logs_lines={lines}", botwatch_runtime="systemd")
    assert not shown.startswith("0\n")
    assert f"logs_lines is {lines}: set it to a number from 1 to 1000" in " ".join(shown.split())


def test_a_host_that_cannot_be_asked_is_a_failure(tmp_path: Path) -> None:
    broken = {**SYSTEMD, "journalctl": "echo No journal >&2; exit 1"}
    shown = logs(tmp_path, broken, botwatch_runtime="systemd")
    assert not shown.startswith("0\n")
    assert "does not show the log of discord-bot (No journal)" in shown
