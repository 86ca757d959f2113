"""What the roles configure, as judged by the vendors' own tools of both ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitoring.rendering import ADDITIONS, VARIANTS, read_yaml, render
from monitoring.rule_tests import run_rule_tests

if TYPE_CHECKING:
    from monitoring.rendering import Rendered
    from monitoring.tools import Tools

FIRST_VERSIONS = {
    "oldest": {"promtool": "2.42.", "amtool": "0.25."},
    "newest": {"promtool": "3.", "amtool": "0.3"},
}


@pytest.mark.parametrize("program", ["promtool", "amtool"])
def test_the_binaries_are_those_of_the_end(tools: Tools, program: str) -> None:
    version = FIRST_VERSIONS[tools.end][program]
    assert f"{program}, version {version}" in tools.run(program, "--version")


def test_rules_are_valid(tools: Tools, rendered: Rendered) -> None:
    files = rendered.rule_files
    said = tools.run("promtool", "check", "rules", "--lint=all", "--lint-fatal", *files)
    assert said.count("SUCCESS") == len(files) > 0


def test_scraping_and_alerting_are_valid(tools: Tools, rendered: Rendered) -> None:
    if rendered.given.get("botwatch_runtime") == "k3s":
        if tools.end == "oldest":
            pytest.skip("Debian's first build cannot ask Kubernetes; it runs without it only")
        give_a_service_account(rendered)
    said = tools.run("promtool", "check", "config", rendered.prometheus)
    assert f"SUCCESS: {len(rendered.rule_files)} rule files found" in said


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        ({}, {"host": "web-1"}),
        (
            {"inventory_hostname": "localhost", "ansible_facts": {"hostname": "here"}},
            {"host": "here"},
        ),
        ({"prometheus_external_labels": {"region": "eu"}}, {"host": "web-1", "region": "eu"}),
        ({"prometheus_external_labels": {"host": "봇", "rack": 7}}, {"host": "봇", "rack": "7"}),
    ],
)
def test_the_host_is_always_among_the_external_labels(
    tools: Tools, tmp_path: Path, given: dict[str, object], labels: dict[str, str]
) -> None:
    rendered = render(tmp_path, given)
    assert read_yaml(rendered.prometheus)["global"]["external_labels"] == labels
    tools.run("promtool", "check", "config", rendered.prometheus)


PROXY = "http://alpha:sesame-0123@proxy.example.test:3128"


@pytest.mark.parametrize(
    ("exceptions", "proxied"),
    [("", {"slack", "slack-once", "webhook"}), ("example.org", {"webhook"})],
)
def test_receivers_are_reached_through_the_proxy_but_for_its_exceptions(
    tools: Tools, tmp_path: Path, exceptions: str, proxied: set[str]
) -> None:
    version = {"oldest": "0.25.0", "newest": "0.28.0"}[tools.end]
    rendered = render(
        tmp_path,
        {
            "_alertmanager_version": version,
            "botwatch_http_proxy": PROXY,
            "botwatch_no_proxy": exceptions,
            "vault_slack_webhook_url": "https://hooks.example.org/services/T/B/x",
            "vault_alert_webhook_url": "https://example.net/hook" if tools.end == "newest" else "",
            "vault_heartbeat_url": "" if tools.end == "newest" else "https://example.net/beat",
        },
    )
    tools.run("amtool", "check-config", rendered.alertmanager)
    used = {
        receiver["name"]: config["http_config"]
        for receiver in read_yaml(rendered.alertmanager)["receivers"]
        for kind, configs in receiver.items()
        if kind != "name"
        for config in configs
        if "http_config" in config
    }
    if tools.end == "oldest":
        proxied = {name.replace("webhook", "heartbeat") for name in proxied}
    assert set(used) == proxied
    # Read from the environment, the address is in no configuration file.
    wanted = {"proxy_url": PROXY} if tools.end == "oldest" else {"proxy_from_environment": True}
    assert all(config == wanted for config in used.values())
    service = (rendered.root / "etc/default/prometheus-alertmanager").read_text(encoding="utf-8")
    assert (PROXY in service) is (tools.end == "newest")
    assert rendered.arguments("prometheus-alertmanager")


def give_a_service_account(rendered: Rendered) -> None:
    """Put files where Kubernetes puts a pod's credentials, as promtool looks whether they exist."""
    (cluster,) = [
        job
        for job in read_yaml(rendered.prometheus)["scrape_configs"]
        if job["job_name"] == "kubelet"
    ]
    for path in (cluster["authorization"]["credentials_file"], cluster["tls_config"]["ca_file"]):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text("made up\n")


# The oldest release is in no cluster, where Prometheus is the image that the role names. A cluster
# has all rules that are shipped without one. Other durations are the same expressions, so one
# release is enough for them.
@pytest.mark.parametrize(
    ("tools", "rendered"),
    [("oldest", "shipped"), *(("newest", name) for name in VARIANTS if name != "shipped")],
    indirect=True,
)
def test_rules_do_what_their_unit_tests_say(tools: Tools, rendered: Rendered) -> None:
    run_rule_tests(tools, rendered)


def test_a_bot_that_is_rarely_scraped_does_not_seem_to_hang(tools: Tools, tmp_path: Path) -> None:
    rendered = render(tmp_path, {"prometheus_bot_scrape_interval": "15s"})
    (hangs,) = [one for one in rendered.alerts() if one["alert"] == "DiscordBotEventLoopBlocked"]
    test = {
        "interval": "15s",
        "input_series": [
            {"series": f'discord_bot_{name}{{job="discord-bot"}}', "values": values}
            for name, values in [
                ("heartbeat_timestamp_seconds", "0+15x40"),
                ("event_loop_lag_seconds_count", "5x40"),
            ]
        ],
        # At each moment between two scrapes.
        "promql_expr_test": [
            {"expr": hangs["expr"], "eval_time": f"{300 + second}s", "exp_samples": []}
            for second in range(15)
        ],
    }
    file = tmp_path / "test.yml"
    file.write_text(json.dumps({"evaluation_interval": "15s", "tests": [test]}))
    tools.run("promtool", "test", "rules", file)


def test_routes_and_templates_are_valid(tools: Tools, rendered: Rendered) -> None:
    said = tools.run("amtool", "check-config", rendered.alertmanager)
    assert " 6 templates" in said
    assert " 4 receivers" in said


def test_what_users_add_is_valid(tools: Tools, tmp_path: Path) -> None:
    rendered = render(tmp_path, ADDITIONS)
    said = tools.run("promtool", "check", "config", rendered.prometheus)
    assert f"SUCCESS: {len(rendered.rule_files)} rule files found" in said
    assert "WebsiteDown" in {rule["alert"] for rule in rendered.alerts()}
    assert "website" in [
        job["job_name"] for job in read_yaml(rendered.prometheus)["scrape_configs"]
    ]
    said = tools.run("amtool", "check-config", rendered.alertmanager)
    assert " 7 templates" in said
    assert " 5 receivers" in said


def test_names_are_taken_literally(tools: Tools, rendered: Rendered) -> None:
    tools.run("amtool", "check-config", rendered.alertmanager)
    receivers = {one["name"]: one for one in read_yaml(rendered.alertmanager)["receivers"]}
    (slack,) = receivers["slack"]["slack_configs"]
    assert slack["username"] == rendered.given.get("alertmanager_slack_username", "botwatch")
