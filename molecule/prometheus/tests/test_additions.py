"""Scrape jobs, rules and secrets of a user's own come, are checked, and go again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from testinfra.host import Host

from nodes import assert_mode, read_url, unit_property
from playbooks import assert_done, assert_refused, converge
from waiting import eventually

API = "http://127.0.0.1:9090/api/v1"
RULE = """\
groups:
  - name: website
    rules:
      - alert: WebsiteDown
        expr: EXPRESSION
        annotations: {summary: "{{ $labels.instance }} is down."}
"""
SECRET = "s-ecret"
SECRET_FILE = "/etc/prometheus/secrets/exporter"
JOB = {
    "job_name": "added",
    "scrape_interval": "1s",
    "authorization": {"credentials_file": SECRET_FILE},
    "static_configs": [{"targets": ["127.0.0.1:9090"]}],
}
UP_LIMIT_S = 15.0


def rules_in(folder: Path, expression: str) -> list[str]:
    """Write a file of rules; return what finds it."""
    (folder / "website.yml").write_text(RULE.replace("EXPRESSION", expression))
    return [f"{folder}/*.yml"]


def ask(host: Host, what: str) -> Any:  # noqa: ANN401 # JSON of several shapes
    return json.loads(read_url(host, f"{API}/{what}"))["data"]


def groups(host: Host) -> set[str]:
    return {group["name"] for group in ask(host, "rules")["groups"]}


def health(host: Host) -> dict[str, str]:
    """Say how each job's target is."""
    targets = ask(host, "targets")["activeTargets"]
    return {target["labels"]["job"]: target["health"] for target in targets}


def test_they_are_used_and_removed_again(host: Host, tmp_path: Path) -> None:
    pid = unit_property(host, "prometheus", "MainPID")
    given = {
        "prometheus_rule_files": rules_in(tmp_path, "up == 0"),
        "prometheus_scrape_configs": [JOB],
        "prometheus_secret_files": {"exporter": SECRET},
    }
    run = converge(**given)
    assert_done(run)
    assert SECRET not in run.stdout + run.stderr
    assert "website" in groups(host)
    assert eventually(lambda: health(host).get("added") == "up", UP_LIMIT_S), health(host)
    assert_mode(host, SECRET_FILE, "root", "prometheus", 0o640)
    assert "changed=0" in converge(**given).stdout
    assert_done(converge())
    assert "website" not in groups(host)
    assert "added" not in health(host)
    assert not host.file(SECRET_FILE).exists
    assert unit_property(host, "prometheus", "MainPID") == pid


def test_a_rule_that_promtool_refuses_changes_nothing(host: Host, tmp_path: Path) -> None:
    before = host.check_output("ls /etc/prometheus/rules")
    run = converge(
        prometheus_rule_files=rules_in(tmp_path, "up =="),
        prometheus_scrape_configs=[{**JOB, "authorization": {}}],
    )
    assert_refused(run, "website.yml: failed to validate", "parse error")
    assert host.check_output("ls /etc/prometheus/rules") == before
    assert "job_name: added" not in host.file("/etc/prometheus/prometheus.yml").content_string


def test_what_promtool_cannot_know_is_refused_before_anything_is_changed(tmp_path: Path) -> None:
    run = converge(
        prometheus_rule_files=[str(tmp_path / "nothing.yml")],
        prometheus_scrape_configs=[{**JOB, "job_name": "node"}],
    )
    assert_refused(
        run, "botwatch has a job node itself", "prometheus_secret_files has no exporter",
        "nothing.yml is no file on the controller", "changed=0",
    )  # fmt: skip
