"""Roles that run alone, or beside roles of other people, configure what the whole site does."""

from __future__ import annotations

from typing import Any

import pytest
from plugins.plugin_utils.shapes import PLACEHOLDER

from monitoring.rendering import evaluate, load_plugins, read_for_ansible, read_role_variables
from unit.playbooks import REPOSITORY

WEBHOOK = "https://hooks.slack.com/services/T0/B0/made-up"


def variables(*roles: str) -> dict[str, Any]:
    load_plugins()
    found: dict[str, Any] = {"botwatch_runtime": "k3s", "vault_slack_webhook_url": WEBHOOK}
    for role in roles:
        found |= read_for_ansible(REPOSITORY / f"roles/{role}/defaults/main.yml")
        found |= read_role_variables(REPOSITORY / f"roles/{role}")
    return found


def value(name: str, *roles: str, **given: object) -> Any:  # noqa: ANN401 # whatever it holds
    known = {**variables(*roles), **given}
    return evaluate(known[name], known)


@pytest.mark.parametrize(
    ("in_play", "ours"),
    [
        (["prometheus"], ["prometheus"]),
        (["geerlingguy.ntp", "prometheus"], ["prometheus"]),
        (["geerlingguy.docker", "botwatch.stack.prometheus"], ["prometheus"]),
        # A role of the user's own beside those of the installed collection.
        (["docker", "botwatch.stack.prometheus"], ["prometheus"]),
        (["ntp", "their.collection.grafana"], []),
    ],
)
def test_roles_of_other_people_are_not_checked(in_play: list[str], ours: list[str]) -> None:
    assert value("botwatch_preflight_roles", "botwatch", ansible_play_role_names=in_play) == ours


@pytest.mark.parametrize("given", [{}, {"kube_state_metrics_enabled": True}])
def test_prometheus_alone_still_watches_the_cluster(given: dict[str, object]) -> None:
    jobs = value("_prometheus_watched_jobs", "botwatch", "prometheus", **given)
    assert "kube-state-metrics" in jobs


@pytest.mark.parametrize("roles", [["prometheus"], ["prometheus", "grafana"]])
def test_grafana_of_the_play_counts_before_it_is_installed(roles: list[str]) -> None:
    """Also where Ansible keeps the variables of roles apart (ANSIBLE_PRIVATE_ROLE_VARS)."""
    given = {"ansible_play_role_names": roles, "botwatch_runtime": "systemd"}
    assert value("botwatch_has_grafana", "botwatch", **given) is ("grafana" in roles)


def test_prometheus_alone_watches_the_main_channel() -> None:
    given = {"alertmanager_main_channel": "email", "vault_smtp_password": "made-up"}
    main = value("_prometheus_main_channel", "botwatch", "prometheus", **given)
    whole = value("_prometheus_main_channel", "botwatch", "alertmanager", "prometheus", **given)
    assert main == whole
    assert main["name"] == "email"


@pytest.mark.parametrize(
    "value",
    ["mail.your-server.de:587", "your-storageshare.de:465"],
)
def test_real_hosts_are_no_placeholders(value: str) -> None:
    assert not PLACEHOLDER.search(value)
