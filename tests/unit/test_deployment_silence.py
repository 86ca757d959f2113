"""What a deployment tells Alertmanager, by the tasks of the role and a server that is made up."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from unit.playbooks import REPOSITORY, Data, Run, run_tasks

TASKS = REPOSITORY / "roles/discord_bot/tasks"
VARIABLES = REPOSITORY / "roles/discord_bot/vars/main"
COMMENT = "The bot is being replaced; expires as soon as the new one is ready."
TRACEBACK = "Traceback (most recent call last):\n  File \"x.py\", line 3\nKeyError: 'token'"


@dataclass
class Alertmanager:
    """An Alertmanager that keeps what it receives, and a Prometheus without alerts."""

    silences: list[Data] = field(default_factory=list)
    alerts: list[Data] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    bot: str = "127.0.0.1:8000/metrics"
    learns: str | None = None
    port: int = 0
    ready_at: float = 0.0

    def answer(self, method: str, path: str, body: bytes) -> object:
        if method == "DELETE":
            self.deleted.append(path.rpartition("/")[2])
        elif path == "/api/v2/silences" and method == "POST":
            self.silences.append(json.loads(body))
            return {"silenceID": "made"}
        elif path == "/api/v2/silences":
            return [
                silence("made", "botwatch", COMMENT, "active"),
                silence("left", "botwatch", COMMENT, "pending"),
                silence("over", "botwatch", COMMENT, "expired"),
                silence("disk", "alice", "new disk", "active"),
            ]
        elif path == "/api/v2/alerts" and method == "POST":
            self.alerts += json.loads(body)
        elif path.startswith("/api/v2/alerts"):
            return []
        elif path.startswith("/api/v1/query"):
            return {"data": {"result": []}}
        elif path.startswith("/api/v1/targets"):
            targets = [("discord-bot", self.bot), ("node", "127.0.0.1:9100/metrics")]
            self.bot = self.bot if self.learns is None else self.learns
            return {"data": {"activeTargets": [target(*names) for names in targets if names[1]]}}
        return {}


def silence(name: str, author: str, comment: str, state: str) -> Data:
    """Describe a silence as Alertmanager does."""
    return {"id": name, "createdBy": author, "comment": comment, "status": {"state": state}}


def target(job: str, place: str) -> Data:
    """Describe a scraped endpoint as Prometheus does."""
    return {"scrapePool": job, "scrapeUrl": f"http://{place}"}


def serve(alertmanager: Alertmanager, port: int = 0) -> ThreadingHTTPServer:
    """Serve it on the loopback address."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            if time.monotonic() < alertmanager.ready_at:
                self.send_error(503)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = json.dumps(alertmanager.answer(self.command, self.path, body)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815 # the library's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    alertmanager.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture
def alertmanager() -> Iterator[Alertmanager]:
    made = Alertmanager()
    server = serve(made)
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture(params=[-600, 600], ids="host's clock {:+d} s".format)
def host_time(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> float:
    """Set the clock of the host, which is not the controller's; give what it shows."""
    shown = int(time.time()) + int(request.param)
    (tmp_path / "bin").mkdir()
    date = tmp_path / "bin/date"
    date.write_text(f"#!/bin/sh\necho {shown}\n")
    date.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    # Times without a zone must not be taken for the controller's.
    monkeypatch.setenv("TZ", "Asia/Seoul")
    return shown


def include(name: str) -> Data:
    """Run a file of the role's tasks."""
    return {"name": name, "ansible.builtin.include_tasks": str(TASKS / name)}


def run(folder: Path, port: int, *names: str | Data, **variables: object) -> Run:
    """Run tasks, or files of them, as the role does."""
    address = f"127.0.0.1:{port}"
    includes = [include(name) if isinstance(name, str) else name for name in names]
    tasks: list[Data] = [{"ansible.builtin.include_vars": {"dir": str(VARIABLES)}}, *includes]
    return run_tasks(
        folder, tasks,
        **{
            "botwatch_alertmanager_address": address,
            "botwatch_prometheus_address": address,
            "botwatch_on_k3s": True,
            "botwatch_external_labels": {"host": "node"},
            "botwatch_prometheus_url": "http://prometheus",
            "botwatch_runbooks_url": "",
            "botwatch_dashboards_url": "",
            "discord_bot_name": "discord-bot",
            "botwatch_bot_is_scraped": True,
            "botwatch_bot_target": "127.0.0.1:8000",
            "botwatch_bot_metrics_path": "/metrics",
            "discord_bot_observability": "botwatch",
            "discord_bot_ready_timeout_s": 60,
            **variables,
        },
    )  # fmt: skip


def seconds(moment: str) -> float:
    return datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()


def test_a_failed_deployment_is_silenced_and_reported_once_by_the_hosts_clock(
    alertmanager: Alertmanager, tmp_path: Path, host_time: float
) -> None:
    files = ("silence.yml", "silence_start.yml", "deployment_failed.yml")
    fault = f"The bot does not keep running.\n\n{'noise ' * 200}\n{TRACEBACK}\nstarting again"
    state = {"_discord_bot_deployment_state": "rolled_back", "_discord_bot_fault": fault}
    ran = run(tmp_path, alertmanager.port, *files, **state)
    assert ran.returncode != 0
    assert "A notification was sent." in ran.output
    (alert,) = alertmanager.alerts
    assert alert["labels"]["alertname"] == "DiscordBotDeploymentFailed"
    assert alert["labels"]["host"] == "node"
    assert alert["annotations"]["description"].endswith(TRACEBACK)
    assert "the previous version runs again" in alert["annotations"]["description"]
    assert seconds(alert["startsAt"]) == host_time
    # With the same labels as the failure before, it would not be sent while that one lasts.
    assert alert["labels"]["deployment"] == alert["startsAt"]
    assert seconds(alert["endsAt"]) > host_time
    assert len(alertmanager.silences) == 2
    for made in alertmanager.silences:
        assert seconds(made["startsAt"]) <= host_time
        assert host_time + 60 < seconds(made["endsAt"]) < host_time + 600


def test_an_alertmanager_that_answers_late_is_waited_for(
    alertmanager: Alertmanager, tmp_path: Path
) -> None:
    alertmanager.ready_at = time.monotonic() + 8
    ran = run(tmp_path, alertmanager.port, "silence.yml")
    assert ran.returncode == 0, ran.output
    assert len(alertmanager.silences) == 1


def test_a_host_without_alertmanager_is_not_waited_for(tmp_path: Path) -> None:
    server = serve(gone := Alertmanager())
    server.shutdown()
    server.server_close()
    state = {"_discord_bot_deployment_state": "untouched", "_discord_bot_fault": TRACEBACK}
    ran = run(
        tmp_path, gone.port, "silence.yml", "deployment_failed.yml", botwatch_on_k3s=False, **state
    )
    assert ran.returncode != 0
    assert "No notification was sent" in ran.output
    assert "KeyError" in ran.output


def test_a_look_that_fails_does_not_make_the_running_release_a_failed_one(
    alertmanager: Alertmanager, tmp_path: Path
) -> None:
    releases = tmp_path / "releases.json"
    releases.write_text(
        '{"format": 1, "current": "v2", "releases": [{"version": "v2", "ready_at": "x"}]}'
    )
    (tmp_path / "releases/v2").mkdir(parents=True)
    (tmp_path / "releases/v2/installed").touch()
    fails: Data = {"name": "Verify", "ansible.builtin.fail": {"msg": TRACEBACK}}
    ran = run(
        tmp_path, alertmanager.port, {"block": [fails], "rescue": [include("systemd_refuse.yml")]},
        botwatch_on_k3s=False, _discord_bot_home=str(tmp_path), botwatch_releases_kept=3,
        _discord_bot_archive={"digest": "v2"},
        common_release={"is_current": True, "current": "v2"},
    )  # fmt: skip
    assert ran.returncode != 0
    assert len(alertmanager.alerts) == 1
    assert json.loads(releases.read_text())["current"] == "v2"


@pytest.mark.parametrize("running", [1, 0])
def test_an_image_that_cannot_be_built_is_reported_if_a_bot_runs(
    alertmanager: Alertmanager, tmp_path: Path, running: int
) -> None:
    kubectl = tmp_path / "kubectl"
    deployment = {"kind": "Deployment", "status": {"availableReplicas": running}}
    found = json.dumps({"items": [{"kind": "Service", "spec": {}, "status": {}}, deployment]})
    kubectl.write_text(f"#!/bin/sh\necho '{found}'\n")
    kubectl.chmod(0o755)
    fails: Data = {"name": "Build", "ansible.builtin.fail": {"msg": TRACEBACK}}
    refused: Data = {"block": [fails], "rescue": [include("k3s_refuse.yml")]}
    ran = run(tmp_path, alertmanager.port, refused, botwatch_kubectl=str(kubectl))
    assert ran.returncode != 0
    assert "KeyError" in ran.output
    descriptions = [alert["annotations"]["description"] for alert in alertmanager.alerts]
    assert len(descriptions) == running
    for description in descriptions:
        assert "the running version was not touched" in description
        assert description.endswith(TRACEBACK)


def test_the_silences_of_deployments_end_and_no_others(
    alertmanager: Alertmanager, tmp_path: Path
) -> None:
    ran = run(tmp_path, alertmanager.port, "silence_expire.yml")
    assert ran.returncode == 0, ran.output
    assert sorted(alertmanager.deleted) == ["left", "made"]
    (after,) = alertmanager.silences
    assert after["matchers"][0]["value"] == "DiscordBotRestarted"


@pytest.mark.parametrize(
    ("scraped", "observability"),
    [
        ("127.0.0.1:8001/metrics", "metrics"),
        ("127.0.0.1:8000/stats", "metrics"),
        ("", "botwatch"),
        ("127.0.0.1:8000/metrics", "none"),
    ],
)
def test_the_silence_outlasts_a_run_that_changes_how_the_bot_is_observed(
    alertmanager: Alertmanager, tmp_path: Path, scraped: str, observability: str
) -> None:
    alertmanager.bot = scraped
    is_scraped = observability != "none"
    ran = run(tmp_path, alertmanager.port, "silence_expire.yml", botwatch_bot_is_scraped=is_scraped)
    assert ran.returncode == 0, ran.output
    assert "observed in another way" in ran.output
    assert alertmanager.deleted == []
    assert len(alertmanager.silences) == 1


def test_the_silence_that_was_kept_ends_when_prometheus_observes_the_bot(
    alertmanager: Alertmanager, tmp_path: Path
) -> None:
    alertmanager.bot, alertmanager.learns = "127.0.0.1:8001/metrics", "127.0.0.1:8000/metrics"
    port = alertmanager.port
    ran = run(tmp_path, port, "silence_expire.yml", discord_bot_silence_is_kept=True)
    assert ran.returncode == 0, ran.output
    assert "observed in another way" not in ran.output
    assert sorted(alertmanager.deleted) == ["left", "made"]


def test_after_a_rollback_the_bot_is_observed_as_before(
    alertmanager: Alertmanager, tmp_path: Path
) -> None:
    alertmanager.bot = "127.0.0.1:8001/metrics"
    state = {"_discord_bot_deployment_state": "rolled_back"}
    ran = run(tmp_path, alertmanager.port, "silence_expire.yml", **state)
    assert "observed in another way" not in ran.output
    assert sorted(alertmanager.deleted) == ["left", "made"]


def test_the_errors_of_a_failed_release_are_silenced_a_bit_longer(
    alertmanager: Alertmanager, tmp_path: Path
) -> None:
    run(
        tmp_path,
        alertmanager.port,
        "silence_expire.yml",
        _discord_bot_deployment_state="rolled_back",
    )
    (after,) = alertmanager.silences
    assert after["matchers"][0]["value"] == "DiscordBotRestarted|DiscordBotHighErrors"
