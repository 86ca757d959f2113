"""Variables of a run get the type that their role declares, or are refused before any change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from unit.playbooks import REPOSITORY, Run, run_playbook

if TYPE_CHECKING:
    from pathlib import Path

REAL = {"name": "Check", "botwatch.stack.check_role_variables": {"roles": ["grafana", "k3s"]}}


LISTS = {
    "name": "Types",
    "ansible.builtin.debug": {"msg": "{{ [k3s_disabled_components, k3s_tls_sans] }}"},
}
TYPES = {
    "name": "Types",
    "ansible.builtin.debug": {
        "msg": "{{ grafana_enabled | type_debug }} {{ [grafana_enabled, k3s_memory_min_mb + 1] }}"
    },
}


def check_real_roles(
    folder: Path, *options: str, shown: dict[str, Any] = TYPES, **variables: object
) -> Run:
    (folder / "roles").symlink_to(REPOSITORY / "roles")
    needed = {"botwatch_runtime": "k3s", "vault_grafana_admin_password": "made-up-and-long"}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": variables,
        "tasks": [REAL, shown],
    }
    return run_playbook(
        folder, [play], "-e", json.dumps(needed), *options, callback="ansible.posix.json"
    )


@pytest.mark.parametrize("word", ["false", "False", "no"])
def test_text_of_the_command_line_becomes_what_it_means(tmp_path: Path, word: str) -> None:
    options = ["-e", f"grafana_enabled={word}", "-e", "k3s_memory_min_mb=900"]
    run = check_real_roles(tmp_path, *options)
    assert run.results["Types"]["msg"] == "bool [False, 901]"


def test_text_of_an_ini_inventory_becomes_what_it_means(tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.ini"
    inventory.write_text(
        "[botwatch]\nlocalhost ansible_connection=local\n"
        "[botwatch:vars]\ngrafana_enabled=false\nk3s_memory_min_mb='900'\n"
    )
    run = check_real_roles(tmp_path, "-i", str(inventory))
    assert run.results["Types"]["msg"] == "bool [False, 901]"


def test_lists_of_the_command_line_become_what_they_mean(tmp_path: Path) -> None:
    options = ["-e", "k3s_disabled_components=[traefik,servicelb]", "-e", "k3s_tls_sans="]
    run = check_real_roles(tmp_path, *options, shown=LISTS)
    assert run.results["Types"]["msg"] == [["traefik", "servicelb"], []]


def test_lists_of_an_ini_inventory_become_what_they_mean(tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.ini"
    inventory.write_text(
        "[botwatch]\nlocalhost ansible_connection=local\n"
        "[botwatch:vars]\nk3s_disabled_components=[traefik, servicelb]\nk3s_tls_sans=a, b\n"
    )
    run = check_real_roles(tmp_path, "-i", str(inventory), shown=LISTS)
    assert run.results["Types"]["msg"] == [["traefik", "servicelb"], ["a", "b"]]


def test_text_with_keys_and_values_is_refused_with_what_to_write(tmp_path: Path) -> None:
    run = check_real_roles(tmp_path, "-e", "k3s_config=debug=false")
    (said,) = run.results["Check"]["msg"].splitlines()
    assert said == (
        "k3s_config is not a valid dict (text must be JSON or YAML in brackets or braces): write "
        """`k3s_config: {"key": "value"}` in a YAML file, without quotes, or use """
        """`-e '{"k3s_config": {"key": "value"}}'`."""
    )


def test_text_that_means_nothing_is_refused(tmp_path: Path) -> None:
    run = check_real_roles(tmp_path, "-e", "grafana_enabled=perhaps")
    assert run.results["Check"]["msg"].startswith("grafana_enabled is not a valid bool")


def test_text_from_elsewhere_is_refused_with_what_to_write(tmp_path: Path) -> None:
    run = check_real_roles(tmp_path, grafana_enabled="false", k3s_memory_min_mb="900")
    first, second = run.results["Check"]["msg"].splitlines()
    assert first == (
        "grafana_enabled is text, not bool: write `grafana_enabled: false` in a YAML file, without "
        """quotes, or use `-e '{"grafana_enabled": false}'`."""
    )
    assert second.startswith("k3s_memory_min_mb is text, not int: write `k3s_memory_min_mb: 900`")


ALL = ["alertmanager", "botwatch", "prometheus"]


def check_stack(folder: Path, **given: object) -> list[str]:
    """Check the variables of a host that has the address 192.0.2.7."""
    (folder / "roles").symlink_to(REPOSITORY / "roles")
    variables = {
        "vault_slack_webhook_url": "https://hooks.slack.com/services/T0/B0/made-up",
        "botwatch_runtime": "systemd",
        **given,
    }
    address = {"all_ipv4_addresses": ["192.0.2.7"], "cacheable": True}
    facts = {"name": "Facts", "ansible.builtin.set_fact": address}
    check = {"name": "Check", "botwatch.stack.check_role_variables": {"roles": ALL}}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": [str(path) for path in sorted(folder.glob("roles/botwatch/vars/main/*.yml"))],
        "vars": variables,
        "tasks": [facts, check],
    }
    run = run_playbook(folder, [play], callback="ansible.posix.json")
    faults: list[str] = run.results["Check"].get("msg", "").splitlines()
    return faults


def test_all_that_does_not_fit_the_stack_is_reported_together(tmp_path: Path) -> None:
    faults = check_stack(
        tmp_path,
        botwatch_listen_address="192.0.2.8",
        alertmanager_email_to="ops@host.test",
        alertmanager_repeat_intervals_by_alert={"DiscordBotDwon": "1h"},
        alertmanager_quiet_severities=["urgent"],
        prometheus_bot_errors_recent_window="10m",
    )
    assert [fault.split(" ", 1)[0] for fault in faults] == [
        "alertmanager_email_to",
        "alertmanager_quiet_severities",
        "alertmanager_repeat_intervals_by_alert",
        "botwatch_listen_address",
        "prometheus_bot_errors_recent_window",
    ]
    assert faults[0] == (
        'alertmanager_email_to is text, not list: write `alertmanager_email_to: ["ops@host.test"]` '
        "in a YAML file, without quotes, or use "
        """`-e '{"alertmanager_email_to": ["ops@host.test"]}'`."""
    )
    assert faults[4] == (
        "prometheus_bot_errors_recent_window is 10m, but must be at most "
        "prometheus_bot_errors_window (300s): lower it, or change prometheus_bot_errors_window."
    )


def test_what_the_user_and_the_host_have_is_known(tmp_path: Path) -> None:
    rules = tmp_path / "mine.yml"
    alert = {"alert": "MineIsBroken", "expr": "up == 0", "labels": {"severity": "page"}}
    rules.write_text(yaml.safe_dump({"groups": [{"name": "mine", "rules": [alert]}]}))
    assert (
        check_stack(
            tmp_path,
            botwatch_listen_address="192.0.2.7",
            prometheus_rule_files=[str(rules)],
            alertmanager_repeat_intervals_by_alert={"MineIsBroken": "1h", "DiscordBotDown": "5m"},
            alertmanager_repeat_intervals_by_severity={"page": "5m"},
            prometheus_web_config={"another": "role's"},
        )
        == []
    )
