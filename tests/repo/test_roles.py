"""What all roles have in common."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from repo.roles import REPOSITORY, ROLES, Role, each_role, flatten, read_once

if TYPE_CHECKING:
    from collections.abc import Iterator

# Makes the nodes that the scenarios run on.
TESTED_BY_ALL_SCENARIOS = {"demo_node"}
# Has tasks that other roles import, and nothing to run by itself.
IMPORTED = {"common"}
# Part of the whole site, as nothing else runs them.
TESTED_BY_SITE_SCENARIO = {"kube_state_metrics", "verify"}
SITE_SCENARIOS = {"default", "ssh"}
# What a role's own scenario leaves to another one: bots in containers.
FURTHER_SCENARIOS = {"containers"}
CALLS = {"include_role", "import_role"}


def roles_used(node: Any) -> Iterator[str]:  # noqa: ANN401 # a playbook, or a part of one
    """Name the roles that a playbook runs, in lists and in tasks, without their collection."""
    if isinstance(node, list):
        for item in node:
            yield from roles_used(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "roles" and isinstance(value, list):
                names = [item if isinstance(item, str) else item["role"] for item in value]
                yield from (name.rpartition(".")[2] for name in names)
            elif key.rpartition(".")[2] in CALLS:
                yield value["name"].rpartition(".")[2]
            else:
                yield from roles_used(value)


@each_role
def test_roles_say_the_same_about_where_they_run(role: Role) -> None:
    info, common = role.read("meta/main.yml")["galaxy_info"], ROLES[0].read("meta/main.yml")
    for name in ("author", "license", "min_ansible_version", "platforms"):
        assert info[name] == common["galaxy_info"][name], name
    assert info["description"]


def test_every_role_has_a_scenario() -> None:
    scenarios = {path.parent.name for path in REPOSITORY.glob("molecule/*/molecule.yml")}
    roles = {role.name for role in ROLES}
    tested_elsewhere = TESTED_BY_ALL_SCENARIOS | TESTED_BY_SITE_SCENARIO | IMPORTED
    assert scenarios - SITE_SCENARIOS - FURTHER_SCENARIOS == roles - tested_elsewhere


@cache
def list_playbook(option: str, playbook: str = "site.yml") -> str:
    """Return what ansible-playbook lists without contacting a host."""
    command = [str(Path(sys.executable).with_name("ansible-playbook")), option]
    listed = subprocess.run(
        [*command, "-i", "molecule/inventory", REPOSITORY / "playbooks" / playbook],
        cwd=REPOSITORY,
        env=os.environ
        | {
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_VAULT_PASSWORD_FILE": "inventory/demo/vault-password.txt",
            "MOLECULE_SCENARIO_NAME": "none",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert listed.returncode == 0, listed.stderr
    return listed.stdout


@pytest.mark.parametrize("playbook", ["site.yml", "deploy.yml"])
def test_each_role_of_a_playbook_has_one_tag_which_is_its_name(playbook: str) -> None:
    plays = read_once(REPOSITORY / "playbooks" / playbook)
    listed = [role for play in plays for role in play.get("roles", [])]
    assert listed
    assert [role for role in listed if role["tags"] != role["role"]] == []
    assert [play["name"] for play in plays if "tasks" in play or "post_tasks" in play] == []
    tags = re.findall(r"TASK TAGS: \[(.*)\]", list_playbook("--list-tags", playbook))
    found = {tag for line in tags for tag in line.split(", ")}
    assert found == {"always"} | {role["role"] for role in listed}


@pytest.mark.parametrize(
    ("role", "task"),
    [
        ("host", "host : Configure the proxy"),
        ("k3s", "k3s : Configure k3s and its unit"),
        ("k3s", "k3s : Wait for k3s to be ready"),
        ("discord_bot", "common : Install the release"),
        ("discord_bot", "discord_bot : Install the bot's unit"),
        ("discord_bot", "discord_bot : Check whether the bot's manifests have changed"),
        ("prometheus", "prometheus : Configure rules, scrape jobs and alerting"),
        ("prometheus", "common : Wait for the service to be ready"),
        ("prometheus", "common : Apply the manifests"),
        ("alertmanager", "alertmanager : Configure routes, receivers and notification templates"),
        ("alertmanager", "common : Apply the manifests"),
        ("grafana", "grafana : Copy the dashboards to the host"),
        ("grafana", "common : Enable and start the service"),
        ("node_exporter", "node_exporter : Configure the node exporter"),
        ("node_exporter", "common : Wait for the workloads to be ready"),
    ],
)
def test_the_main_path_of_both_runtimes_is_listed(role: str, task: str) -> None:
    """A task of the role common is listed with the tag of the role that imports it."""
    assert f"      {task}\tTAGS: [{role}]\n" in list_playbook("--list-tasks")


def test_a_role_named_in_full_takes_no_role_of_the_users_own(tmp_path: Path) -> None:
    own = tmp_path / "roles/common/tasks/main.yml"
    own.parent.mkdir(parents=True)
    own.write_text("[]")
    play = tmp_path / "play.yml"
    play.write_text("[{hosts: botwatch, roles: [botwatch.stack.node_exporter]}]")
    assert "botwatch.stack.common : Enable and start" in list_playbook("--list-tasks", str(play))


@each_role
def test_shared_tasks_are_imported_so_that_ansible_lists_them(role: Role) -> None:
    for task in role.tasks():
        assert task.get("ansible.builtin.include_role", {}).get("name") not in IMPORTED


def test_every_shared_task_file_is_used() -> None:
    folder = REPOSITORY / "roles/common/tasks"
    used = {
        task[call]["tasks_from"]
        for role in ROLES
        for task in role.tasks()
        for call in ("ansible.builtin.import_role",)
        if call in task and task[call]["name"] in IMPORTED
    }
    tasks = [task for path in folder.glob("*.yml") for task in read_once(path)]
    used |= {
        Path(task[call]).stem
        for task in flatten(tasks)
        for call in ("ansible.builtin.import_tasks", "ansible.builtin.include_tasks")
        if call in task
    }
    assert used == {path.stem for path in folder.glob("*.yml")}


@each_role
def test_no_role_chooses_the_tasks_of_a_runtime_by_name(role: Role) -> None:
    """Ansible cannot list them, nor choose them by a tag."""
    for task in role.tasks():
        assert "botwatch_runtime" not in str(task.get("ansible.builtin.include_tasks", ""))


def test_each_role_that_changes_a_host_has_the_preflight_run_before_it() -> None:
    for role in ROLES:
        if role.name not in {"botwatch", *TESTED_BY_ALL_SCENARIOS, *IMPORTED}:
            assert {"role": "botwatch"} in role.read("meta/main.yml")["dependencies"], role.name


@each_role
def test_templates_land_where_their_path_says(role: Role) -> None:
    for task in role.tasks():
        files = task.get("botwatch.stack.files_in_place", {}).get("files", [])
        for file in files if isinstance(files, list) else []:
            if "src" in file and not file["dest"].startswith("{{"):
                assert file["src"] == f"{file['dest'].removeprefix('/')}.j2"


def test_the_preflight_knows_all_roles() -> None:
    (botwatch,) = [role for role in ROLES if role.name == "botwatch"]
    assert botwatch.variables["_botwatch_roles"] == [role.name for role in ROLES]


def test_the_roles_of_the_site_are_those_whose_variables_are_checked_first() -> None:
    used = set(roles_used(read_once(REPOSITORY / "playbooks/site.yml")))
    (botwatch,) = [role for role in ROLES if role.name == "botwatch"]
    # A template: which of them depends on the host.
    listed = str(botwatch.variables["botwatch_site_roles"])
    checked = set(re.findall(r"'(\w+)'", listed))
    assert {role.name for role in ROLES if role.name in used} == checked
