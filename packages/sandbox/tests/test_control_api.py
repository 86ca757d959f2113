from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from botwatch_sandbox.control.guard import is_local
from botwatch_sandbox.testing.server import SECRETS, RunningSandbox, running_sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from botwatch_sandbox.app import Tuning
    from botwatch_sandbox.testing.doubles import Neighbours

POSTS = [
    "/control/discord/messages",
    "/control/discord/faults",
    "/control/slack/faults",
    "/control/drills/run",
    "/control/drills",
    "/control/drills/current/mark",
    "/control/drills/current/finish",
]


async def test_the_snapshot_has_the_agreed_shape(box: RunningSandbox) -> None:
    await box.until(lambda found: found["alerts"]["error"] is not None, "the first look")
    state = await box.state()
    assert set(state) == {"now", "status", "discord", "slack", "alerts", "drill"}
    assert set(state["status"]) == {"bot", "prometheus", "alertmanager", "sinks", "faults"}
    assert state["status"]["sinks"] == {}
    bot = state["status"]["bot"]
    assert set(bot) == {"connected", "ready", "sessions", "reasons", "crashes", "latency_ms"}
    assert (bot["connected"], bot["ready"], bot["sessions"]) == (False, False, 0)
    assert state["status"]["faults"] == {
        "discord": {
            "rate_limit": 0,
            "server_error": 0,
            "slow_ms": 0,
            "hold_gateway": False,
            "silent": False,
        },
        "slack": {"status": None, "remaining": 0, "until": None},
    }
    assert state["discord"] == {
        "guild": "botwatch",
        "channel": "general",
        "bot_name": "botwatch",
        "messages": [],
        "modal": None,
        "suggestions": [],
        "commands": [],
        "not_simulated": [],
    }
    assert state["slack"] == {"channel": "alerts", "messages": [], "refused": []}
    assert state["alerts"]["items"] == []
    assert state["drill"] is None


async def test_the_page_learns_where_browsers_find_the_monitoring(
    tuning: Tuning, around: Neighbours
) -> None:
    public = "http://127.0.0.1:19090"
    addresses = replace(around.addresses, prometheus_public=public)
    async with running_sandbox(addresses=addresses, tuning=tuning) as box:
        status = (await box.state())["status"]
    assert status["prometheus"]["url"] == public
    assert status["alertmanager"]["url"] is None


async def test_a_visitors_message_is_shown_and_keeps_its_author(box: RunningSandbox) -> None:
    path = "/control/discord/messages"
    status, first = await box.post(path, {"content": " ?ping ", "author": "you"})
    assert status == 201
    assert (first["content"], first["author"]["name"]) == ("?ping", "you")
    assert first["author"]["bot"] is False
    _, second = await box.post(path, {"content": "x" * 2000, "author": "you"})
    _, other = await box.post(path, {"content": "x", "author": "someone else"})
    assert second["author"]["id"] == first["author"]["id"] != other["author"]["id"]
    assert (await box.state())["discord"]["messages"] == [first, second, other]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/control/discord/messages", {}),
        ("/control/discord/messages", {"content": "  ", "author": "you"}),
        ("/control/discord/messages", {"content": "x" * 2001, "author": "you"}),
        ("/control/discord/messages", {"content": "x", "author": "y" * 33}),
        ("/control/discord/messages", {"content": "x", "author": "y", "extra": 1}),
        ("/control/discord/messages", {"content": 1, "author": "you"}),
        ("/control/discord/messages", []),
        ("/control/discord/faults", {}),
        ("/control/discord/faults", {"via": True}),
        ("/control/discord/faults", {"rate_limit": -1}),
        ("/control/discord/faults", {"rate_limit": True}),
        ("/control/discord/faults", {"rate_limit": "1"}),
        ("/control/discord/faults", {"slow_ms": 10**9}),
        ("/control/discord/faults", {"drop": False}),
        ("/control/discord/faults", {"drop": True, "code": 99999}),
        ("/control/discord/faults", {"explode": True}),
        ("/control/slack/faults", {"remaining": 1}),
        ("/control/slack/faults", {"status": 404, "remaining": 1}),
        ("/control/slack/faults", {"status": 429, "remaining": -1}),
        ("/control/drills/run", {"name": "unknown"}),
        ("/control/drills/run", {"name": "<script>"}),
        ("/control/drills", {"name": "x", "title": "X", "expect": "message", "alert": None}),
        ("/control/drills", {"name": "x", "title": "X", "expect": "nothing"}),
        ("/control/drills", {"name": "x", "title": "X", "expect": "silence", "budget_s": 0}),
        ("/control/drills", {"name": "x", "title": "", "expect": "silence"}),
        ("/control/drills", {"name": "x", "title": "X", "expect": "silence", "also": ["a b"]}),
        ("/control/drills", {"name": "x", "title": "X", "expect": "silence", "also": ["X"] * 11}),
        ("/control/drills/current/mark", {"mark": "broken"}),
        ("/control/drills/current/finish", {"ok": "yes"}),
    ],
)
async def test_a_bad_body_is_refused_in_one_sentence(
    box: RunningSandbox, path: str, body: object
) -> None:
    status, answer = await box.post(path, body)
    assert status == 400
    assert set(answer) == {"error"}
    assert answer["error"].endswith(".")
    assert "\n" not in answer["error"]


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b'{"at": NaN}'])
async def test_what_is_no_json_is_refused(box: RunningSandbox, data: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    url = box.url + "/control/drills/current/mark"
    async with box.session.post(url, data=data, headers=headers) as response:
        assert response.status == 400
        assert "error" in await response.json()


async def test_a_post_that_is_no_json_is_refused(box: RunningSandbox) -> None:
    for path in POSTS:
        for kind in ("text/plain", "application/x-www-form-urlencoded"):
            headers = {"Content-Type": kind}
            async with box.session.post(box.url + path, data=b"{}", headers=headers) as response:
                assert response.status == 415
                assert "application/json" in (await response.json())["error"]


@pytest.mark.parametrize("size", [70_000, 300_000])
async def test_a_large_body_is_refused(box: RunningSandbox, size: int) -> None:
    body = {"content": "x" * size, "author": "you"}
    status, answer = await box.post("/control/discord/messages", body)
    assert (status, set(answer)) == (413, {"error"})


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/control/nothing", 404),
        ("GET", "/control/", 404),
        ("GET", "/control/discord/messages", 405),
        ("POST", "/control/state", 405),
        ("GET", "/control/drills/current", 404),
    ],
)
async def test_errors_are_json(box: RunningSandbox, method: str, path: str, status: int) -> None:
    async with box.session.request(method, box.url + path) as response:
        assert response.status == status
        answer = await response.json()
        assert (set(answer), answer["error"][-1]) == ({"error"}, ".")


async def test_faults_add_up_and_answer_the_status(box: RunningSandbox) -> None:
    fault = {"rate_limit": 3, "server_error": 2, "slow_ms": 5, "hold_gateway": True}
    status, answer = await box.post("/control/discord/faults", fault)
    assert status == 200
    assert answer["faults"]["discord"] == fault | {"silent": False}
    _, answer = await box.post("/control/discord/faults", {"slow_ms": 0})
    assert answer["faults"]["discord"] == fault | {"silent": False, "slow_ms": 0}


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("http://localhost", True),
        ("http://localhost:18008", True),
        ("https://localhost:18008", True),
        ("http://127.0.0.1:1", True),
        ("http://127.8.9.10", True),
        ("http://[::1]:8008", True),
        ("http://evil.example:8008", False),
        ("http://localhost.evil.example", False),
        ("http://192.168.0.1:8008", False),
        ("http://0.0.0.0:8008", False),
        ("http://user@localhost", False),
        ("http://localhost:99999", False),
        ("http://", False),
        ("null", False),
        ("file://localhost", False),
    ],
)
def test_only_loopback_addresses_are_local(address: str, *, local: bool) -> None:
    assert is_local(address) is local


async def test_foreign_pages_are_kept_out(box: RunningSandbox) -> None:
    foreign = "http://evil.example"
    for path in ("/control/state", "/control/events", "/", "/static/app.js"):
        for headers, allowed in (
            ({"Host": "localhost:1"}, True),
            ({"Origin": "http://localhost:3000"}, True),
            ({"Host": "evil.example"}, False),
            ({"Origin": foreign}, False),
            ({"Origin": foreign, "Host": "localhost"}, False),
        ):
            async with box.session.get(box.url + path, headers=headers) as response:
                assert response.status == (200 if allowed else 403)
                assert allowed or set(await response.json()) == {"error"}
    headers = {"Origin": foreign, "Content-Type": "application/json"}
    for path in POSTS:
        async with box.session.post(box.url + path, data=b"{}", headers=headers) as response:
            assert response.status == 403


@pytest.mark.parametrize("path", ["/gateway?v=10", "/api/v10/gateway", "/services/T/B/X"])
async def test_the_stand_ins_take_any_host_but_no_foreign_page(
    box: RunningSandbox, path: str
) -> None:
    method = "POST" if path.startswith("/services") else "GET"
    async with box.session.request(
        method, box.url + path, headers={"Host": "sandbox.demo"}
    ) as response:
        assert response.status != 403
    async with box.session.request(
        method, box.url + path, headers={"Origin": "http://evil.example"}
    ) as response:
        assert response.status == 403


async def test_the_page_comes_under_a_strict_policy(box: RunningSandbox) -> None:
    for path, kind in (("/", "text/html"), ("/static/app.js", "javascript")):
        async with box.session.get(box.url + path) as response:
            assert response.status == 200
            assert kind in response.headers["Content-Type"]
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/secret", "/static/nothing.js", "/static/"]
)
async def test_nothing_but_the_page_is_served(box: RunningSandbox, static: Path, path: str) -> None:
    (static.parent / "secret").write_text("x")
    async with box.session.get(box.url + path) as response:
        assert response.status in {403, 404}


async def test_a_missing_page_is_reported(tuning: Tuning, tmp_path: Path) -> None:
    async with (
        running_sandbox(tuning=replace(tuning, static=tmp_path / "none")) as box,
        box.session.get(box.url) as response,
    ):
        assert response.status == 404
        assert "install" in await response.text()


async def test_the_packaged_page_is_complete() -> None:
    async with running_sandbox() as box:
        async with box.session.get(box.url) as response:
            page = await response.text()
        parts = re.findall(r'(?:src|href)="(/?static/[^"]+)"', page)
        assert parts
        for part in parts:
            async with box.session.get(f"{box.url}/{part.lstrip('/')}") as response:
                assert response.status == 200, part


async def test_alerts_are_shown_as_prometheus_holds_them(
    drill_box: RunningSandbox, around: Neighbours
) -> None:
    around.prometheus.alerts = {"DiscordBotDown": "pending"}
    state = await drill_box.until(lambda found: found["alerts"]["items"] != [], "the alert")
    assert state["alerts"]["error"] is None
    assert state["alerts"]["items"] == [
        {
            "name": "DiscordBotDown",
            "state": "pending",
            "severity": "critical",
            "summary": "DiscordBotDown fires.",
            "description": "Look at it.",
            "active_at": pytest.approx(1763831580.123456),
            "value": "1e+00",
            "labels": {
                "alertname": "DiscordBotDown",
                "severity": "critical",
                "service": "discord-bot",
            },
            "annotations": {"summary": "DiscordBotDown fires.", "description": "Look at it."},
        }
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"busy", 503),
        (b"{", 200),
        (b"[]", 200),
        (b'{"data": {"alerts": 5}}', 200),
        (b"x" * (1024 * 1024 + 1), 200),
        (b"[" * 100_000, 200),
    ],
)
async def test_a_broken_prometheus_is_reported(
    drill_box: RunningSandbox, around: Neighbours, body: bytes, status: int
) -> None:
    around.prometheus.body, around.prometheus.status = body, status
    state = await drill_box.until(
        lambda found: not found["status"]["prometheus"]["up"], "Prometheus' fault"
    )
    assert state["alerts"]["items"] == []
    assert state["alerts"]["error"].startswith("Prometheus at http://127.0.0.1")
    around.prometheus.body, around.prometheus.status = None, 200
    await drill_box.until(lambda found: found["status"]["prometheus"]["up"], "its recovery")


async def test_alerts_of_the_machinery_are_not_shown(
    drill_box: RunningSandbox, around: Neighbours
) -> None:
    around.prometheus.severities = {"Watchdog": "none"}
    around.prometheus.alerts = {"Watchdog": "firing", "DiscordBotDown": "pending"}
    state = await drill_box.until(lambda found: found["alerts"]["items"] != [], "the alert")
    assert [alert["name"] for alert in state["alerts"]["items"]] == ["DiscordBotDown"]


async def test_strange_alerts_do_no_harm(drill_box: RunningSandbox, around: Neighbours) -> None:
    strange: list[Any] = [{}, 5, {"labels": [], "annotations": 1, "activeAt": "then", "value": 2}]
    around.prometheus.body = json.dumps({"data": {"alerts": strange * 60}}).encode()
    state = await drill_box.until(lambda found: found["alerts"]["items"] != [], "the alerts")
    assert len(state["alerts"]["items"]) <= 100
    assert state["alerts"]["items"][0]["active_at"] is None


async def test_the_health_of_bot_and_alertmanager_is_shown(
    drill_box: RunningSandbox, around: Neighbours
) -> None:
    around.bot.reasons = ["the gateway is down", "x" * 5000]
    around.prometheus.alertmanager_status = 503
    state = await drill_box.until(
        lambda found: (
            not found["status"]["bot"]["ready"] and not found["status"]["alertmanager"]["up"]
        ),
        "the fault",
    )
    assert state["status"]["bot"]["reasons"][0] == "the gateway is down"
    assert len(state["status"]["bot"]["reasons"][1]) <= 300


@pytest.mark.parametrize(
    ("counted", "shown"), [("2.0100334448160535", 2), ("0", 0), ("NaN", None), (None, None)]
)
async def test_the_crashes_that_prometheus_counted_are_shown(
    drill_box: RunningSandbox, around: Neighbours, counted: str | None, shown: int | None
) -> None:
    around.prometheus.crashes = "1"
    await drill_box.until(lambda found: found["status"]["bot"]["crashes"] == 1, "one crash")
    # A bot without botwatch does not count its crashes.
    assert (
        'node_systemd_service_restart_total{job="discord-bot-unit"}' in around.prometheus.asked_now
    )
    around.prometheus.crashes = counted
    await drill_box.until(lambda found: found["status"]["bot"]["crashes"] == shown, f"{counted}")


async def test_without_prometheus_the_crashes_are_not_known(box: RunningSandbox) -> None:
    assert (await box.state())["status"]["bot"]["crashes"] is None


async def test_a_bot_that_is_away_is_reported(box: RunningSandbox) -> None:
    state = await box.until(
        lambda found: "cannot be reached" in found["status"]["bot"]["reasons"][0], "the reason"
    )
    assert "127.0.0.1:9" in state["status"]["bot"]["reasons"][0]


async def test_no_secret_is_in_any_answer_or_repr(box: RunningSandbox) -> None:
    shown = json.dumps(await box.state()) + repr(box.sandbox) + repr(SECRETS)
    for secret in (SECRETS.discord_token, SECRETS.slack_path, SECRETS.drill_token or "none"):
        assert secret not in shown
