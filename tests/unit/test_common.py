"""Roles put their objects into a cluster through the tasks of the role common."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from unit import fake_kubectl
from unit.playbooks import REPOSITORY, Run, run_playbook

PROGRAM = Path(fake_kubectl.__file__)
GIVEN: dict[str, Any] = {
    "botwatch_runtime": "k3s",
    "botwatch_preflight_roles": [],
    "common_waits_by_role": False,
    "vault_discord_bot_token": "made-up",
    "vault_grafana_admin_password": "made-up",
    "vault_slack_webhook_url": "https://hooks.slack.com/services/T0/B0/made-up",
}
# What only the role that declares it has: its templates, and files of its own.
DECLARED = {
    "alertmanager": {"ConfigMap monitoring/alertmanager", "StatefulSet monitoring/alertmanager"},
    "delivery_probe": {
        "ConfigMap monitoring/delivery-probe",
        "Deployment monitoring/delivery-probe",
    },
    "grafana": {"ConfigMap monitoring/grafana-dashboards", "StatefulSet monitoring/grafana"},
    "kube_state_metrics": {"Deployment monitoring/kube-state-metrics"},
    "prometheus": {"ConfigMap monitoring/prometheus", "StatefulSet monitoring/prometheus"},
}
NAMESPACES = {"Namespace /monitoring", "Namespace /discord-bot", "Namespace /monitoring-host"}


class Site:
    """A cluster without objects, and roles that are run on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "roles").symlink_to(REPOSITORY / "roles")
        self.cluster = folder / "cluster.json"
        self.cluster.write_text(json.dumps({"objects": [], "calls": []}))

    def run(self, *roles: str, **given: object) -> Run:
        """Run roles in one play."""
        kubectl = f"{sys.executable} {PROGRAM} {self.cluster}"
        extra = {**GIVEN, "botwatch_kubectl": kubectl, **given}
        play = {"hosts": "localhost", "gather_facts": False, "roles": list(roles)}
        options = ("-e", json.dumps(extra))
        return run_playbook(self.folder, [play], *options, callback="ansible.posix.json")

    def objects(self) -> set[str]:
        """Name what is in the cluster."""
        items = json.loads(self.cluster.read_text())["objects"]
        return {fake_kubectl.path(item) for item in items}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_each_role_declares_its_own_objects_and_the_namespaces_once(site: Site) -> None:
    run = site.run(*DECLARED)
    assert run.returncode == 0, run.output
    assert set().union(NAMESPACES, *DECLARED.values()) <= site.objects()
    tasks = [task for play in json.loads(run.output)["plays"] for task in play["tasks"]]
    made = [task for task in tasks if "Create the namespaces" in task["task"]["name"]]
    assert len(made) == len(DECLARED)
    assert [task for task in made if not task["hosts"]["localhost"].get("skipped")] == made[:1]


def test_a_role_that_is_disabled_deletes_its_objects(site: Site) -> None:
    assert site.run("kube_state_metrics", "grafana").returncode == 0
    run = site.run(
        "kube_state_metrics", "grafana", kube_state_metrics_enabled=False, grafana_enabled=False
    )
    assert run.returncode == 0, run.output
    assert not (DECLARED["kube_state_metrics"] | DECLARED["grafana"]) & site.objects()
    assert site.objects() >= NAMESPACES
