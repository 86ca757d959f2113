"""Wrong values of every variable are refused by its name; sound ones of every inventory pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from plugins.plugin_utils.inputs import (
    RoleInputs,
    unknown_names,
    wrong_pairs,
    wrong_shapes,
    wrong_types,
)
from plugins.plugin_utils.kinds import KINDS, kind_of, may_be_empty

from monitoring.rendering import (
    VARIANTS,
    evaluate,
    load_plugins,
    read_for_ansible,
    read_role_variables,
)
from repo.roles import REPOSITORY, ROLES, Role
from unit.wrong_inputs import BY_KIND, BY_NAME, BY_TYPE, ITEMS, SOUND_AFTER_ALL

if TYPE_CHECKING:
    from pathlib import Path

Data = dict[str, Any]

DEMO = REPOSITORY / "inventory/demo"
SITE = [role for role in ROLES if role.options and role.name not in {"sandbox", "demo_node"}]
LISTS = {
    "alerts": {"DiscordBotDown", "DiscordBotHighErrors", "NodeRebootNeeded"},
    "severities": {"critical", "warning", "info"},
    "addresses": {"127.0.0.1", "0.0.0.0", "192.0.2.7"},  # noqa: S104 # compared
}


def wrong_values(role: Role) -> list[tuple[str, object]]:
    """Make wrong values for all variables of a role, by their type, kind and name."""
    found: list[tuple[str, object]] = []
    for name, option in role.options.items():
        values = list(BY_TYPE[option["type"]])
        kind = kind_of(name, option)
        kinds = [word for word, known in KINDS.items() if known is kind]
        by_kind = [value for word in kinds for value in BY_KIND.get(word, [])]
        if option["type"] == "list" and option.get("elements") == "str":
            values += [[item] for item in [*ITEMS, *by_kind]]
        elif option["type"] == "dict" and kinds == ["duration"]:
            values += [{"critical": value, "DiscordBotDown": value} for value in by_kind]
        else:
            values += by_kind
        if option["type"] == "str" and not may_be_empty(option):
            values.append("")
        found += [(name, value) for value in [*values, *BY_NAME.get(name, [])]]
    return [(name, value) for name, value in found if (name, value) not in SOUND_AFTER_ALL]


def inputs_of(role: Role) -> RoleInputs:
    return RoleInputs(role.name, role.options, role.input_checks)


def faults_of(role: RoleInputs, name: str, value: object) -> list[str]:
    alone = RoleInputs(role.name, {name: role.options[name]}, {name: role.checks.get(name, {})})
    return wrong_types(alone, {name: value}) or wrong_shapes(alone, {name: value}, LISTS)


@pytest.mark.parametrize("role", SITE, ids=lambda role: role.name)
def test_wrong_values_are_refused_by_name(role: Role) -> None:
    inputs = inputs_of(role)
    wrong = wrong_values(role)
    assert len(wrong) > 10
    for name, value in wrong:
        faults = faults_of(inputs, name, value)
        assert faults, (name, value)
        for fault in faults:
            assert fault.startswith(name), (value, fault)
            assert fault.endswith("."), fault
            assert "{{" not in fault
            # An example of ours may also be what is advised.
            if role.options[name].get("no_log") and len(str(value)) > 12:
                assert "..." in str(value) or str(value) not in fault


def test_values_of_every_kind_are_among_them() -> None:
    options = [item for role in SITE for item in role.options.items()]
    kinds = [kind_of(name, option) for name, option in options]
    words = {word for word, kind in KINDS.items() if kind in kinds}
    assert words - BY_KIND.keys() == {"any", "labels", "number", "text", "token", "whole"}


# All that does not go together, each with the values that make it so.
PAIRS: list[tuple[str, Data]] = [
    ("prometheus_bot_errors_recent_window", {"prometheus_bot_errors_recent_window": "6m"}),
    ("prometheus_bot_errors_recent_window", {"prometheus_scrape_interval": "2m"}),
    ("prometheus_bot_errors_window", {"prometheus_bot_errors_window": "5s"}),
    ("prometheus_bot_failing_window", {
        "prometheus_bot_scrape_interval": "15s", "prometheus_bot_failing_window": "40s",
    }),
    ("prometheus_bot_memory_for", {"prometheus_bot_memory_for": "5h"}),
    ("prometheus_bot_budget_burns[0].recent", {"prometheus_scrape_interval": "2m"}),
    ("prometheus_bot_budget_burns[0].rate", {"prometheus_bot_objective_percent": 90}),
    ("prometheus_bot_budget_burns", {"prometheus_bot_budget_burns": [
        {"severity": "info", "rate": 1, "window": "1d", "recent": "5m"},
        {"severity": "info", "rate": 2, "window": "1d", "recent": "5m"},
    ]}),
    ("prometheus_bot_budget_burns[0].recent", {"prometheus_bot_budget_burns": [
        {"severity": "info", "rate": 1, "window": "1h", "recent": "2h"},
    ]}),
    ("prometheus_node_filesystem_full_percent", {"prometheus_node_filesystem_full_percent": 50}),
    ("prometheus_node_memory_low_percent", {"prometheus_node_memory_low_percent": 31}),
    ("prometheus_node_facts_stale_after", {"node_exporter_facts_interval": "1h"}),
    ("prometheus_kubernetes_volume_filling_percent", {
        "prometheus_kubernetes_volume_full_percent": 40,
    }),
    ("prometheus_kubernetes_crashes_window", {"prometheus_kubernetes_crashes_threshold": 5}),
    ("prometheus_kubernetes_restarts_window", {"prometheus_kubernetes_restarts_window": "20s"}),
    ("prometheus_notifications_failing_window", {"alertmanager_group_interval": "5m"}),
    ("prometheus_delivery_slow_above", {"prometheus_delivery_slow_above": "2m"}),
    ("prometheus_delivery_slow_window", {"delivery_probe_interval": "5m"}),
    ("prometheus_delivery_broken_after", {
        "delivery_probe_interval": "10m", "prometheus_delivery_slow_window": "1h",
    }),
]  # fmt: skip


@pytest.fixture(scope="module")
def defaults() -> Data:
    return values_with({})


def values_with(given: Data) -> Data:
    """Compute the variables of all roles for a host."""
    load_plugins()
    vault = VaultLib([("default", VaultSecret((DEMO / "vault-password.txt").read_bytes().strip()))])
    known = {"groups": {}, "inventory_hostname": "web-1", "hostvars": {}, "role_path": "/roles/x"}
    known |= yaml.safe_load(vault.decrypt((DEMO / "group_vars/all/vault.yml").read_bytes()))
    for role in ROLES:
        known |= read_for_ansible(role.path / "defaults/main.yml")
        known |= read_role_variables(role.path)
    known |= given
    return {name: evaluate(known[name], known) for role in SITE for name in role.defaults}


def all_faults(values: Data) -> list[str]:
    faults: list[str] = []
    for role in SITE:
        inputs = inputs_of(role)
        own = {name: values[name] for name in role.defaults}
        faults += wrong_types(inputs, own) + wrong_shapes(inputs, own, LISTS)
    return faults or [fault for role in SITE for fault in wrong_pairs(inputs_of(role), values)]


@pytest.mark.parametrize(("name", "given"), PAIRS)
def test_values_that_do_not_go_together_are_refused(name: str, given: Data, defaults: Data) -> None:
    faults = [fault for fault in all_faults({**defaults, **given}) if fault.startswith(f"{name} ")]
    assert len(faults) == 1
    assert any(f": {remedy} " in faults[0] for remedy in ("raise it, or", "lower it, or", "write"))


def test_what_is_compared_with_an_absent_roles_variable_passes(defaults: Data) -> None:
    alone = {name: value for name, value in defaults.items() if name.startswith("prometheus_")}
    alone["prometheus_delivery_slow_above"] = "2m"
    (prometheus,) = [role for role in SITE if role.name == "prometheus"]
    assert wrong_pairs(inputs_of(prometheus), alone) == []


# What users may well write.
SOUND: list[Data] = [
    *VARIANTS.values(),
    {"prometheus_bot_down_for": "1m30s", "prometheus_bot_scrape_interval": "5s"},
    {"prometheus_bot_scrape_interval": "15s", "prometheus_scrape_interval": "1m"},
    {"prometheus_retention_time": "1y", "prometheus_retention_size": "100GB"},
    {"prometheus_bot_deaf_after": "1d", "prometheus_node_reboot_needed_for": "1w"},
    {"prometheus_bot_objective_percent": 99.9},
    {"prometheus_external_labels": {"host": "웹-1", "team": "a b", "number": 7}},
    {"alertmanager_email_to": ["Ops <ops@host.test>", "a.b+c@host.test"]},
    {"alertmanager_smtp_server": "[2001:db8::7]:465"},
    {"alertmanager_slack_channel": "@someone", "alertmanager_slack_username": 'the "watch": #1 👀'},
    {"alertmanager_repeat_intervals_by_severity": {}, "alertmanager_repeat_intervals_by_alert": {}},
    {"alertmanager_telegram_chat_id": "-100123456789"},
    {"alertmanager_slack_webhook_url": "https://hooks.slack.com/services/T0ABC/B0DEF/a1B2c3D4"},
    {
        "alertmanager_slack_webhook_url": "http://127.0.0.1:8008/services/TDEMO/BDEMO/0123456789abcdef"
    },
    {"alertmanager_discord_webhook_url": "https://discord.com/api/v10/webhooks/123/a-B_c"},
    {"alertmanager_webhook_url": "https://user:p$ss@host.test:8443/a/b?token=x%20y&z=1#'"},
    {"botwatch_prometheus_url": "https://prometheus.host.test/"},
    {"botwatch_grafana_url": "https://host.test/grafana/"},
    {"botwatch_listen_address": "0.0.0.0"},  # noqa: S104 # what a user may write
    {"botwatch_listen_address": "192.0.2.7"},
    {"discord_bot_gateway_quiet_s": 0, "discord_bot_gateway_patience_s": 0},
    {"discord_bot_user_commands_per_minute": 0, "prometheus_bot_errors_threshold": 0},
    {"discord_bot_prefix": "$$", "discord_bot_memory_max": "1G"},
    {"discord_bot_image": "registry.host.test:5000/team/bot@sha256:" + "0" * 64},
    {"discord_bot_base_image": "python:3.13-slim-bookworm"},
    {"k3s_tls_sans": ["k3s.host.test", "203.0.113.7", "2001:db8::7"]},
    {"k3s_node_port_addresses": ["127.0.0.0/8", "10.0.0.5/24"]},
    {"prometheus_resources": {"limits": {"cpu": 2, "memory": "1.5Gi"}, "requests": {}}},
    {"prometheus_resources": {}},
    {"grafana_config": {"users": {"default_theme": "light", "x": True}, "smtp": {"port": 25}}},
    {"node_exporter_disabled_collectors": []},
]


@pytest.mark.parametrize("given", SOUND)
def test_sound_values_pass(given: Data) -> None:
    assert all_faults(values_with(given)) == []


FILES = sorted(
    path
    for pattern in ("inventory/*/group_vars/all/*.yml", "molecule/**/group_vars/all/*.yml")
    for path in REPOSITORY.glob(pattern)
    if not path.name.startswith("vault")
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_the_values_of_every_inventory_pass(path: Path) -> None:
    given = read_for_ansible(path) or {}
    # What a scenario itself brings is not there yet.
    built = ("K3S_ARTIFACTS", "MOLECULE_PROJECT")
    given = {
        name: value
        for name, value in given.items()
        if not any(word in str(value) for word in built)
    }
    assert all_faults(values_with(given)) == []


# Of other people's roles, and of ours with a slip.
FOREIGN = [
    "docker_users", "docker_edition", "docker_packages", "docker_daemon_options", "docker_repo_url",
    "host_location", "host_name", "host_timezone", "k3s_state", "k3s_extra_args",
    "prometheus_version", "prometheus_config_dir", "prometheus_storage_retention",
    "prometheus_web_listen_address", "grafana_ini", "grafana_port", "node_exporter_version",
    "alertmanager_slack_api_url",
]  # fmt: skip
SLIPS = {
    "docker_repositry_url": "docker_repository_url",
    "prometheus_scrape_intervall": "prometheus_scrape_interval",
    "discord_bot_tokn": "discord_bot_token",
    "grafana_enable": "grafana_enabled",
    "alertmanager_slack_chanel": "alertmanager_slack_channel",
    "k3s_versoin": "k3s_version",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_names_of_other_roles_pass(name: str) -> None:
    assert [fault for role in SITE for fault in unknown_names(inputs_of(role), {name: 1})] == []


@pytest.mark.parametrize("name", SLIPS)
def test_slips_are_refused_with_the_right_name(name: str) -> None:
    (fault,) = [fault for role in SITE for fault in unknown_names(inputs_of(role), {name: 1})]
    assert fault.endswith(f": did you mean {SLIPS[name]}?")
