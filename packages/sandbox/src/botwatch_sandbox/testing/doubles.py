"""Doubles of the bot, Prometheus and Alertmanager, as far as the sandbox asks them."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from botwatch_sandbox.jsonio import answer
from botwatch_sandbox.observer import Addresses
from botwatch_sandbox.testing.server import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass(slots=True)
class BotDouble:
    """A bot whose health a test sets, and that counts what is done to it.

    Attributes:
        token: the drill token it asks for.
        reasons: why it is not ready; none means ready.
        errors: calls of /test-error so far.
        crashes: calls of /test-crash so far.
        error_status: what /test-error answers.
        uptime_s: since when it says that it runs, in seconds; None where it does not say.
        answers: whether it says anything about its health.
    """

    token: str
    reasons: list[str] = field(default_factory=list)
    errors: int = 0
    crashes: int = 0
    error_status: int = 200
    uptime_s: float | None = None
    answers: bool = True

    def app(self) -> web.Application:
        """Return the double's application."""
        app = web.Application()
        app.router.add_get("/health", self._health)
        app.router.add_post("/test-error", self._error)
        app.router.add_post("/test-crash", self._crash)
        return app

    async def _health(self, request: web.Request) -> web.Response:
        if not self.answers and request.transport is not None:
            request.transport.abort()
        status = "degraded" if self.reasons else "ok"
        body: dict[str, object] = {"status": status, "reasons": self.reasons, "gateway": {}}
        if self.uptime_s is not None:
            body["uptime_seconds"] = self.uptime_s
        return answer(body, status=503 if self.reasons else 200)

    async def _error(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            raise web.HTTPNotFound
        self.errors += 1
        return answer({"errors": self.errors}, status=self.error_status)

    async def _crash(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            raise web.HTTPNotFound
        self.crashes += 1
        self.reasons = ["starting"]
        if request.transport is not None:
            request.transport.abort()
        return answer({})


@dataclass(slots=True)
class PrometheusDouble:
    """A Prometheus that holds the alerts a test gives it, and Alertmanager's readiness.

    Attributes:
        alerts: name and state of every alert.
        severities: of alerts whose severity is not critical, by name.
        body: answered instead of the alerts, when set.
        status: the HTTP status of the alerts.
        crashes: what a question for the bot's crashes gets; None: no sample.
        alertmanager_status: the HTTP status of /-/ready.
        series: the labels of what a question over a time gets; each is 1 at every moment.
        asked: the questions over a time so far.
        asked_now: the latest question about a moment.
    """

    alerts: dict[str, str] = field(default_factory=dict)
    severities: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    status: int = 200
    crashes: str | None = "0"
    alertmanager_status: int = 200
    series: list[dict[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    asked_now: str = ""

    def app(self) -> web.Application:
        """Return the double's application."""
        app = web.Application()
        app.router.add_get("/api/v1/alerts", self._alerts)
        app.router.add_get("/api/v1/query", self._query)
        app.router.add_get("/api/v1/query_range", self._query_range)
        app.router.add_get("/-/ready", self._ready)
        return app

    async def _query(self, request: web.Request) -> web.Response:
        self.asked_now = request.query["query"]
        samples = [] if self.crashes is None else [{"value": [1_800_000_000.0, self.crashes]}]
        return answer({"status": "success", "data": {"result": samples}})

    async def _query_range(self, request: web.Request) -> web.Response:
        self.asked.append(request.query["query"])
        start, end, step = (int(request.query[name]) for name in ("start", "end", "step"))
        values = [[time, "1"] for time in range(start, end + 1, step)]
        result = [{"metric": labels, "values": values} for labels in self.series]
        return answer({"status": "success", "data": {"result": result}})

    async def _alerts(self, _: web.Request) -> web.Response:
        if self.body is not None:
            return web.Response(body=self.body, status=self.status)
        alerts = [
            {
                "labels": {
                    "alertname": name,
                    "severity": self.severities.get(name, "critical"),
                    "service": "discord-bot",
                },
                "annotations": {"summary": f"{name} fires.", "description": "Look at it."},
                "state": state,
                "activeAt": "2025-11-22T17:13:00.123456789Z",
                "value": "1e+00",
            }
            for name, state in self.alerts.items()
        ]
        return answer({"status": "success", "data": {"alerts": alerts}}, status=self.status)

    async def _ready(self, _: web.Request) -> web.Response:
        return web.Response(status=self.alertmanager_status)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The doubles while they run."""

    bot: BotDouble
    prometheus: PrometheusDouble
    addresses: Addresses


@asynccontextmanager
async def neighbours(token: str) -> AsyncIterator[Neighbours]:
    """Run the doubles while the block runs."""
    bot, prometheus = BotDouble(token), PrometheusDouble()
    async with AsyncExitStack() as stack:
        bot_url = await stack.enter_async_context(serving(bot.app()))
        prometheus_url = await stack.enter_async_context(serving(prometheus.app()))
        yield Neighbours(bot, prometheus, Addresses(bot_url, prometheus_url, prometheus_url))
