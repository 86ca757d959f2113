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

from repo.roles import REPOSITORY, ROLES, Role, each_role, read_once

if TYPE_CHECKING:
    from collections.abc import Iterator

# Makes the nodes that the scenarios run on.
TESTED_BY_ALL_SCENARIOS = {"demo_node"}
# Part of the whole site, as nothing else runs them.
TESTED_BY_SITE_SCENARIO = {"kube_state_metrics", "verify"}
SITE_SCENARIOS = {"default", "ssh"}
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
    assert scenarios - SITE_SCENARIOS == roles - TESTED_BY_ALL_SCENARIOS - TESTED_BY_SITE_SCENARIO


@cache
def list_playbook(option: str, playbook: str = "site.yml") -> str:
    """Return what ansible-playbook lists without contacting a host."""
    command = [str(Path(sys.executable).with_name("ansible-playbook")), option]
    listed = subprocess.run(
        [*command, "-i", "molecule/inventory", f"playbooks/{playbook}"],
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
    "task",
    [
        "host : Configure the proxy",
        "k3s : Configure k3s and its unit",
        "k3s : Wait for k3s to be ready",
        "discord_bot : Install the bot's unit",
        "discord_bot : Check whether the bot's manifests have changed",
        "prometheus : Configure rules, scrape jobs and alerting",
        "prometheus : Apply the manifests of Prometheus",
        "alertmanager : Configure routes, receivers and notification templates",
        "grafana : Copy the dashboards to the host",
        "node_exporter : Configure the node exporter",
    ],
)
def test_the_main_path_of_both_runtimes_is_listed(task: str) -> None:
    assert f"{task}\t" in list_playbook("--list-tasks")


@each_role
def test_no_role_chooses_the_tasks_of_a_runtime_by_name(role: Role) -> None:
    """Ansible cannot list them, nor choose them by a tag."""
    for task in role.tasks():
        assert "botwatch_runtime" not in str(task.get("ansible.builtin.include_tasks", ""))


def test_each_role_that_changes_a_host_has_the_preflight_run_before_it() -> None:
    for role in ROLES:
        if role.name not in {"botwatch", *TESTED_BY_ALL_SCENARIOS}:
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
