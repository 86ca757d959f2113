"""Wrong input to site.yml: a message with thing and remedy, before anything is changed."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml
from testinfra.host import Host

from nodes import untouched

ROOT = Path(__file__).resolve().parents[3]
NODE = f"botwatch-molecule-{os.environ['MOLECULE_SCENARIO_NAME']}"
SECRET = "0123456789abcdef"  # made up
SOUND = {
    "vault_discord_bot_token": f"bad.input.{SECRET}",
    "vault_slack_webhook_url": f"http://127.0.0.1:8008/services/T0/B0/{SECRET}",
    "grafana_enabled": False,  # it has a scenario of its own
}


HOST = {
    "ansible_connection": "community.docker.docker",
    "ansible_host": NODE,
    "ansible_python_interpreter": "/usr/bin/python3",
    "ansible_become": False,
}
Variables = dict[str, object]


def given(variables: Variables | None = None, drop: str = "") -> Variables:
    """Give sound variables, but these and without that one."""
    values = {"botwatch_runtime": "systemd", **SOUND, **(variables or {})}
    values.pop(drop, None)
    return values


def site(
    folder: Path, hosts: dict[str, Variables], **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run site.yml on hosts with these variables; each of them is the scenario's node."""
    inventory = folder / "hosts.yml"
    named = {name: {**HOST, **variables} for name, variables in hosts.items()}
    inventory.write_text(yaml.safe_dump({"botwatch": {"hosts": named}}))
    return subprocess.run(
        ["ansible-playbook", "--inventory", str(inventory), "site.yml"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
        env=environment(**settings),
    )  # fmt: skip


def environment(**more: str) -> dict[str, str]:
    """Give Ansible the settings of the repository, not those that Molecule made for itself."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ANSIBLE_", "MOLECULE_"))
    }
    return {
        **kept,
        "ANSIBLE_VAULT_PASSWORD_FILE": str(ROOT / "inventory/demo/vault-password.txt"),
        **more,
    }


Case = tuple[Variables, str, str]
SLACK = "alertmanager_slack_webhook_url"
TOKEN = "discord_bot_token"
WRONG: dict[str, Case] = {
    "no number": ({"botwatch_bot_port": "eight"}, "botwatch_bot_port", "a free one in that range"),
    "no such port": ({"botwatch_bot_port": 80}, "botwatch_bot_port", "a free one in that range"),
    "misspelt": (
        {"prometheus_scrape_intervall": "5s"},
        "prometheus_scrape_intervall",
        "prometheus_scrape_interval?",
    ),
    "no choice": ({"botwatch_runtime": "vm"}, "botwatch_runtime", "roles/botwatch/meta"),
    "no duration": ({"prometheus_bot_down_for": "soon"}, "prometheus_bot_down_for", "write it as"),
    "no durations": (
        {"alertmanager_repeat_intervals_by_severity": {"critical": "often"}},
        "alertmanager_repeat_intervals_by_severity",
        "write it as",
    ),
    "disarmed": ({"prometheus_bot_down_for": "30d"}, "prometheus_bot_down_for", "from 3s to 10m"),
    "no pair": (
        {"prometheus_bot_errors_recent_window": "6m"},
        "prometheus_bot_errors_recent_window",
        "lower it, or change prometheus_bot_errors_window",
    ),
    "no address of it": (
        {"botwatch_listen_address": "198.51.100.9"},
        "botwatch_listen_address",
        "such as 127.0.0.1",
    ),
    "below a path": (
        {"botwatch_alertmanager_url": "https://host.test/alerts"},
        "botwatch_alertmanager_url",
        "cannot be reached below a path",
    ),
    "no alert": (
        {"alertmanager_repeat_intervals_by_alert": {"DiscordBotDwon": "1h"}},
        "alertmanager_repeat_intervals_by_alert",
        "docs/runbooks",
    ),
    "no webhook": ({"vault_slack_webhook_url": f"slack {SECRET}"}, SLACK, "ansible-vault edit"),
    "empty webhook": ({"vault_slack_webhook_url": ""}, SLACK, "ansible-vault edit"),
    "short token": ({"vault_discord_bot_token": "abc"}, TOKEN, "ansible-vault edit"),
    "token is a list": ({"vault_discord_bot_token": [SECRET]}, TOKEN, "ansible-vault edit"),
}


# Two hosts with one token.
SHARING = ("shared token", "the same token")
CASES = {
    **{name: given(variables) for name, (variables, _, _) in WRONG.items()},
    **{f"without {name}": given(drop=name) for name in SOUND},
    "three faults": given(
        {
            "prometheus_scrape_intervall": "5s",
            "botwatch_bot_port": 1,
            "vault_slack_webhook_url": "x",
        }
    ),
    "port for two": given({"botwatch_bot_port": 9093}),
    **{name: given() for name in SHARING},
}


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Run site.yml once, with a host for each case; give what was said of each."""
    hosts = {
        host_of(case): variables if case in SHARING else with_own_token(variables, number)
        for number, (case, variables) in enumerate(CASES.items())
    }
    with untouched():
        run = site(
            tmp_path_factory.mktemp("site"), hosts, ANSIBLE_STDOUT_CALLBACK="ansible.posix.json"
        )
    assert run.returncode != 0
    assert SECRET not in run.stdout + run.stderr
    results = json.loads(run.stdout)
    tasks = [task["hosts"] for play in results["plays"] for task in play["tasks"]]
    messages = {}
    for case in CASES:
        host = host_of(case)
        assert results["stats"][host]["failures"] == 1, case
        failed = [task[host] for task in tasks if task.get(host, {}).get("failed")]
        messages[case] = flat("\n".join(result["msg"] for result in failed))
    return messages


def with_own_token(variables: Variables, number: int) -> Variables:
    """Give a host another token than other hosts have, unless its own is part of the case."""
    token = "vault_discord_bot_token"
    if variables.get(token) != SOUND[token]:
        return variables
    return {**variables, token: f"bad.{number}.{SECRET}"}


def host_of(case: str) -> str:
    """Name the host with the variables of a case."""
    return case.replace(" ", "-")


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_variable_is_named_with_its_remedy(messages: dict[str, str], case: str) -> None:
    _, thing, remedy = WRONG[case]
    assert thing in messages[case]
    assert remedy in messages[case]


@pytest.mark.parametrize("missing", SOUND)
def test_a_missing_secret_is_named_with_its_remedy(messages: dict[str, str], missing: str) -> None:
    message = messages[f"without {missing}"]
    assert missing in message
    assert "ansible-vault edit" in message


def test_all_faults_are_reported_together(messages: dict[str, str]) -> None:
    for name in (
        "prometheus_scrape_intervall",
        "botwatch_bot_port",
        "alertmanager_slack_webhook_url",
    ):
        assert name in messages["three faults"]


def test_a_port_for_two_is_named(messages: dict[str, str]) -> None:
    message = messages["port for two"]
    assert "botwatch_bot_port and botwatch_alertmanager_port are both 9093" in message
    assert "another" in message


def test_a_token_of_several_hosts_is_refused(messages: dict[str, str]) -> None:
    for case in SHARING:
        assert "have the same bot token" in messages[case]


def test_a_script_that_is_not_executable_is_no_vault_password(tmp_path: Path) -> None:
    script = tmp_path / "password"
    script.write_text("#!/bin/sh\necho made up\n")
    run = site(tmp_path, {"node": given()}, ANSIBLE_VAULT_PASSWORD_FILE=str(script))
    assert_refused(run, "is the text of a script", "ansible-vault rekey")


def test_channels_that_do_not_answer_are_named(tmp_path: Path) -> None:
    with untouched():
        run = site(
            tmp_path, {"node": given({"discord_bot_api_url": "http://127.0.0.1:8008/api/v10"})}
        )
    refused = "cannot be reached (Connection refused): put the"
    assert_refused(run, f"Slack {refused}", "botwatch_channels_must_answer")
    assert_refused(run, f"Discord (bot) {refused}", "vault_discord_bot_token")


def test_a_busy_port_is_named_with_its_user(host: Host, tmp_path: Path) -> None:
    pid = host.check_output("sh -c 'python3 -m http.server 9090 >/dev/null 2>&1 & echo $!'")
    try:
        host.check_output("timeout 10 sh -c 'until ss -ltn | grep -q :9090; do sleep 0.1; done'")
        with untouched():
            run = site(tmp_path, {"node": given()})
    finally:
        host.check_output("kill %s", pid)
    assert_refused(
        run, "Port 9090 is taken by python3", "set botwatch_prometheus_port to a free port"
    )


def test_an_unsupported_release_is_named(host: Host, tmp_path: Path) -> None:
    host.check_output("cp --parents /usr/lib/os-release /etc/debian_version /tmp")
    host.check_output("sed -i 's/12/11/; s/bookworm/bullseye/' /usr/lib/os-release")
    host.check_output("sh -c 'echo 11.9 >/etc/debian_version'")
    try:
        with untouched():
            run = site(tmp_path, {"node": given()})
    finally:
        host.check_output("cp -r /tmp/usr /tmp/etc /")
    assert_refused(run, "Debian 11.9 is not supported", "use Debian 12 or 13")


def test_an_inventory_without_a_host_is_reported() -> None:
    run = subprocess.run(
        ["ansible-playbook", "--inventory", "localhost,", "site.yml"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60, env=environment(),
    )  # fmt: skip
    assert_refused(run, "No host is in group `botwatch`", "copy inventory/example")


def test_a_missing_vault_password_is_reported(tmp_path: Path) -> None:
    missing = tmp_path / ".vault-password"
    run = subprocess.run(
        ["ansible-playbook", "--inventory", "inventory/demo", "site.yml"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
        env=environment(ANSIBLE_VAULT_PASSWORD_FILE=str(missing)),
    )  # fmt: skip
    assert_refused(run, "vault password file", f"{missing} was not found")


def assert_refused(run: subprocess.CompletedProcess[str], thing: str, remedy: str) -> None:
    """Assert that a run failed with a message, and that the message holds no secret."""
    output = flat(run.stdout + run.stderr)
    assert run.returncode != 0, output
    assert thing in output, run.stdout + run.stderr
    assert remedy in output, run.stdout + run.stderr
    assert SECRET not in output


def flat(text: str) -> str:
    """Undo line breaks: Ansible wraps long messages."""
    return " ".join(text.split())
