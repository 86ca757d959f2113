"""The configuration that the roles make, rendered by Ansible as for a host but below a directory.

What is rendered, how and to which place comes from the tasks of the roles themselves, so that
nothing here has to follow when a role gains a file.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template
from ansible.utils.collection_loader import AnsibleCollectionConfig
from plugins.plugin_utils import roles
from plugins.plugin_utils.rendering import DELIMITERS

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
ROLES = tuple(REPOSITORY / "roles" / name for name in ("botwatch", "prometheus", "alertmanager"))
RENDERED = REPOSITORY / "build/rendered"
RULE_TESTS = REPOSITORY / "tests/rules"
RULES = REPOSITORY / "roles/prometheus/templates/etc/prometheus/rules"
MODULE = "botwatch.stack.files_in_place"
# Rules of a user's own.
ADDED = REPOSITORY / "tests/monitoring/added"
# As the roles ship it for a small machine; with what is empty by default, with names that need
# quoting, and with other durations, which rules and their tests must follow: shorter ones, as they
# take less time to test; on Kubernetes, with what Kubernetes says of itself and without; and with
# bots that say less of themselves, or nothing.
VARIANTS: dict[str, dict[str, Any]] = {
    "shipped": {},
    "filled": {
        "discord_bot_needs": [
            {"name": "lavalink", "tcp": "127.0.0.1:2333"},
            {"name": "db", "tcp": "db:5432"},
        ],
        "botwatch_runbooks_url": "https://example.org/runbooks",
        "botwatch_dashboards_url": "https://example.org/grafana/",
        "alertmanager_slack_username": 'the "watch": #1 👀',
        "alertmanager_language": "ko",
        "alertmanager_quiet_hours_start": "22:30",
        "alertmanager_quiet_hours_end": "07:00",
        "alertmanager_quiet_days": ["saturday", "sunday"],
        "alertmanager_quiet_timezone": "Asia/Seoul",
        "prometheus_bot_crashes_window": "6m",
        "prometheus_bot_crashes_resolve_after": "3m",
        "prometheus_bot_errors_window": "3m",
        "prometheus_bot_errors_recent_window": "40s",
        "prometheus_bot_failing_window": "90s",
        "prometheus_bot_restarted_window": "40s",
        "prometheus_delivery_broken_after": "4m",
        "prometheus_node_filesystem_filling_window": "3h",
        "prometheus_node_memory_exhaustion_window": "30m",
        "prometheus_node_reboot_needed_for": "20m",
        "prometheus_notifications_failing_resolve_after": "2m",
    },
    "cluster": {"botwatch_runtime": "k3s", "kube_state_metrics_enabled": True},
    "cluster_that_says_little": {"botwatch_runtime": "k3s", "kube_state_metrics_enabled": False},
    "metrics": {
        "discord_bot_name": "music-bot",
        "discord_bot_observability": "metrics",
        "discord_bot_metrics_port": 8300,
    },
    "none": {
        "discord_bot_name": "music-bot",
        "discord_bot_observability": "none",
        "discord_bot_needs": [{"name": "lavalink", "tcp": "127.0.0.1:2333"}],
    },
    "none_in_cluster": {
        "botwatch_runtime": "k3s",
        "kube_state_metrics_enabled": True,
        "discord_bot_observability": "none",
    },
    "none_in_cluster_that_says_little": {
        "botwatch_runtime": "k3s",
        "kube_state_metrics_enabled": False,
        "discord_bot_observability": "none",
        "botwatch_dashboards_url": "",
    },
}
# Those whose bot has the library's metrics.
OBSERVED = [
    name
    for name, given in VARIANTS.items()
    if given.get("discord_bot_observability", "botwatch") == "botwatch"
]
# What users may add; no alert of theirs is held to what ours are.
ADDITIONS: dict[str, Any] = {
    "prometheus_rule_files": [str(ADDED / "*.yml")],
    "prometheus_scrape_configs": [
        {
            "job_name": "website",
            "metrics_path": "/probe",
            "params": {"module": ["http_2xx"]},
            "static_configs": [{"targets": ["https://example.org"]}],
            "relabel_configs": [
                {"source_labels": ["__address__"], "target_label": "__param_target"},
                {"target_label": "__address__", "replacement": "127.0.0.1:9115"},
            ],
        }
    ],
    "prometheus_remote_write": [{"url": "https://metrics.example.org/api/v1/write"}],
    "prometheus_secret_files": {"probe": "made-up"},
    "alertmanager_template_files": [str(ADDED / "*.tmpl")],
    "alertmanager_receivers": [
        {
            "name": "on-call",
            "opsgenie_configs": [{"api_key": "made-up", "message": '{{ template "own.title" . }}'}],
        }
    ],
    "alertmanager_routes": [
        {
            "matchers": ['service = "website"'],
            "receiver": "on-call",
            "continue": True,
            "routes": [{"matchers": ['severity = "info"'], "receiver": "nobody"}],
        }
    ],
    "alertmanager_inhibit_rules": [
        {
            "source_matchers": ['alertname = "NodeDown"'],
            "target_matchers": ['service = "website"'],
            "equal": ["host"],
        }
    ],
}
# Ansible's loader of plugins is not made for threads.
ONE_AT_A_TIME = RLock()
# What comes from the vault, the runtime whose packages the oldest programs are, and the sample bot.
GIVEN = {
    "vault_slack_webhook_url": "https://hooks.slack.com/services/T0/B0/made-up",
    "botwatch_runtime": "systemd",
    "inventory_hostname": "web-1",
    "discord_bot_observability": "botwatch",
}

Data = dict[str, Any]


@dataclass(frozen=True)
class Rendered:
    """The root of a host that holds our configuration only, and the variables that were given."""

    root: Path
    given: Data

    @property
    def prometheus(self) -> Path:
        """Prometheus' main file."""
        return self.root / "etc/prometheus/prometheus.yml"

    @property
    def alertmanager(self) -> Path:
        """Alertmanager's main file."""
        return self.root / "etc/prometheus/alertmanager.yml"

    @property
    def webhook(self) -> Path:
        """The file that Alertmanager reads Slack's address from."""
        return Path(read_yaml(self.alertmanager)["global"]["slack_api_url_file"])

    @property
    def rule_files(self) -> list[Path]:
        """Prometheus' rules."""
        return sorted((self.root / "etc/prometheus/rules").glob("*.yml"))

    @property
    def rule_tests(self) -> list[Path]:
        """Unit tests of the rules, for promtool, if they were rendered."""
        return sorted((self.root / "tests").glob("*.yml"))

    def arguments(self, package: str) -> list[str]:
        """What the service of a package is started with, by its file in /etc/default."""
        script = f'. "{self.root}/etc/default/{package}"; printf "%s\\n" $ARGS'
        read = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
        return read.stdout.splitlines()

    def alerts(self) -> list[Data]:
        """All alerting rules."""
        groups = [group for path in self.rule_files for group in read_yaml(path)["groups"]]
        return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def read_yaml(path: Path) -> Any:  # noqa: ANN401 # whatever the file holds
    """Read a YAML file; the unit tests of the rules are long, so by libyaml."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


@cache
def read_for_ansible(path: Path) -> Any:  # noqa: ANN401 # whatever the file holds
    """Read a YAML file whose expressions Ansible may evaluate, once; an absent one is empty."""
    return (
        DataLoader().load_from_file(str(path), trusted_as_template=True) if path.is_file() else {}
    )


def read_role_variables(role: Path) -> Data:
    """Read what a role computes, as the plugins do."""
    return roles.read_role_variables(DataLoader(), role)


def evaluate(value: Any, variables: Data) -> Any:  # noqa: ANN401 # whatever the expression yields
    """Evaluate the expressions in a value from a role."""
    with ONE_AT_A_TIME:
        return Templar(loader=DataLoader(), variables=variables).template(value)


def render_template(template: Path, variables: Data, delimiters: str) -> str:
    """Render one template as the roles do."""
    variables = {"ansible_managed": "Ansible managed", **variables}
    templar = Templar(loader=DataLoader(), variables=variables)
    # What templates import is found beside them, and rule tests use the macros of the rules, too.
    found_in = [str(template.parent), str(RULES)]
    text: str = templar.copy_with_new_env(searchpath=found_in).template(
        trust_as_template(template.read_text(encoding="utf-8")),
        escape_backslashes=False,
        overrides={"trim_blocks": True, **DELIMITERS[delimiters]},
    )
    # Ansible makes nothing of an empty text.
    return text or ""


def write(target: Path, text: str) -> None:
    """Write a file and the directories that it is in."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def below(root: Path, place: str) -> Path:
    """Move a host's path below `root`, unless it was moved with the variable it starts with."""
    return Path(place) if Path(place).is_relative_to(root) else root / place.lstrip("/")


def role_variables(root: Path) -> Data:
    """Read the variables of the roles; paths among the internal ones move below `root`."""
    variables: Data = {}
    for role in ROLES:
        variables |= read_for_ansible(role / "defaults/main.yml")
        for name, value in read_role_variables(role).items():
            variables[name] = str(below(root, value)) if str(value).startswith("/") else value
    return variables


def configuring_tasks(tasks: list[Data]) -> Iterator[Data]:
    """Find the tasks that put files in place, in blocks too."""
    for task in tasks:
        if MODULE in task:
            yield task[MODULE]
        for part in ("block", "rescue", "always"):
            yield from configuring_tasks(task.get(part, []))


def configure(role: Path, files: list[Data], root: Path, variables: Data) -> None:
    """Do below `root` what a role's task does on a host."""
    for file in files:
        target = below(root, file["dest"])
        if "src" in file:
            template = role / "templates" / file["src"]
            write(target, render_template(template, variables, file.get("delimiters", "curly")))
        elif "content" in file:
            write(target, file["content"])


def load_plugins() -> None:
    """Make the plugins of collections known; Ansible warns where that is done twice."""
    if AnsibleCollectionConfig.collection_finder is None:
        init_plugin_loader()


def render(root: Path, given: Data, *, with_rule_tests: bool = False) -> Rendered:
    """Render everything below `root`, with `given` in the place of the roles' defaults.

    The unit tests of the rules take five times as long as all the rest, so they are only there if
    they are asked for.
    """
    with ONE_AT_A_TIME:
        variables = render_configuration(root, given)
        if with_rule_tests:
            render_rule_tests(root, variables)
    return Rendered(root, given)


def render_configuration(root: Path, given: Data) -> Data:
    """Render what the roles configure; return the variables that it was made from."""
    load_plugins()
    shutil.rmtree(root, ignore_errors=True)
    variables = {**role_variables(root), **GIVEN, **given}
    for role in ROLES:
        for path in sorted(role.glob("tasks/*.yml")):
            for task in configuring_tasks(read_for_ansible(path)):
                configure(role, evaluate(task["files"], variables), root, variables)
    return variables


def render_rule_tests(root: Path, variables: Data) -> None:
    """Render the unit tests of the rules, for promtool."""
    for path in sorted(RULE_TESTS.glob("*.yml.j2")):
        text = render_template(path, variables, "square")
        # Of rules that this host does not have, there is nothing to test.
        if text.strip():
            write(root / "tests" / path.stem, text)
