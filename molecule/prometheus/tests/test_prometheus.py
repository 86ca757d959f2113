from __future__ import annotations

import json
from typing import Any

from testinfra.host import Host

from nodes import assert_mode, assert_only_on_loopback, assert_unit_runs, read_url

PORT = 9090


def test_the_unit_runs(host: Host) -> None:
    assert_unit_runs(host, "prometheus")


def test_it_listens_on_loopback_only(host: Host) -> None:
    assert_only_on_loopback(host, PORT)


def test_the_configuration_passes_the_vendors_check(host: Host) -> None:
    assert_mode(host, "/etc/prometheus/prometheus.yml", "root", "root", 0o644)
    host.check_output("promtool check config /etc/prometheus/prometheus.yml")


def test_all_rules_are_loaded_and_can_be_evaluated(host: Host) -> None:
    groups = ask(host, "rules")["groups"]
    assert {group["name"] for group in groups} >= {"discord_bot", "discord_bot_budget"}
    rules = [rule for group in groups for rule in group["rules"]]
    assert {rule["name"]: rule["lastError"] for rule in rules if rule.get("lastError")} == {}


def test_a_bot_that_is_down_is_looked_for_at_the_bots_pace(host: Host) -> None:
    groups = ask(host, "rules")["groups"]
    (pace,) = {
        group["interval"]
        for group in groups
        for rule in group["rules"]
        if rule["name"] == "DiscordBotDown"
    }
    assert pace == 2


def test_every_job_has_one_target(host: Host) -> None:
    targets = ask(host, "targets")["activeTargets"]
    jobs = sorted(target["labels"]["job"] for target in targets)
    assert jobs == ["alertmanager", "delivery-probe", "discord-bot", "node", "prometheus"]


def test_alerts_go_to_alertmanager(host: Host) -> None:
    (alertmanager,) = ask(host, "alertmanagers")["activeAlertmanagers"]
    assert alertmanager["url"] == "http://127.0.0.1:9093/api/v2/alerts"


def ask(host: Host, what: str) -> Any:  # noqa: ANN401 # JSON of several shapes
    return json.loads(read_url(host, f"http://127.0.0.1:{PORT}/api/v1/{what}"))["data"]
