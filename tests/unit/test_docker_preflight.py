"""What the preflight says about Docker on a host."""

from __future__ import annotations

import pytest

from monitoring.rendering import (
    evaluate,
)
from unit.bare_host import FACTS, Data, role_variables


@pytest.mark.parametrize("ready", [True, False])
def test_docker_is_only_there_to_build_the_bots_image(*, ready: bool) -> None:
    known = {
        **role_variables("botwatch"),
        "botwatch_runtime": "k3s",
        "inventory_hostname": "one",
        "groups": {"botwatch": ["one"]},
        "discord_bot_image_is_ready": ready,
    }
    assert ("docker" in evaluate(known["botwatch_site_roles"], known)) is not ready


DAEMON_JSON: dict[str, tuple[Data, str]] = {
    "a fault": ({"fault": "is empty"}, "daemon.json on the host is empty, so its settings cannot"),
    "a conflict": ({"settings": {"data-root": "/srv"}}, "sets data-root otherwise than this role"),
    "odd labels": ({"settings": {"labels": 5}}, "sets labels otherwise than this role"),
}


def docker_faults(settings: Data, *, socket: bool = False, **variables: object) -> list[str]:
    host = {
        "docker_settings": {"fault": "", "settings": {}, "content": None, **settings},
        "docker_socket": socket,
    }
    known = {
        **role_variables("botwatch", "docker"),
        "ansible_facts": FACTS,
        "botwatch_host_info": {"host": host},
        **variables,
    }
    computed: list[str] = evaluate(known["_docker_faults"], known)
    return computed


@pytest.mark.parametrize(("settings", "words"), DAEMON_JSON.values(), ids=DAEMON_JSON)
def test_settings_of_docker_that_cannot_be_kept_are_named(settings: Data, words: str) -> None:
    (fault,) = docker_faults(settings)
    assert words in fault
    assert "docker_daemon_config" in fault


def test_a_docker_from_no_package_is_named_before_anything_is_changed() -> None:
    (fault,) = docker_faults({}, socket=True)
    assert "Docker that came from no package" in fault
    assert "snap remove docker" in fault
    packaged = {**FACTS, "packages": {"docker.io": [{}]}}
    given = {"docker_package_source": "distribution", "ansible_facts": packaged}
    assert docker_faults({}, socket=True, **given) == []


def test_settings_of_docker_that_are_wanted_are_no_fault() -> None:
    assert docker_faults({}) == []
    settings = {"data-root": "/srv"}
    assert docker_faults({"settings": settings}, docker_daemon_config=settings) == []
    assert docker_faults({"settings": {"labels": ["managed-by=botwatch"], "debug": True}}) == []
