"""The Kubernetes objects that the roles declare, rendered by Ansible as for a host."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from monitoring.rendering import evaluate, load_plugins, read_for_ansible, render_template

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
ROLES = sorted(path.parents[1] for path in REPOSITORY.glob("roles/*/templates/kubernetes"))
# What comes from the vault, and what only a run knows.
GIVEN = {
    "vault_discord_bot_token": "made.up.token-0123456789",
    "vault_slack_webhook_url": "https://hooks.slack.com/services/T0/B0/made-up",
    "botwatch_runtime": "k3s",
    "_discord_bot_image": "localhost/botwatch/discord-bot:0123456789ab",
}

Data = dict[str, Any]


def role_variables() -> Data:
    """Read the variables of all roles that declare objects."""
    variables: Data = {"ansible_managed": "Ansible managed"}
    for role in ROLES:
        variables |= read_for_ansible(role / "defaults/main.yml")
        variables |= read_for_ansible(role / "vars/main.yml")
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
        for task in read_for_ansible(role / "tasks/k3s.yml") or []:
            known = {**variables, "role_path": str(role)}
            declared_by_task = task.get("botwatch.stack.kubernetes_objects", {}).get("contents", [])
            for content in evaluate(declared_by_task, known):
                files = content["files"]
                yield {**content, "files": [file for file in files if "state" not in file]}


def workloads(objects: list[Data]) -> list[Data]:
    """Pick the objects that make pods."""
    return [item for item in objects if item["kind"] in {"Deployment", "StatefulSet", "DaemonSet"}]


def pod(workload: Data) -> Data:
    """Give the specification of a workload's pods."""
    spec: Data = workload["spec"]["template"]["spec"]
    return spec
