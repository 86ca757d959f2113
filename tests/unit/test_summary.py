"""What site.yml ends with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from unit.playbooks import REPOSITORY, run_playbook

SLACK = {"name": "slack", "label": "Slack"}
EMAIL = {"name": "email", "label": "e-mail"}
GIVEN: dict[str, Any] = {
    "botwatch_runtime": "k3s",
    "botwatch_preflight_roles": [],
    "ansible_connection": "ssh",
    "ansible_user": "root",
    "ansible_host": "192.0.2.10",
    "alertmanager_tested_channels": [SLACK],
    "grafana_faults": [],
}
ALL_ON = {
    "alertmanager_heartbeat_url": "https://example.org/beat",
    "discord_bot_drill_token": "made-up",
    "alertmanager_tested_channels": [SLACK, EMAIL],
}


def summary(folder: Path, *options: str, **given: object) -> str:
    """Run the tasks that print it; return what they print."""
    (folder / "roles").symlink_to(REPOSITORY / "roles")
    task = {
        "name": "Sum up",
        "ansible.builtin.import_role": {"name": "verify", "tasks_from": "summary"},
    }
    play = {"hosts": "localhost", "gather_facts": False, "vars": GIVEN | given, "tasks": [task]}
    run = run_playbook(folder, [play], *options, callback="botwatch.stack.progress")
    assert run.returncode == 0, run.output
    return run.output


def test_it_says_where_everything_is_and_what_to_try(tmp_path: Path) -> None:
    said = summary(tmp_path)
    assert "run on localhost, on Kubernetes (k3s)." in said
    assert "  Prometheus    http://127.0.0.1:30090/alerts\n" in said
    assert "  Alertmanager  http://127.0.0.1:30093/\n" in said
    assert "  Grafana       http://127.0.0.1:30300/ (as admin)\n" in said
    assert (
        "  ssh -N -L 30090:127.0.0.1:30090 -L 30093:127.0.0.1:30093 -L 30300:127.0.0.1:30300"
        " root@192.0.2.10\n"
    ) in said
    assert "ansible-playbook playbooks/test_alert.yml" in said
    assert "Send the bot ?ping in Discord." in said


def test_the_tunnel_goes_to_the_hosts_ssh_port(tmp_path: Path) -> None:
    assert "  ssh -N -p 2222 -L " in summary(tmp_path, ansible_port=2222)


def test_it_says_what_is_switched_off(tmp_path: Path) -> None:
    said = summary(tmp_path, botwatch_runtime="systemd", grafana_faults=["No package."])
    assert "run on localhost, under systemd." in said
    assert "nobody notices a dead host" in said
    assert "vault_heartbeat_url" in said
    assert "while Slack fails, no notification arrives anywhere" in said
    assert "Grafana: there are no dashboards. No package." in said
    assert "vault_discord_bot_drill_token" in said
    assert "Notifications go to slack." in said


def test_it_names_the_main_channel_that_is_alone(tmp_path: Path) -> None:
    said = summary(tmp_path, alertmanager_tested_channels=[EMAIL])
    assert "Channels beside e-mail: while e-mail fails, no notification arrives anywhere" in said
    assert "Slack" not in said


def test_it_names_the_profile_with_fewer_alerts(tmp_path: Path) -> None:
    said = summary(tmp_path, **ALL_ON, prometheus_alerts_profile="essential")
    assert "Alerts that are not essential: set prometheus_alerts_profile to full" in said


@pytest.mark.parametrize(
    ("observability", "why"),
    [("metrics", "only metrics of its own"), ("none", "only whether the bot runs is known")],
)
def test_it_names_the_alerts_that_the_bot_has_no_metrics_for(
    tmp_path: Path, observability: str, why: str
) -> None:
    said = summary(
        tmp_path,
        alertmanager_heartbeat_url="https://example.org/beat",
        alertmanager_tested_channels=[SLACK, EMAIL],
        discord_bot_observability=observability,
        prometheus_bot_alerts_left_out=["DiscordBotDeaf", "DiscordBotSlowReplies"],
    )
    assert "DiscordBotDeaf, DiscordBotSlowReplies, with their panels and drills:" in said
    assert why in said
    assert "vault_discord_bot_drill_token" not in said


def test_nothing_is_called_switched_off_where_all_is_on(tmp_path: Path) -> None:
    said = summary(tmp_path, **ALL_ON)
    assert "Switched off" not in said
    assert "Notifications go to slack, email." in said


@pytest.mark.parametrize(
    "given",
    [
        {"ansible_connection": "ansible.builtin.local"},
        {"botwatch_prometheus_url": "https://prometheus.example.org"},
    ],
)
def test_no_tunnel_is_needed_where_there_is_another_way(
    tmp_path: Path, given: dict[str, object]
) -> None:
    assert "ssh -N" not in summary(tmp_path, **given)


def test_the_demo_has_things_of_its_own_to_try(tmp_path: Path) -> None:
    assert "To try" not in summary(tmp_path, demo_control_room_url="http://127.0.0.1:8008")


def test_a_dry_run_sums_up_nothing(tmp_path: Path) -> None:
    assert "To try" not in summary(tmp_path, "--check")
