"""The Kubernetes objects that the roles declare, rendered by Ansible as for a host."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from monitoring.rendering import (
    evaluate,
    load_plugins,
    read_for_ansible,
    read_role_variables,
    render_template,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
ROLES = sorted(path.parents[1] for path in REPOSITORY.glob("roles/*/templates/kubernetes"))
OBJECTS = "botwatch.stack.kubernetes_objects"
# What comes from the vault, and what only a run knows.
GIVEN = {
    "vault_discord_bot_token": "made.up.token-0123456789",
    "vault_slack_webhook_url": "https://hooks.slack.com/services/T0/B0/made-up",
    "botwatch_runtime": "k3s",
    "_discord_bot_image": "localhost/botwatch/discord-bot:0123456789ab",
}

Data = dict[str, Any]
SETTINGS: dict[str, Data] = {
    "shipped": {},
    "filled": {
        "vault_discord_bot_drill_token": "0123456789abcdef",
        "vault_slack_webhook_url": "http://10.1.2.3:8008/services/T0/B0/made-up",
        "discord_bot_api_url": "http://10.1.2.3:8008/api/v10",
        "discord_bot_gateway_url": "ws://10.1.2.3:8009/gateway",
        "botwatch_runbooks_url": "https://example.org/runbooks",
    },
    "proxied": {"botwatch_http_proxy": "http://bot:sesame-0123@proxy.example.test:3128"},
    "extended": {
        "prometheus_secret_files": {"api": "s-ecret-of-an-api"},
        "prometheus_scrape_configs": [
            {
                "job_name": "api",
                "authorization": {"credentials_file": "/etc/prometheus/secrets/api"},
                "static_configs": [{"targets": ["192.0.2.7:9100"]}],
            }
        ],
    },
    "no Slack": {
        "vault_slack_webhook_url": "",
        "alertmanager_main_channel": "pagerduty",
        "vault_pagerduty_routing_key": "0123456789abcdef",
    },
    "script": {
        "discord_bot_source": str(REPOSITORY / "tests/bots/script"),
        "discord_bot_name": "own",
        "discord_bot_writable_paths": ["settings.json", "store/"],
        "discord_bot_log_files": ["bot.log"],
        "discord_bot_secret_files": {"config.json": "s-ecret-of-a-file"},
        "discord_bot_secret_environment": {"API_KEY": "s-ecret-of-an-api"},
        "discord_bot_egress": [{"protocol": "UDP"}],
        "discord_bot_needs": [{"name": "lavalink", "tcp": "192.0.2.7:2333"}],
    },
    "container": {
        "discord_bot_source": str(REPOSITORY / "tests/bots/container"),
        "discord_bot_name": "own",
        "discord_bot_observability": "metrics",
        "discord_bot_writable_paths": ["/app/data"],
    },
    "company CA": {
        "_botwatch_ca_file": {"pem": "-----BEGIN CERTIFICATE-----\nQQ==\n", "faults": []},
    },
}


def role_variables() -> Data:
    """Read the variables of all roles that declare objects."""
    variables: Data = {"ansible_managed": "Ansible managed"}
    for role in (REPOSITORY / "roles/botwatch", *ROLES):
        variables |= read_for_ansible(role / "defaults/main.yml")
        variables |= read_role_variables(role)
    return variables


def declared(given: Data) -> tuple[Data, ...]:
    """Give all objects in the templates of all roles, with `given` in the place of defaults."""
    return _declared(json.dumps(given))


@cache
def _declared(given: str) -> tuple[Data, ...]:
    return tuple(_rendered({**role_variables(), **GIVEN, **json.loads(given)}))


def _rendered(variables: Data) -> Iterator[Data]:
    load_plugins()
    for role in ROLES:
        for template in sorted(role.glob("templates/kubernetes/*.yml.j2")):
            text = render_template(template, {**variables, "role_path": str(role)}, "curly")
            yield from (item for item in yaml.safe_load_all(text) if item)


def contents(given: Data) -> tuple[Data, ...]:
    """Give what the roles say about the ConfigMaps and Secrets that are made of their files."""
    return _contents(json.dumps(given))


@cache
def _contents(given: str) -> tuple[Data, ...]:
    return tuple(_made_of_files({**role_variables(), **GIVEN, **json.loads(given)}))


def _made_of_files(variables: Data) -> Iterator[Data]:
    for role in ROLES:
        known = {**variables, "role_path": str(role)}
        for name in ("main", "k3s"):
            for task in read_for_ansible(role / f"tasks/{name}.yml") or []:
                given = {**task.get(OBJECTS, {}), **task.get("vars", {})}
                found = given.get("contents", given.get("common_kubernetes_contents", []))
                for content in evaluate(found, known):
                    files = content["files"]
                    yield {**content, "files": [file for file in files if "state" not in file]}


def workloads(objects: list[Data]) -> list[Data]:
    """Pick the objects that make pods."""
    return [item for item in objects if item["kind"] in {"Deployment", "StatefulSet", "DaemonSet"}]


def pod(workload: Data) -> Data:
    """Give the specification of a workload's pods."""
    spec: Data = workload["spec"]["template"]["spec"]
    return spec


def by_name(given: Data, kind: str) -> dict[str, Data]:
    """Give the declared objects of one kind by name."""
    return {
        item["metadata"]["name"]: item for item in declared(given) if item["kind"] in kind.split()
    }


def files_of(given: Data, kind: str, space: str, wanted: str) -> dict[str, str]:
    """Give the files of a ConfigMap or Secret; none where it is not declared."""
    return {
        file["dest"].rsplit("/", 1)[-1]: file.get("content", "")
        for content in contents(given)
        if (content["kind"], content["namespace"], content["name"]) == (kind, space, wanted)
        for file in content["files"]
    }
