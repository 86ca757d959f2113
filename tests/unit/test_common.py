"""Roles put their objects into a cluster through the tasks of the role common."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from unit import fake_kubectl
from unit.playbooks import REPOSITORY, Data, Run, run_playbook

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
CREATE = "Create the namespaces and their network policies"
NAMESPACES = {"Namespace /monitoring", "Namespace /discord-bot", "Namespace /monitoring-host"}


class Site:
    """A cluster without objects, and roles that are run on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "roles").symlink_to(REPOSITORY / "roles")
        self.cluster = folder / "cluster.json"
        self.cluster.write_text(json.dumps({"objects": [], "calls": []}))

    def run(self, *roles: str, tasks: list[Data] | None = None, **given: object) -> Run:
        """Run roles, then tasks in one play."""
        kubectl = f"{sys.executable} {PROGRAM} {self.cluster}"
        extra = {**GIVEN, "botwatch_kubectl": kubectl, **given}
        play = {"hosts": "localhost", "gather_facts": False, "roles": list(roles)}
        play["tasks"] = tasks or []
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
    assert [task["task"]["name"].split(" : ")[-1] for task in tasks].count(CREATE) == 1


def test_the_namespaces_are_there_where_the_first_role_does_nothing(site: Site) -> None:
    run = site.run("grafana", "prometheus", grafana_faults=["its image is missing"])
    assert run.returncode == 0, run.output
    assert NAMESPACES | DECLARED["prometheus"] <= site.objects()
    assert not DECLARED["grafana"] & site.objects()


@pytest.mark.parametrize("how", ["include_role", "import_role"])
def test_a_role_works_in_a_task_of_a_users_play(site: Site, how: str) -> None:
    """Where a task includes it, the role common must see the variables of botwatch, too."""
    run = site.run(tasks=[{f"ansible.builtin.{how}": {"name": "kube_state_metrics"}}])
    assert run.returncode == 0, run.output
    assert NAMESPACES | DECLARED["kube_state_metrics"] <= site.objects()


def test_a_role_that_is_disabled_deletes_its_objects(site: Site) -> None:
    assert site.run("kube_state_metrics", "grafana").returncode == 0
    run = site.run(
        "kube_state_metrics", "grafana", kube_state_metrics_enabled=False, grafana_enabled=False
    )
    assert run.returncode == 0, run.output
    assert not (DECLARED["kube_state_metrics"] | DECLARED["grafana"]) & site.objects()
    assert site.objects() >= NAMESPACES
