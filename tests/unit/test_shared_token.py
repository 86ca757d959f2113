"""One gateway session per token: hosts that share one are refused, and no token is shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from unit.playbooks import REPOSITORY

TOKEN, OTHER = "made.up.0123456789abcdefgh", "made.up.hgfedcba9876543210"
PLAY = """
- hosts: all
  gather_facts: false
  vars: {botwatch_preflight_roles: []}
  tasks:
    - ansible.builtin.import_role: {name: discord_bot, tasks_from: preflight}
    - ansible.builtin.debug: {msg: goes on}
"""
HOSTS: dict[str, object] = {"one": {}, "two": {}, "three": {"vault_discord_bot_token": OTHER}}


def run(folder: Path, hosts: Mapping[str, object], *options: str, **shared: str) -> tuple[int, str]:
    """Run the preflight of the bot on hosts that are this machine."""
    everywhere = {"ansible_connection": "local", "botwatch_runtime": "systemd", **shared}
    groups = {"botwatch": {"hosts": hosts}, "others": {"hosts": {"elsewhere": {}}}}
    inventory = {"all": {"vars": everywhere, "children": groups}}
    (folder / "hosts.json").write_text(json.dumps(inventory))
    (folder / "play.yml").write_text(PLAY)
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-vvv", *options]
    ran = subprocess.run(
        [*command, "-i", str(folder / "hosts.json"), str(folder / "play.yml")],
        cwd=REPOSITORY,
        env=os.environ
        | {
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_ROLES_PATH": "roles",
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            "ANSIBLE_VAULT_PASSWORD_FILE": "inventory/demo/vault-password.txt",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert TOKEN not in ran.stdout
    assert OTHER not in ran.stdout
    return ran.returncode, " ".join(ran.stdout.split())


@pytest.mark.parametrize("limit", [(), ("--limit", "one")])
def test_hosts_with_the_same_token_are_refused_also_one_at_a_time(
    tmp_path: Path, limit: tuple[str, ...]
) -> None:
    code, said = run(tmp_path, HOSTS, *limit, vault_discord_bot_token=TOKEN)
    assert code != 0
    assert "one and two have the same bot token" in said
    assert "Discord keeps one gateway session per token" in said
    assert "vault_discord_bot_token in host_vars/HOST" in said
    assert ("two and one have the same bot token" in said) is (limit == ())
    assert "three and" not in said


def test_the_same_token_by_another_variable_is_seen(tmp_path: Path) -> None:
    hosts = {"one": {"discord_bot_token": "{{ spelled }}", "spelled": TOKEN}, "two": {}}
    code, said = run(tmp_path, hosts, vault_discord_bot_token=f"{TOKEN}\n")
    assert code != 0
    assert "two and one have the same bot token" in said


def test_hosts_with_tokens_of_their_own_are_fine_and_so_is_a_host_alone(tmp_path: Path) -> None:
    alone: dict[str, object] = {"one": {"vault_discord_bot_token": TOKEN}}
    for hosts in (alone, alone | {"two": {"vault_discord_bot_token": OTHER}}):
        code, said = run(tmp_path, hosts, "--limit", "botwatch")
        assert code == 0, said
        assert "goes on" in said


def test_a_host_without_a_token_yet_has_nobody_elses(tmp_path: Path) -> None:
    hosts = {"one": {"vault_discord_bot_token": TOKEN}, "two": {}}
    code, said = run(tmp_path, hosts, "--limit", "one")
    assert code == 0, said
