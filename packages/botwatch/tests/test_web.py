"""The HTTP side on a real server: probes, metrics, drills, and a busy port."""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from waitress import wasyncore

from botwatch.exits import ExitCode, FatalError
from botwatch.faults import Faults
from botwatch.health import MAX_HEARTBEAT_AGE
from botwatch.runs import Run
from botwatch.web.app import create_app
from botwatch.web.server import WebServer, WebServerEndedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botwatch.services import Services

DRILL_TOKEN = "drill-token"
DETAIL = "inner detail"
CLOSE_SECONDS = 5.0


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.text)
        return parsed


@dataclass
class Web:
    port: int

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        answer = Answer(response.status, dict(response.getheaders()), response.read().decode())
        connection.close()
        return answer


@pytest.fixture
def web(services: Services, free_port: int) -> Iterator[Web]:
    app = create_app(services.health, services.metrics, DRILL_TOKEN, Faults(Run()))
    server = WebServer(app, "127.0.0.1", free_port)
    server.start()
    yield Web(free_port)
    server.close()


def make_ready(services: Services) -> None:
    services.gateway.shard_up(0)
    services.gateway.sample(0, 0.02, socket_open=True)


class TestProbes:
    def test_alive_but_not_ready_before_discord(self, web: Web) -> None:
        assert web.ask("/livez").json == {"status": "ok", "reasons": []}
        for path in ("/readyz", "/health"):
            answer = web.ask(path)
            assert answer.status == 503
            assert answer.json["status"] == "degraded"
            assert answer.json["reasons"] == ["the bot is starting"]

    def test_ready_with_a_gateway(self, web: Web, services: Services) -> None:
        make_ready(services)
        assert web.ask("/readyz").status == 200
        answer = web.ask("/health")
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json["status"] == "ok"
        assert answer.json["gateway"]["latency_ms"] == 20.0

    def test_not_alive_when_the_loop_is_stuck(
        self, web: Web, services: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_ready(services)
        monkeypatch.setattr(services.pulse, "_last", services.pulse._last - MAX_HEARTBEAT_AGE - 1)
        assert web.ask("/livez").status == 503
        assert web.ask("/health").status == 503

    def test_a_probe_changes_nothing(self, web: Web, value: Callable[..., float | None]) -> None:
        before = value("heartbeat_timestamp_seconds")
        web.ask("/health")
        web.ask("/metrics")
        assert value("heartbeat_timestamp_seconds") == before


class TestMetrics:
    def test_are_served_as_text(self, web: Web) -> None:
        answer = web.ask("/metrics")
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert 'discord_bot_errors_total{error_type="drill"} 0.0' in answer.text

    def test_are_served_as_openmetrics_on_request(self, web: Web) -> None:
        answer = web.ask("/metrics", Accept="application/openmetrics-text; version=1.0.0")
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
        assert answer.text.rstrip().endswith("# EOF")


class TestDrills:
    @pytest.mark.parametrize(
        "path",
        ["/test-error", "/test-crash", "/test-hang", "/test-memory", "/test-gateway-drop"],
    )
    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": f"Basic {DRILL_TOKEN}"},
            {"Authorization": f"Bearer {DRILL_TOKEN}x"},
            {"Authorization": "Bearer drill-tök"},
        ],
    )
    def test_look_absent_without_the_token(
        self,
        web: Web,
        value: Callable[..., float | None],
        path: str,
        method: str,
        headers: dict[str, str],
    ) -> None:
        answer = web.ask(path, method, **headers)
        assert (answer.status, answer.text) == (404, web.ask("/nothing-here", method).text)
        assert value("errors_total", error_type="drill") == 0

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_an_error_is_counted(
        self, web: Web, value: Callable[..., float | None], method: str
    ) -> None:
        answer = web.ask("/test-error", method, Authorization=f"Bearer {DRILL_TOKEN}")
        assert (answer.status, answer.json) == (200, {"counted": "drill"})
        assert value("errors_total", error_type="drill") == 1

    @pytest.mark.parametrize("path", ["/test-hang", "/test-gateway-drop"])
    def test_what_is_not_there_cannot_be_broken(self, web: Web, path: str) -> None:
        answer = web.ask(path, "POST", Authorization=f"Bearer {DRILL_TOKEN}")
        assert answer.status == 503
        assert answer.json["error"].startswith(("no event loop", "there is no connection"))

    @pytest.mark.parametrize(
        "seconds", ["0", "-1", "1.5", "121", "9" * 100, "", "abc", "%D9%A3", "1%00"]
    )
    def test_a_hang_has_bounds(self, web: Web, seconds: str) -> None:
        answer = web.ask(f"/test-hang?seconds={seconds}", Authorization=f"Bearer {DRILL_TOKEN}")
        assert (answer.status, answer.json) == (
            400,
            {"error": "seconds must be a whole number from 1 to 120"},
        )

    @pytest.mark.parametrize(
        ("asked", "bounds"),
        [
            ("mebibytes=513", "mebibytes must be a whole number from 0 to 512"),
            ("mebibytes=-1", "mebibytes must be a whole number from 0 to 512"),
            ("seconds=0", "seconds must be a whole number from 1 to 600"),
            ("mebibytes=1&seconds=601", "seconds must be a whole number from 1 to 600"),
        ],
    )
    def test_growth_has_bounds(self, web: Web, asked: str, bounds: str) -> None:
        answer = web.ask(f"/test-memory?{asked}", Authorization=f"Bearer {DRILL_TOKEN}")
        assert (answer.status, answer.json) == (400, {"error": bounds})

    def test_are_absent_where_no_token_is_configured(self, services: Services) -> None:
        from werkzeug.test import Client  # noqa: PLC0415 - for this test alone

        client = Client(create_app(services.health, services.metrics, None, Faults(Run())))
        headers = {"Authorization": f"Bearer {DRILL_TOKEN}"}
        assert client.get("/test-error", headers=headers).status_code == 404


class TestFaults:
    def test_an_unknown_path_is_no_error_of_ours(
        self, web: Web, value: Callable[..., float | None]
    ) -> None:
        assert web.ask("/nope").status == 404
        assert web.ask("/health", "DELETE").status == 405
        assert value("errors_total", error_type="web") == 0

    @pytest.mark.parametrize("path", ["/health", "/metrics"])
    def test_a_bug_is_counted_and_shown_without_details(
        self,
        web: Web,
        services: Services,
        value: Callable[..., float | None],
        monkeypatch: pytest.MonkeyPatch,
        path: str,
    ) -> None:
        def broken() -> None:
            raise ZeroDivisionError(DETAIL)

        monkeypatch.setattr(services.gateway, "reasons", broken)
        monkeypatch.setattr(services.gateway, "shards", broken)
        answer = web.ask(path)
        assert answer.status == 500
        assert DETAIL not in answer.text
        assert value("errors_total", error_type="web") == 1


class TestServer:
    def test_a_busy_port_is_reported_to_the_caller(self, services: Services) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            app = create_app(services.health, services.metrics, None, Faults(Run()))
            with pytest.raises(FatalError, match=f"port {port} on 127.0.0.1 is busy") as refused:
                WebServer(app, "127.0.0.1", port)
        assert refused.value.code is ExitCode.PORT_BUSY

    def test_an_address_of_another_machine_is_a_bad_setting(
        self, services: Services, free_port: int
    ) -> None:
        app = create_app(services.health, services.metrics, None, Faults(Run()))
        with pytest.raises(FatalError, match="BOTWATCH_LISTEN_ADDRESS") as refused:
            WebServer(app, "192.0.2.1", free_port)
        assert refused.value.code is ExitCode.BAD_SETTINGS

    def test_a_server_that_fails_says_so_when_it_is_checked(
        self, services: Services, free_port: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(**_: object) -> None:
            raise ZeroDivisionError

        app = create_app(services.health, services.metrics, None, Faults(Run()))
        server = WebServer(app, "127.0.0.1", free_port)
        server.check()
        monkeypatch.setattr(wasyncore, "loop", broken)
        server.start()
        server._thread.join(CLOSE_SECONDS)
        with pytest.raises(WebServerEndedError) as ended:
            server.check()
        assert isinstance(ended.value.__cause__, ZeroDivisionError)
        server.close()

    def test_closing_frees_the_port(self, services: Services, free_port: int) -> None:
        for _ in range(2):
            app = create_app(services.health, services.metrics, None, Faults(Run()))
            server = WebServer(app, "127.0.0.1", free_port)
            server.start()
            assert Web(free_port).ask("/livez").status == 200
            server.close()
