"""Wrong values of every variable are refused by its name; sound ones of every inventory pass."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from plugins.plugin_utils.inputs import RoleInputs, wrong_pairs, wrong_shapes, wrong_types
from plugins.plugin_utils.kinds import KINDS, kind_of, may_be_empty

from monitoring.rendering import VARIANTS, evaluate, load_plugins, read_for_ansible
from repo.roles import REPOSITORY, ROLES, Role

if TYPE_CHECKING:
    from pathlib import Path

Data = dict[str, Any]

DEMO = REPOSITORY / "inventory/demo"
SITE = [role for role in ROLES if role.name not in {"sandbox", "demo_node"}]
LISTS = {
    "alerts": {"DiscordBotDown", "DiscordBotHighErrors", "NodeRebootNeeded"},
    "severities": {"critical", "warning", "info"},
    "addresses": {"127.0.0.1", "0.0.0.0", "192.0.2.7"},  # noqa: S104 # compared
}
# Wrong for every variable of a type.
BY_TYPE: dict[str, list[object]] = {
    "bool": ["maybe", "ja", "", 2, None, [], {}, [True]],
    "int": ["many", "", "１２", -1, 10**12, 1.5, True, None, [], {}, [1]],
    "float": ["many", "", -1.5, True, None, [], {}],
    "str": [True, False, 7, 1.5, date(2026, 1, 2), None, [], ["a"], {}, {"a": 1}, " ", "a\nb"],
    "path": [True, 7, None, ["a"], {"a": 1}],
    "list": ["text", "", 7, True, None, {}, {"a": 1}],
    "dict": ["text", "a: b", "", 7, True, None, [], ["a"]],
}
ITEMS: list[object] = [True, 7, None, "", " ", "a\nb", ["a"], {"a": 1}]
BAD_HOSTS = ["a b", "h ost:80", "2001:db8::7", "[::1", "999.1.1.1", "a..b", "-a"]
DURATIONS: list[object] = [
    "soon", "10", "s", "10S", "10 s", " 10s", "10s ", "10s\n", "-10s", "+10s", "1.5h", "1e3s",
    "10s5m", "30m1h", "5m5m", "1h30", "８s", "１０m", "[8s]", "0s", "0m", "0", "9999d", "999y",
    "10 minutes", "10sec", "5min", "10s,", "P1D", "00:10:00", "inf", "∞",
]  # fmt: skip
# Wrong for every variable of a kind.
BY_KIND: dict[str, list[object]] = {
    "duration": DURATIONS,
    "port": [0, 80, 1023, 65536, 99999],
    "node_port": [0, 80, 29999, 32768, 65535],
    "url": [
        "host:8080", "ftp://host", "http://", "http:///x", "http://host:0", "http://host:65536",
        "http://host:８０", "http://ho st", "http://host/a b", "//host", "https:host",
        "http://host ", "http://host\n", *(f"http://{host}" for host in BAD_HOSTS), "nonsense",
    ],
    "repository": ["https://host/", "https://host/folder/", "host/folder", "https://a b/c"],
    "websocket": ["https://host", "ws://", "ws://host:0", "wss://ho st", "ws://[::1"],
    "proxy": ["proxy:3128", "http://proxy", "https://proxy:1", "http://proxy.example.com:3128"],
    "listen_address": [
        "::1", "localhost", "256.0.0.1", "1.2.3", "0127.0.0.1", "127.0.0.1/8", "１27.0.0.1",
        "198.51.100.9", "127.0.0.1:80", "*",
    ],
    "host": ["host:6443", "https://host", "fe80::1%eth0", "999.1.1.1", "1.2.3", "a..b", "a b"],
    "network": ["127.0.0.1", "300.0.0.0/8", "10.0.0.0/33", "::/0", "all"],
    "domain": ["a..b", "Cluster.Local", "a b", ".local", "cluster_local"],
    "image": [
        "prom", "prom:", ":v1", "http://x:1", "a b:1", "Prom/X:1", "x@sha256:12", "x:1 ",
        "a//b:1",
    ],
    "volume": ["1G", "8GiB", "0Gi", "1Mi", "8 Gi", "-1Gi", "1.5Gi", "８Gi", "8", "9999999Ti"],
    "bytes": ["5", "0GB", "1MB", "5G", "5 GB", "-5GB", "５GB", "5gb", "99999999TB"],
    "memory": ["0M", "1M", "256", "256MB", "256m", "-256M", "２56M", "1.5G", "256 M", "99999999T"],
    "zone": ["Asia/Soul", "KST+9", "utc", "Europe / Berlin", "Seoul", "+09:00"],
    "fingerprint": ["9DC8", "Z" * 40, "9DC8 5822", "９" * 40],
    "time": ["24:00", "22", "7:00", "22:60", "10pm", "22:00:00", "２2:00", "22.00"],
    "mail": [
        "ops", "@host", "ops@", "a b@c", "a@b@c", "x <a@b", "a@b>", "ops@example.org", "a@b,c@d",
    ],
    "mail_server": [
        "smtp.host", "smtp.host:0", "smtp.host:99999", "smtp host:25", ":587",
        "mail.example.org:587",
    ],
    "percent": [0, 100, 101, 1000],
    "seconds": [100_000, 10**7],
    "resources": [
        {"request": {}}, {"requests": "1"}, {"limits": {"memory": "lots"}}, {"limits": {"cpu": -1}},
        {"limits": {"ram": "1Gi"}}, {"limits": {"memory": "0"}}, {"limits": None},
    ],
    "sections": [{"smtp": True}, {"smtp": ["a"]}, {"smtp": {"a": {"b": 1}}}, {"smtp": None}],
    "severity": ["Critical", "page", "critical, info", "none"],
}  # fmt: skip
# Wrong for one variable.
BY_NAME: dict[str, list[object]] = {
    "alertmanager_slack_webhook_url": [
        "https://hooks.slack.com/services/T.../B.../...",
        "https://hooks.slack.com/services/T0/B0",
        "https://hooks.slack.com/services/T0/B0/XXXXXXXXXXXX", "https://host/x",
        "https://hooks.slack.com/services/T0/B0/your-secret",
    ],
    "alertmanager_discord_webhook_url": [
        "https://discord.com/api/webhooks/.../...", "https://discord.com/api/webhooks/a/b",
    ],
    "alertmanager_webhook_url": ["https://example.org/hook", "https://hooks.example.com/x"],
    "alertmanager_heartbeat_url": ["https://example.org/beat", "https://hc-ping.com/<uuid>"],
    "alertmanager_pagerduty_routing_key": ["short", "x" * 32, "a" * 33],
    "alertmanager_telegram_bot_token": ["123:short", "abc", "1:your-token-from-botfather"],
    "alertmanager_telegram_chat_id": ["@channel", "12 34", "１２３"],
    "alertmanager_repeat_interval": ["6d", "30d"],
    "alertmanager_repeat_intervals_by_severity": [
        {"critcal": "15m"}, {"page": "15m"}, {"critical": 15}, {"critical": None}, {True: "1h"},
        {"warning": "365d"}, {"warning": ["1h"]},
    ],
    "alertmanager_repeat_intervals_by_alert": [
        {"DiscordBotDwon": "1h"}, {"critical": "1h"}, {"DiscordBotDown": "1h1d"}, {7: "1h"},
    ],
    "alertmanager_alerts_listed": [0, 21, 1000],
    "alertmanager_group_wait": ["11m", "1d"],
    "alertmanager_group_interval": ["2h", "1d"],
    "alertmanager_quiet_days": [["Saturday"], ["sat"], ["weekend"]],
    "alertmanager_test_timeout_seconds": [0, 3601],
    "botwatch_prometheus_url": ["https://host/prometheus", "http://host/$x", "http://h'/", 'http://h"'],
    "botwatch_alertmanager_url": ["https://host/alerts", "http://host/`x`", "http://host/\\"],
    "botwatch_grafana_url": ["http://host/$x", "http://h'/"],
    "botwatch_no_proxy": ["[a,b]", "a;b", "a|b"],
    "botwatch_releases_kept": [0, 1, 100],
    "discord_bot_token": ["abc", "your-bot-token-goes-here", "spaces in the token", "x" * 24],
    "discord_bot_drill_token": ["short", "with spaces in the token"],
    "discord_bot_prefix": ["", "a", "????", "? ", "？"],
    "discord_bot_operator_role": ["admin", "123", "１" * 18],
    "discord_bot_gateway_quiet_s": [1, 9, 86401],
    "discord_bot_gateway_patience_s": [5, 99999],
    "discord_bot_user_commands_per_minute": [10000],
    "discord_bot_memory_max": ["99M", "64K"],
    "grafana_admin_password": ["short", "has a space", "p" * 129, "pässword1"],
    "grafana_version": ["13", "13.2", "v13.2.3", "latest", "13.2.3 "],
    "k3s_version": ["1.36.4", "v1.36.4", "latest", "v1.36.4-k3s1"],
    "k3s_sha256": ["abc", "Z" * 64, "A" * 64],
    "k3s_server_url": ["http://host:6443", "https://host/path", "https://2001:db8::7:6443"],
    "k3s_token": ["short", "K10abc"],
    "k3s_node_name": ["Node", "node_1", "a..b", "-a", "a" * 64],
    "k3s_disabled_components": [["Traefik"], ["a b"], ["traefik,servicelb"]],
    "node_exporter_disabled_collectors": [["textfile"], ["arp", "filesystem"], ["timex"], ["stat"]],
    "prometheus_bot_down_for": ["1s", "11m", "30d"],
    "prometheus_bot_down_grace": ["1h"],
    "prometheus_bot_hung_after": ["20s", "1m"],
    "prometheus_bot_interval": ["500ms", "16s", "5m"],
    "prometheus_interval": ["3m", "1h"],
    "prometheus_monitoring_interval": ["16s", "1m"],
    "prometheus_bot_disconnected_for": ["2h", "30d"],
    "prometheus_bot_errors_threshold": [10001],
    "prometheus_bot_failing_commands": [0, 1001],
    "prometheus_bot_objective_percent": [0, 100, 0.5, 101],
    "prometheus_bot_budget_failures": [0],
    "prometheus_bot_memory_percent": [0, 100],
    "prometheus_bot_slow_threshold": ["2m"],
    "prometheus_bot_deaf_after": ["3d"],
    "prometheus_alertmanager_unreachable_for": ["59s", "2h"],
    "prometheus_notifications_missed_settled": ["29s", "11m"],
    "prometheus_kubernetes_crashes_threshold": [0],
    "prometheus_kubernetes_namespaces": [[], ["monitoring"], ["discord-bot", "monitoring", "A b"]],
    "prometheus_node_units_ignored": [["nginx"], ["nginx.service "]],
    "prometheus_external_labels": [{"a-b": "x"}, {"": "x"}, {"__x": "y"}, {"a": ["b"]}],
    "prometheus_retention_time": ["1h", "11y"],
    "prometheus_target_missing_for": ["30d"],
    "prometheus_bot_budget_burns": [
        [{}], [{"severity": "critical"}], ["1h"],
        [{"severity": "page", "rate": 1, "window": "1h", "recent": "5m"}],
        [{"severity": "info", "rate": 0, "window": "1h", "recent": "5m"}],
        [{"severity": "info", "rate": 1, "window": "1hour", "recent": "5m"}],
        [{"severity": "info", "rate": 1, "window": "1h", "recent": "5m", "for": "1m"}],
    ],
}  # fmt: skip


def wrong_values(role: Role) -> list[tuple[str, object]]:
    """Make wrong values for all variables of a role, by their type, kind and name."""
    found: list[tuple[str, object]] = []
    for name, option in role.specs["main"].items():
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


# Wrong for others of their kind or type.
SOUND_AFTER_ALL: list[tuple[str, object]] = [
    ("alertmanager_slack_channel", ""),
    ("alertmanager_slack_username", ""),
    ("alertmanager_slack_icon_emoji", ""),
    ("alertmanager_group_wait", "0s"),
    ("alertmanager_group_wait", "0m"),
    ("botwatch_https_proxy", ""),
]


def inputs_of(role: Role) -> RoleInputs:
    return RoleInputs(role.name, role.specs["main"], role.input_checks)


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
            if role.specs["main"][name].get("no_log") and len(str(value)) > 12:
                assert "..." in str(value) or str(value) not in fault


def test_values_of_every_kind_are_among_them() -> None:
    options = [item for role in SITE for item in role.specs["main"].items()]
    kinds = [kind_of(name, option) for name, option in options]
    words = {word for word, kind in KINDS.items() if kind in kinds}
    assert words - BY_KIND.keys() == {"any", "labels", "number", "text", "token", "whole"}


# All that does not go together, each with the values that make it so.
PAIRS: list[tuple[str, Data]] = [
    ("prometheus_bot_errors_recent_window", {"prometheus_bot_errors_recent_window": "6m"}),
    ("prometheus_bot_errors_recent_window", {"prometheus_interval": "2m"}),
    ("prometheus_bot_errors_window", {"prometheus_bot_errors_window": "5s"}),
    ("prometheus_bot_failing_window", {
        "prometheus_bot_interval": "15s", "prometheus_bot_failing_window": "40s",
    }),
    ("prometheus_bot_memory_for", {"prometheus_bot_memory_for": "5h"}),
    ("prometheus_bot_budget_burns[0].recent", {"prometheus_interval": "2m"}),
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
        known |= read_for_ansible(role.path / "vars/main.yml")
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
    {"prometheus_bot_down_for": "1m30s", "prometheus_bot_interval": "5s"},
    {"prometheus_bot_interval": "15s", "prometheus_interval": "1m"},
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
