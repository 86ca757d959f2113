"""Settings reach a service as they were given: through systemd's units, and through pods."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
from plugins.plugin_utils.inputs import RoleInputs, wrong_shapes

from kubernetes.manifests import GIVEN, declared
from monitoring.rendering import (
    load_plugins,
    read_for_ansible,
    read_role_variables,
    render_template,
)
from repo.roles import Role
from unit.playbooks import REPOSITORY

UNITS = {
    "discord_bot": "discord-bot",
    "delivery_probe": "botwatch-delivery-probe",
    "sandbox": "botwatch-sandbox",
}
# What systemd or Kubernetes would read as something else.
HOSTILE = ['"', "\\", '\\"', "%", "%h", "$$", "$(", "'", "#;", "{}", "`", "a b"]
# Left out of the bot's unit by default.
EMPTY = {"BOT_OPERATOR_ROLE", "BOT_DISCORD_API_URL", "BOT_DISCORD_GATEWAY_URL"}
TEMPLATE = "etc/systemd/system/{}.service.j2"


def environment(unit: str) -> dict[str, str]:
    """Read the settings of a unit as systemd does, but for the specifiers of credentials."""
    found: dict[str, str] = {}
    for line in re.findall("^Environment=(.*)$", unit, re.MULTILINE):
        # Inside double quotes, shells read backslashes before \\ and " in the same way.
        (assignment,) = shlex.split(line)
        name, value = assignment.split("=", 1)
        assert re.fullmatch("([^%]|%%|%[dt]/)*", value), line
        found[name] = value.replace("%%", "%")
    return found


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("role", UNITS)
def test_a_unit_holds_its_settings_as_they_are(role: str, value: str) -> None:
    load_plugins()
    known: dict[str, Any] = {}
    for name in {"botwatch", "common", "host", role}:
        known |= read_for_ansible(REPOSITORY / f"roles/{name}/defaults/main.yml")
        known |= read_role_variables(REPOSITORY / f"roles/{name}")
    known |= {**GIVEN, "botwatch_runtime": "systemd", "_discord_bot_release": "/opt/release"}
    known |= {"_sandbox_release": "/opt/sandbox", "_discord_bot_proxy": ""}
    known["role_path"] = str(REPOSITORY / "roles" / role)
    settings = known[f"_{role}_environment"]
    name = next(iter(settings))
    known[f"_{role}_environment"] = {**settings, name: value}
    path = REPOSITORY / f"roles/{role}/templates" / TEMPLATE.format(UNITS[role])
    found = environment(render_template(path, known, "curly"))
    assert found[name] == value
    assert settings.keys() - found.keys() <= EMPTY


def test_all_units_that_hold_settings_are_tested() -> None:
    found = {
        path.name.removesuffix(".service.j2")
        for path in REPOSITORY.glob("roles/*/templates/etc/systemd/system/*.service.j2")
        if "Environment=" in path.read_text(encoding="utf-8")
    }
    assert found == set(UNITS.values())


@pytest.mark.parametrize("value", HOSTILE)
def test_a_pod_holds_its_settings_as_they_are(value: str) -> None:
    objects = declared({"discord_bot_prefix": value})
    (entry,) = (
        entry
        for item in objects
        if item["kind"] == "Deployment"
        for container in item["spec"]["template"]["spec"]["containers"]
        for entry in container.get("env", [])
        if entry["name"] == "BOT_PREFIX"
    )
    # Kubernetes expands $(NAME), and reads $$ as $.
    assert re.fullmatch(r"([^$]|\$\$)*", entry["value"])
    assert entry["value"].replace("$$", "$") == value


@pytest.mark.parametrize(
    "value", ['http://host/"', "http://host/\\", "http://host/$x", "http://h'/"]
)
def test_an_address_that_becomes_an_argument_needs_no_quoting(value: str) -> None:
    role = Role(REPOSITORY / "roles/botwatch")
    inputs = RoleInputs("botwatch", role.options, role.input_checks)
    for name in ("botwatch_prometheus_url", "botwatch_alertmanager_url"):
        assert wrong_shapes(inputs, {name: "http://host:9090/"}) == []
        (fault,) = wrong_shapes(inputs, {name: value})
        assert fault.startswith(f"{name} is not an address")
