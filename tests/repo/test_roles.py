"""What all roles have in common."""

from __future__ import annotations

from repo.roles import REPOSITORY, ROLES, Role, each_role

# Makes the nodes that the scenarios run on.
TESTED_BY_ALL_SCENARIOS = {"demo_node"}
# Part of the whole site on Kubernetes, where nothing else runs it.
TESTED_BY_SITE_SCENARIO = {"kube_state_metrics"}
SITE_SCENARIOS = {"default", "ssh"}


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
