from __future__ import annotations

import json
import subprocess
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from botwatch_drill.control import ControlError
from botwatch_drill.host import HostError
from botwatch_drill.host_observer import Addresses, Bot, HostLook, Rule, alert_rules, bot_in
from botwatch_drill.terms import Observability

ADDRESSES = Addresses("http://bot", "http://prometheus", "http://alertmanager")


def answer(value: str) -> str:
    """Say a number as Prometheus does; '' is none."""
    return json.dumps({"data": {"result": [{"value": [0, value]}] if value else []}})


@dataclass
class Host:
    """Answers what a test says."""

    firing: list[str] = field(default_factory=list)
    sent: int = 5
    failed: int = 0
    to_probe: int = 0
    crashes: str = "2.02"
    away: list[str] = field(default_factory=list)
    uptime_s: float | None = 60.0
    running: str | None = None
    script: str = ""

    def sh(self, script: str) -> str:
        self.script = script
        alerts = [
            {"labels": {"alertname": name, "service": "node"}, "state": "firing"}
            for name in self.firing
        ]
        watchdog = {"labels": {"alertname": "Watchdog", "severity": "none"}, "state": "firing"}
        name = "alertmanager_notifications"
        metrics = (
            f'{name}_total{{integration="slack"}} {self.sent}\n'
            f'{name}_total{{integration="webhook"}} {self.to_probe}\n'
            f'{name}_failed_total{{integration="slack"}} {self.failed}\n'
        )
        seen: dict[str, Any] = {
            "now": 1000.0,
            "ready": "bot" not in self.away if self.running is None else answer(self.running),
            "health": json.dumps({"uptime_seconds": self.uptime_s}),
            "alerts": json.dumps({"data": {"alerts": [*alerts, watchdog]}}),
            "crashes": answer(self.crashes),
            "metrics": metrics,
        }
        return json.dumps({**seen, **dict.fromkeys(set(self.away) - {"bot"})})

    def restart(self) -> None:
        raise NotImplementedError


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def look(host: Host) -> HostLook:
    return HostLook(host, ADDRESSES)


def sent(look: HostLook) -> list[tuple[str | None, str]]:
    return [(entry.state, entry.words) for entry in look().notifications]


def test_what_is_seen_on_a_host(host: Host, look: HostLook) -> None:
    host.firing = ["DiskFull"]
    seen = look()
    assert (seen.now, seen.problems, seen.crashes) == (1000.0, (), 2)
    assert seen.firing == {"DiskFull"}
    assert "http://bot http://prometheus http://alertmanager" in host.script


def test_a_notification_is_about_what_has_changed(host: Host, look: HostLook) -> None:
    host.firing = ["DiskFull"]
    assert sent(look) == []  # it fired before anybody looked
    host.firing = ["DiskFull", "DiscordBotDown"]
    assert sent(look) == []  # nothing was sent
    host.sent += 1
    assert sent(look) == [("firing", "DiscordBotDown")]
    host.firing = ["DiskFull"]
    host.sent += 1
    assert sent(look)[1:] == [("resolved", "DiscordBotDown")]


def test_what_failed_or_went_to_the_probe_counts_for_nobody(host: Host, look: HostLook) -> None:
    look()
    host.firing, host.sent, host.failed, host.to_probe = ["DiskFull"], 7, 2, 9
    assert sent(look) == []


@pytest.mark.parametrize(
    ("away", "problem"),
    [
        ("bot", "the bot is not ready"),
        ("alerts", "Prometheus does not answer"),
        ("metrics", "Alertmanager does not answer"),
    ],
)
def test_what_does_not_answer_is_a_problem(
    host: Host, look: HostLook, away: str, problem: str
) -> None:
    host.away = [away]
    assert look().problems == (problem,)


def test_a_host_that_cannot_be_asked(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: Host, script: str) -> str:
        raise HostError(script[:7])

    monkeypatch.setattr(Host, "sh", gone)
    with pytest.raises(ControlError, match="the host cannot be asked: python3"):
        HostLook(host, ADDRESSES)()


def test_since_when_the_bot_runs_is_seen_where_it_says_so(look: HostLook, host: Host) -> None:
    assert look().started_at == 940.0
    host.uptime_s = None
    assert look().started_at is None
    host.away = ["health"]
    assert look().started_at is None


@pytest.mark.parametrize(
    ("observability", "asked"),
    [("metrics", "up{job='\"'\"'discord-bot"), ("none", "container='\"'\"'my-bot")],
)
def test_of_a_bot_without_readiness_prometheus_says_whether_it_runs(
    host: Host, observability: Observability, asked: str
) -> None:
    look = HostLook(host, ADDRESSES, Bot("my-bot", observability))
    for host.running, ready in (("1", True), ("0", False), ("", False)):
        assert look().ready is ready
        assert look().problems == (() if ready else ("the bot is not ready",))
    assert asked in host.script


class Prometheus(BaseHTTPRequestHandler):
    """Has one rule."""

    def do_GET(self) -> None:
        rule = (
            {"name": "DiscordBotDown", "query": "up", "labels": {"bot": "my-bot"}}
            if self.path == "/api/v1/rules?type=alert"
            else {}
        )
        body = json.dumps({"data": {"groups": [{"rules": [rule]}]}}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)


class ThisHost(Host):
    """Runs the scripts here."""

    def sh(self, script: str) -> str:
        command = ["sh", "-ec", script]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_alerts_with_rules_are_read_on_the_host(host: Host) -> None:
    with HTTPServer(("127.0.0.1", 0), Prometheus) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        assert alert_rules(ThisHost(), address) == (Rule("DiscordBotDown", "up", "my-bot"),)
        server.shutdown()
    assert alert_rules(ThisHost(), address) == ()
    assert alert_rules(host, address) == ()


@pytest.mark.parametrize(
    ("down", "crashes", "observability"),
    [
        ('absent(up{job="discord-bot"} == 1)', "discord_bot_crashes_total", "botwatch"),
        ('absent(up{job="discord-bot"} == 1)', "node_systemd_service_restart_total", "metrics"),
        ("absent(node_systemd_unit_state == 1)", "node_systemd_service_restart_total", "none"),
    ],
)
def test_the_rules_say_which_bot_there_is_and_what_is_known_of_it(
    down: str, crashes: str, observability: Observability
) -> None:
    rules = [
        Rule("NodeDown"),
        Rule("DiscordBotDown", down, "my-bot"),
        Rule("DiscordBotCrashLooping", crashes, "my-bot"),
    ]
    assert bot_in(rules) == Bot("my-bot", observability)
    assert bot_in([]) == Bot("discord-bot", "botwatch")
