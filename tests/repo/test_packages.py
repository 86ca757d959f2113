"""How roles install packages of the distribution."""

from __future__ import annotations

from repo.roles import Role, each_role

INSTALLERS = {"apt", "package", "apt_repository", "deb822_repository"}


@each_role
def test_packages_are_installed_with_fresh_lists(role: Role) -> None:
    """Nothing but packages_installed refreshes apt's lists where they are empty or old."""
    for task in role.tasks():
        modules = {key.removeprefix("ansible.builtin.") for key in task}
        assert not modules & INSTALLERS, task["name"]
