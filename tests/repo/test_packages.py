"""How roles install packages of the distribution."""

from __future__ import annotations

from repo.roles import Role, each_role

INSTALLERS = {"apt", "package", "apt_repository", "deb822_repository"}
DOWNLOADERS = {"get_url", "pip"}
# With the proxy, where there is one.
WAYS_OUT = {"{{ botwatch_download_environment }}", "{{ _common_pip_environment }}"}


@each_role
def test_packages_are_installed_with_fresh_lists(role: Role) -> None:
    """Nothing but packages_installed refreshes apt's lists where they are empty or old."""
    for task in role.tasks():
        modules = {key.removeprefix("ansible.builtin.") for key in task}
        assert not modules & INSTALLERS, task["name"]


@each_role
def test_what_downloads_takes_the_proxy(role: Role) -> None:
    for task in role.tasks():
        modules = {key.removeprefix("ansible.builtin.") for key in task}
        if modules & DOWNLOADERS:
            assert task.get("environment") in WAYS_OUT, task["name"]


@each_role
def test_services_of_the_host_are_never_asked_through_a_proxy(role: Role) -> None:
    """Python takes a proxy from the environment, such as /etc/environment, for loopback, too."""
    for task in role.tasks():
        if "ansible.builtin.uri" in task:
            assert task["ansible.builtin.uri"].get("use_proxy") is False, task["name"]
