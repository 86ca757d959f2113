"""What all roles have in common."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from repo.roles import REPOSITORY, ROLES, Role, each_role, read_once

if TYPE_CHECKING:
    from collections.abc import Iterator

# Makes the nodes that the scenarios run on.
TESTED_BY_ALL_SCENARIOS = {"demo_node"}
# Part of the whole site on Kubernetes, where nothing else runs it.
TESTED_BY_SITE_SCENARIO = {"kube_state_metrics"}
SITE_SCENARIOS = {"default", "ssh"}
# The preflight checks its variables in any case.
ALWAYS_CHECKED = {"botwatch"}
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


@each_role
def test_templates_land_where_their_path_says(role: Role) -> None:
    for task in role.tasks():
        files = task.get("botwatch.stack.files_in_place", {}).get("files", [])
        for file in files if isinstance(files, list) else []:
            if "src" in file and not file["dest"].startswith("{{"):
                assert file["src"] == f"{file['dest'].removeprefix('/')}.j2"


def test_the_roles_of_the_site_are_those_whose_variables_are_checked_first() -> None:
    used = set(roles_used(read_once(REPOSITORY / "playbooks/site.yml"))) - ALWAYS_CHECKED
    (botwatch,) = [role for role in ROLES if role.name == "botwatch"]
    # A template: which of them depends on the host.
    listed = str(botwatch.read("vars/main.yml")["botwatch_site_roles"])
    checked = set(re.findall(r"'(\w+)'", listed))
    assert {role.name for role in ROLES if role.name in used and role.defaults} == checked
