"""Receivers, routes, templates and secrets of a user's own come, are checked, and go again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from testinfra.host import Host

from nodes import assert_mode, read_url, unit_property
from playbooks import assert_done, assert_refused, converge

SECRET = "s-ecret"
SECRET_FILE = "/etc/alertmanager-secrets/on-call"
RECEIVER = {
    "name": "on-call",
    "webhook_configs": [
        {
            "url": "http://127.0.0.1:9/on-call",
            "http_config": {"authorization": {"credentials_file": SECRET_FILE}},
        }
    ],
}
ROUTE = {"matchers": ['service = "website"'], "receiver": "on-call", "continue": True}


def configuration(host: Host) -> str:
    """Read the configuration that Alertmanager has loaded."""
    status: dict[str, Any] = json.loads(read_url(host, "http://127.0.0.1:9093/api/v2/status"))
    original: str = status["config"]["original"]
    return original


def template_in(folder: Path, text: str) -> list[str]:
    """Write a file of templates; return what finds it."""
    (folder / "own.tmpl").write_text(text)
    return [f"{folder}/*.tmpl"]


def test_they_are_used_and_removed_again(host: Host, tmp_path: Path) -> None:
    pid = unit_property(host, "prometheus-alertmanager", "MainPID")
    given = {
        "alertmanager_receivers": [RECEIVER],
        "alertmanager_routes": [ROUTE],
        "alertmanager_secret_files": {"on-call": SECRET},
        "alertmanager_template_files": template_in(tmp_path, '{{ define "own" }}x{{ end }}\n'),
    }
    run = converge(**given)
    assert_done(run)
    assert SECRET not in run.stdout + run.stderr
    assert "name: on-call" in configuration(host)
    assert "alertmanager_templates/own.tmpl" in configuration(host)
    assert_mode(host, SECRET_FILE, "root", "prometheus", 0o640)
    assert "changed=0" in converge(**given).stdout
    assert_done(converge())
    assert "on-call" not in configuration(host)
    assert not host.file(SECRET_FILE).exists
    assert not host.file("/etc/prometheus/alertmanager_templates/own.tmpl").exists
    assert unit_property(host, "prometheus-alertmanager", "MainPID") == pid


def test_what_amtool_refuses_changes_nothing(host: Host, tmp_path: Path) -> None:
    before = configuration(host)
    run = converge(alertmanager_template_files=template_in(tmp_path, "{{ define }}\n"))
    assert_refused(run, "own.tmpl: failed to validate")
    run = converge(alertmanager_routes=[{**ROUTE, "receiver": "nobody-knows"}])
    assert_refused(run, "alertmanager.yml: failed to validate", "nobody-knows")
    assert configuration(host) == before


def test_what_amtool_cannot_know_is_refused_before_anything_is_changed() -> None:
    run = converge(alertmanager_receivers=[RECEIVER, {"name": "slack"}])
    assert_refused(
        run, "alertmanager_secret_files has no on-call", "botwatch has a receiver slack itself",
        "changed=0",
    )  # fmt: skip
