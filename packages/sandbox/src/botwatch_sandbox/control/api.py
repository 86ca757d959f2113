"""The control API's calls."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from botwatch_sandbox.control.bodies import (
    DiscordFaultsBody,
    FinishDrill,
    MarkDrill,
    RotateBody,
    RunDrill,
    SlackFaultsBody,
    StartDrill,
    read_body,
)
from botwatch_sandbox.control.errors import ControlError, errors_as_json
from botwatch_sandbox.drills.catalogue import CATALOGUE
from botwatch_sandbox.drills.record import DrillSpec
from botwatch_sandbox.jsonio import answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from botwatch_sandbox.control.events import Events
    from botwatch_sandbox.control.people import People
    from botwatch_sandbox.control.snapshot import Snapshot
    from botwatch_sandbox.dashboards.calls import DashboardCalls
    from botwatch_sandbox.drills.runner import OwnDrills
    from botwatch_sandbox.sinks.sinks import Sink

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ControlApi:
    """The calls.

    Attributes:
        snapshot: all parts.
        people: the calls for what people do in Discord.
        events: the event stream.
        own_drills: the drills that the page starts.
        refresh_alerts: asks Prometheus now.
        dashboards: the calls about dashboards.
    """

    snapshot: Snapshot
    people: People
    events: Events
    own_drills: OwnDrills
    refresh_alerts: Callable[[], Awaitable[None]]
    dashboards: DashboardCalls

    def app(self) -> web.Application:
        """Return the application to mount at /control."""
        app = web.Application(middlewares=[errors_as_json])
        app.add_routes(
            [
                web.get("/state", self._state),
                web.get("/events", self.events.handle),
                *self.people.routes(),
                web.post("/discord/faults", self._discord_faults),
                web.post("/slack/faults", self._slack_faults),
                web.post("/slack/rotate", self._rotate),
                web.get("/sinks/{name:[a-z0-9-]{1,40}}", self._sink),
                web.post("/drills/run", self._run_drill),
                web.post("/drills", self._start_drill),
                web.get("/drills/current", self._current_drill),
                web.post("/drills/current/mark", self._mark_drill),
                web.post("/drills/current/finish", self._finish_drill),
                *self.dashboards.routes(),
            ]
        )
        return app

    async def _state(self, _: web.Request) -> web.Response:
        return answer(self.snapshot.whole(), headers={"Cache-Control": "no-store"})

    async def _discord_faults(self, request: web.Request) -> web.Response:
        body = await read_body(request, DiscordFaultsBody)
        if not body.model_fields_set - {"via", "code", "server_status", "for_s"}:
            raise ControlError(
                400, "No fault is named; packages/sandbox/README.md lists the faults."
            )
        faults, gateway = self.snapshot.discord_faults, self.snapshot.gateway
        for name in ("rate_limit", "server_error", "slow_ms", "hold_gateway", "silent"):
            if getattr(body, name) is not None:
                setattr(faults, name, getattr(body, name))
        if body.rate_limit is not None:
            faults.via = body.via
        if body.server_error is not None:
            faults.server_status = body.server_status
        if body.reconnect:
            gateway.ask_to_reconnect()
        if body.invalid_session is not None:
            gateway.invalidate(resumable=body.invalid_session)
        if body.drop:
            gateway.drop(body.code)
        faults.expire(body.for_s)
        log.info("Discord faults: %s", body.model_dump(exclude_unset=True))
        return answer(self.snapshot.part("status"))

    async def _slack_faults(self, request: web.Request) -> web.Response:
        body = await read_body(request, SlackFaultsBody)
        faults = self.snapshot.slack_faults
        if body.sink is not None:
            faults = self._sink_of(body.sink).faults
        faults.set(body.status, body.posts, body.for_s)
        log.info("Slack faults: %s", body.model_dump())
        return answer(self.snapshot.part("status"))

    async def _rotate(self, request: web.Request) -> web.Response:
        body = await read_body(request, RotateBody)
        self.snapshot.hook.rotate(body.key, body.for_s)
        log.info("The webhook has %s key.", "its own" if body.key is None else "another")
        return answer(self.snapshot.part("status"))

    async def _sink(self, request: web.Request) -> web.Response:
        sink = self._sink_of(request.match_info["name"])
        return answer(sink.view(), headers={"Cache-Control": "no-store"})

    def _sink_of(self, name: str) -> Sink:
        sink = self.snapshot.sinks.named(name)
        if sink is None:
            raise ControlError(409, "There are too many sinks already; use one of those.")
        return sink

    async def _run_drill(self, request: web.Request) -> web.Response:
        body = await read_body(request, RunDrill)
        if body.name not in CATALOGUE:
            names = ", ".join(CATALOGUE)
            raise ControlError(400, f"There is no drill '{body.name}'; choose one of {names}.")
        await self.refresh_alerts()
        return answer(self.own_drills.start(body.name).view(), status=202)

    async def _start_drill(self, request: web.Request) -> web.Response:
        body = await read_body(request, StartDrill)
        if body.expect != "silence" and body.alert is None:
            sentence = "A drill that expects an alert needs its name; give it in 'alert'."
            raise ControlError(400, sentence)
        await self.refresh_alerts()
        spec = DrillSpec(
            body.name, body.title, body.alert, body.budget_s, body.expect, tuple(body.also)
        )
        return answer(self.snapshot.recorder.start(spec).view(), status=201)

    async def _current_drill(self, _: web.Request) -> web.Response:
        recorder = self.snapshot.recorder
        if recorder.record is None:
            raise ControlError(404, "No drill has run yet; start one with POST /control/drills.")
        recorder.contact()
        return answer(recorder.record.view(), headers={"Cache-Control": "no-store"})

    async def _mark_drill(self, request: web.Request) -> web.Response:
        body = await read_body(request, MarkDrill)
        record = self.snapshot.recorder.runners_record()
        self.snapshot.recorder.mark(body.mark, body.at)
        return answer(record.view())

    async def _finish_drill(self, request: web.Request) -> web.Response:
        body = await read_body(request, FinishDrill)
        record = self.snapshot.recorder.runners_record()
        self.snapshot.recorder.finish(ok=body.ok, error=body.error)
        return answer(record.view())
