"""The engine runs as configured, and no playbook run costs a container its life."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import pytest
from testinfra.host import Host

from nodes import assert_unit_runs, unit_property, untouched
from playbooks import assert_done, assert_refused, converge

SETTINGS = "/etc/docker/daemon.json"
IMAGE = "own/shell"
CONTAINER = "steady"
RESTART_LIMIT_S = 30


@pytest.fixture(scope="module")
def container(host: Host) -> Iterator[str]:
    """Run a container made of the node's own files, as no registry can be reached."""
    host.check_output(
        "tar --create --dereference --directory / bin/sleep bin/sh lib64 lib/$(uname -m)-linux-gnu"
        f" | docker import - {IMAGE}"
    )
    host.check_output("docker run --detach --name %s %s sleep infinity", CONTAINER, IMAGE)
    yield CONTAINER
    host.check_output("docker rm --force %s", CONTAINER)


@pytest.fixture
def kept(host: Host) -> str:
    """Read the engine's settings, which a test that has the role refuse others puts back itself."""
    found: str = host.file(SETTINGS).content_string
    return found


@pytest.fixture
def settings(host: Host, kept: str) -> Iterator[str]:
    """Hand over the engine's settings, and have the role's own in force again afterwards."""
    yield kept
    # Its unit may start only three times in a minute.
    host.check_output("systemctl reset-failed docker")
    assert_done(converge())


def started_at(host: Host, container: str) -> str:
    return str(host.check_output("docker inspect --format '{{.State.StartedAt}}' %s", container))


def engine(host: Host) -> str:
    return unit_property(host, "docker", "MainPID")


def wait_for(what: str, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + RESTART_LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {RESTART_LIMIT_S} s"
        time.sleep(0.2)


def test_the_unit_runs(host: Host) -> None:
    assert_unit_runs(host, "docker")


def test_the_settings_are_in_force(host: Host) -> None:
    info = json.loads(host.check_output("docker info --format '{{json .}}'"))
    assert info["LiveRestoreEnabled"] is True
    assert info["LoggingDriver"] == "local"
    assert info["Labels"] == ["managed-by=botwatch"]


def test_the_logs_of_containers_are_rotated(host: Host, container: str) -> None:
    logs = json.loads(
        host.check_output("docker inspect --format '{{json .HostConfig.LogConfig}}' %s", container)
    )
    assert logs == {"Type": "local", "Config": {"max-size": "10m", "max-file": "5"}}


def test_a_container_goes_on_while_the_engine_restarts(host: Host, container: str) -> None:
    began, before = started_at(host, container), engine(host)
    host.check_output("systemctl restart docker")
    assert engine(host) != before
    assert started_at(host, container) == began
    assert host.check_output("docker exec %s sh -c 'echo alive'", container) == "alive"


def test_the_engine_is_reloaded_where_that_is_enough(
    host: Host, container: str, settings: str
) -> None:
    before = engine(host)
    assert_done(converge(docker_daemon_config={"debug": True}))
    assert host.file(SETTINGS).content_string != settings
    wait_for(
        "the engine takes over what was set",
        lambda: host.check_output("docker info --format '{{.Debug}}'") == "true",
    )
    assert engine(host) == before
    assert host.check_output("docker exec %s sh -c 'echo alive'", container) == "alive"


def test_the_engine_is_restarted_where_it_must_be(
    host: Host, container: str, settings: str
) -> None:
    began, before = started_at(host, container), engine(host)
    assert_done(converge(docker_daemon_config={"log-driver": "json-file"}))
    assert host.check_output("docker info --format '{{.LoggingDriver}}'") == "json-file"
    assert host.file(SETTINGS).content_string != settings
    assert engine(host) != before
    assert started_at(host, container) == began


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        ({"no-such-setting": 1}, "no-such-setting"),
        ({"live-restore": "perhaps"}, "live-restore"),
        ({"hosts": ["tcp://127.0.0.1:2375"]}, "hosts"),
    ],
    ids=["unknown", "no boolean", "set by the unit"],
)
def test_settings_that_the_engine_cannot_read_change_nothing(
    host: Host, wrong: dict[str, object], cause: str
) -> None:
    before, engine_before = host.file(SETTINGS).content_string, engine(host)
    run = converge(docker_daemon_config=wrong)
    assert_refused(run, SETTINGS, cause, "nothing was changed", "fix docker_daemon_config")
    assert host.file(SETTINGS).content_string == before
    assert engine(host) == engine_before


def test_settings_that_the_engine_does_not_start_with_are_taken_back(
    host: Host, container: str, settings: str
) -> None:
    began = started_at(host, container)
    run = converge(docker_daemon_config={"log-opts": {"max-sizes": "10m"}})
    assert_refused(run, "it has those before again", "unknown log opt 'max-sizes'", "docker_daemon")
    assert host.file(SETTINGS).content_string == settings
    assert_unit_runs(host, "docker")
    assert started_at(host, container) == began


def test_settings_that_were_there_before_are_not_lost(host: Host, kept: str) -> None:
    own = json.dumps({"data-root": "/srv/docker", "live-restore": True})
    host.check_output("sh -c 'printf %%s \"$0\" >%s' %s", SETTINGS, own)
    try:
        run = converge()
        assert_refused(run, SETTINGS, "data-root", "docker_daemon_config")
        assert host.file(SETTINGS).content_string == own
    finally:
        host.check_output("sh -c 'printf %%s \"$0\" >%s' %s", SETTINGS, kept)


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is not valid JSON (Expecting value"),
    "malformed": (b'{\n  "debug": true,\n}', "is not valid JSON (Expecting property name"),
    "byte order mark": (b'\xef\xbb\xbf{"debug": true}', "is not valid JSON (Unexpected UTF-8 BOM"),
    "list": (b'[{"debug": true}]', "holds no JSON object"),
    "Latin-1": (b'{"labels": ["caf\xe9"]}', "is not valid JSON ('utf-8' codec"),
    "twice": (b'{"debug": true, "debug": false}', "sets debug more than once"),
}


@pytest.mark.parametrize(("content", "fault"), UNREADABLE.values(), ids=UNREADABLE)
def test_settings_that_cannot_be_read_are_named_before_anything_is_changed(
    host: Host, kept: str, content: bytes, fault: str
) -> None:
    text = "".join(f"\\{byte:03o}" for byte in content)
    host.check_output("sh -c 'printf \"$0\" >%s' %s", SETTINGS, text)
    try:
        with untouched():
            run = converge()
        assert_refused(
            run, f"{SETTINGS} on the host {fault}", "put them into docker_daemon_config", "mv /etc"
        )
        assert host.file(SETTINGS).content == content
    finally:
        host.check_output("sh -c 'printf %%s \"$0\" >%s' %s", SETTINGS, kept)


def test_settings_behind_a_link_are_not_replaced(host: Host) -> None:
    host.check_output("mv %s /srv/daemon.json", SETTINGS)
    host.check_output("ln --symbolic /srv/daemon.json %s", SETTINGS)
    try:
        with untouched():
            run = converge()
        assert_refused(run, f"{SETTINGS} on the host is a symbolic link to /srv/daemon.json")
    finally:
        host.check_output("mv /srv/daemon.json %s", SETTINGS)


def test_the_engine_has_the_proxy_until_the_variable_is_gone(host: Host, container: str) -> None:
    began, proxy = started_at(host, container), "http://alpha:sesame@proxy.example.test:3128"
    try:
        assert_done(converge(botwatch_http_proxy=proxy, botwatch_no_proxy=".example.test"))
        show = "docker info --format '{{.HTTPSProxy}} {{.NoProxy}}'"
        assert "@proxy.example.test:3128" in host.check_output(show)
        assert ".example.test" in host.check_output(show)
        assert "sesame" not in unit_property(host, "docker", "Environment")
    finally:
        host.check_output("systemctl reset-failed docker")
        without = converge()
    assert_done(without)
    assert host.check_output(show).strip() == ""
    assert started_at(host, container) == began


def test_a_docker_from_another_source_is_kept(host: Host) -> None:
    before = engine(host)
    run = converge(docker_package_source="upstream")
    assert_refused(run, "docker.io", "docker-ce", "set docker_package_source to distribution")
    assert engine(host) == before
