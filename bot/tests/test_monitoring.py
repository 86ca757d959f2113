"""Asking Prometheus and Alertmanager: on real sockets, with answers of every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from botwatch_bot.monitoring import http
from botwatch_bot.monitoring.alertmanager import Alertmanager
from botwatch_bot.monitoring.http import MonitoringError
from botwatch_bot.monitoring.prometheus import Prometheus

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Server:
    """Gives one answer to every request, and keeps what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.answer: object = {}
        self.asked: list[tuple[str, dict[str, str], Any]] = []

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        self.asked.append((request.path, dict(request.query), body))
        if isinstance(self.answer, str):
            return web.Response(text=self.answer, status=self.status)
        return web.json_response(self.answer, status=self.status)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}"
    yield server
    await runner.cleanup()


class TestPrometheus:
    @pytest.mark.parametrize(
        ("result", "value"),
        [
            ([{"value": [1, "0.25"]}], 0.25),
            ([], None),
            ([{"value": [1, "NaN"]}], None),
            ([{"value": [1, "+Inf"]}], None),
        ],
    )
    async def test_a_value_is_a_number_or_none(
        self, server: Server, result: list[Any], value: float | None
    ) -> None:
        server.answer = {"data": {"result": result}}
        assert await Prometheus(server.url).value("up") == value
        assert server.asked == [("/api/v1/query", {"query": "up"}, None)]

    async def test_knows_the_names_of_alerts(self, server: Server) -> None:
        server.answer = {"data": {"groups": [{"rules": [{"name": "A"}, {"name": "B"}]}]}}
        assert await Prometheus(server.url).alert_names() == {"A", "B"}

    @pytest.mark.parametrize("answer", [[], {}, {"data": None}, {"data": {"result": [7]}}, "<p>"])
    async def test_an_answer_of_another_kind_is_reported(
        self, server: Server, answer: object
    ) -> None:
        server.answer = answer
        with pytest.raises(MonitoringError, match="Prometheus answered something"):
            await Prometheus(server.url).value("up")
        with pytest.raises(MonitoringError, match="Prometheus answered something"):
            await Prometheus(server.url).alert_names()


class TestAlertmanager:
    async def test_lists_what_fires_with_the_latest_first(self, server: Server) -> None:
        server.answer = [
            {"labels": {"alertname": "A"}, "startsAt": "2025-01-01T00:00:00.000Z"},
            {
                "labels": {"alertname": "B", "severity": "critical"},
                "annotations": {"summary": "It is down."},
                "startsAt": "2025-01-01T00:01:00+00:00",
            },
        ]
        latest, first = await Alertmanager(server.url).firing()
        assert (latest.name, latest.severity, latest.summary) == ("B", "critical", "It is down.")
        assert (first.name, first.severity, first.since) == ("A", "", 1735689600)
        assert server.asked[0][1] == {"active": "true", "silenced": "false", "inhibited": "false"}

    async def test_a_silence_names_one_alert_exactly(self, server: Server) -> None:
        server.answer = {"silenceID": "one"}
        given = await Alertmanager(server.url).silence("A", 60, "someone", "why")
        assert given == "one"
        ((path, _, body),) = server.asked
        assert path == "/api/v2/silences"
        assert body["matchers"] == [
            {"name": "alertname", "value": "A", "isRegex": False, "isEqual": True}
        ]
        assert (body["createdBy"], body["comment"]) == ("someone", "why")
        assert body["startsAt"] < body["endsAt"]

    @pytest.mark.parametrize("answer", [7, [7], [{}], [{"labels": {}}], "<p>"])
    async def test_an_answer_of_another_kind_is_reported(
        self, server: Server, answer: object
    ) -> None:
        server.answer = answer
        with pytest.raises(MonitoringError, match="Alertmanager answered something"):
            await Alertmanager(server.url).firing()
        with pytest.raises(MonitoringError, match="Alertmanager answered something"):
            await Alertmanager(server.url).silence("A", 60, "someone", "why")


class TestAway:
    async def test_an_error_is_reported_with_its_status(self, server: Server) -> None:
        server.status = 503
        with pytest.raises(MonitoringError, match="answered with an error: 503"):
            await Prometheus(server.url).value("up")

    async def test_nobody_there_is_reported(self, free_port: int) -> None:
        with pytest.raises(MonitoringError, match="Prometheus cannot be reached"):
            await Prometheus(f"http://127.0.0.1:{free_port}").value("up")

    async def test_a_slow_one_is_not_waited_for(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(http, "SECONDS", 1e-6)
        with pytest.raises(MonitoringError, match="did not answer in time"):
            await Prometheus(server.url).value("up")
