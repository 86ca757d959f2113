"""Watches Prometheus, Alertmanager and the bot, as anybody outside of them can."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from botwatch_sandbox import crashes
from botwatch_sandbox.fetch import Answer, FetchError, fetch
from botwatch_sandbox.jsonio import JsonObject, is_list, is_object, text_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import aiohttp

    from botwatch_sandbox.changes import Changes
    from botwatch_sandbox.drills.recorder import Recorder

ALERTS_MAX = 100
# The severity of the machinery's own alerts: they flap for ever, without notifications.
MACHINERY = "none"
REASONS_MAX = 20
# A bot that has an HTTP server answers so many seconds after it has identified itself.
ANSWERS_WITHIN_S = 5.0
REASON_MAX = 300


@dataclass(frozen=True, slots=True)
class Pace:
    """How often is looked, in seconds: while a drill runs, and else."""

    drill_s: float = 0.2
    calm_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where to look, and where people's browsers find the same (None: nowhere)."""

    bot: str
    prometheus: str
    alertmanager: str
    prometheus_public: str | None = None
    alertmanager_public: str | None = None


@dataclass(slots=True)
class Observer:
    """What was seen last.

    Attributes:
        changes: notified when something looks different.
        recorder: gets everything that a drill's record needs.
        addresses: where to look.
        pace: how often.
    """

    changes: Changes
    recorder: Recorder
    addresses: Addresses
    pace: Pace = field(default_factory=Pace)
    bot_ready: bool = False
    bot_reasons: list[str] = field(default_factory=lambda: ["The bot was not asked yet."])
    bot_crashes: int | None = None
    prometheus_up: bool = False
    alertmanager_up: bool = False
    alerts: JsonObject = field(
        default_factory=lambda: {"error": "Prometheus was not asked yet.", "items": []}
    )
    _answered_at: float | None = None
    _identified_at: float | None = None

    async def run(self, session: aiohttp.ClientSession) -> None:
        """Look at everything again and again, until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            for look in (
                self.look_at_alerts,
                self.look_at_crashes,
                self.look_at_bot,
                self.look_at_alertmanager,
            ):
                group.create_task(self._repeat(look, session))

    async def look_at_alerts(self, session: aiohttp.ClientSession) -> None:
        """Ask Prometheus which alerts it holds."""
        url = f"{self.addresses.prometheus}/api/v1/alerts"
        try:
            answer = await fetch(session, "Prometheus", url)
            items = _alerts(answer, url)
        except FetchError as error:
            self._show_alerts({"error": f"{error}; is it running?", "items": []}, up=False)
            return
        firing = [str(item["name"]) for item in items if item["state"] == "firing"]
        self.recorder.saw_alerts(firing, time.time())
        self._show_alerts({"error": None, "items": items}, up=True)

    async def look_at_crashes(self, session: aiohttp.ClientSession) -> None:
        """Ask Prometheus how often the bot crashed lately."""
        try:
            found = await crashes.count(session, self.addresses.prometheus)
        except FetchError:
            found = None
        if found != self.bot_crashes:
            self.bot_crashes = found
            self.changes.touch("status")

    async def look_at_bot(self, session: aiohttp.ClientSession) -> None:
        """Ask the bot's own /health."""
        asked_at, started_at = time.time(), None
        try:
            answer = await fetch(session, "The bot", f"{self.addresses.bot}/health")
        except FetchError as error:
            ready, reasons = False, [f"{error}; is it running?"]
        else:
            self._answered_at = time.monotonic()
            ready, reasons = answer.status == HTTPStatus.OK, _reasons(answer)
            started_at = _started_at(answer, asked_at)
        self.recorder.saw_health(
            ready=ready or not self._has_health(),
            asked_at=asked_at,
            at=time.time(),
            started_at=started_at,
        )
        if (ready, reasons) != (self.bot_ready, self.bot_reasons):
            self.bot_ready, self.bot_reasons = ready, reasons
            self.changes.touch("status")

    def saw_session(self, _: object, beginning: str) -> None:
        """Note that a bot has identified itself: it may be another one than before."""
        if beginning == "identify":
            self._identified_at = time.monotonic()

    def health(self, *, connected: bool) -> tuple[bool, list[str]]:
        """Say whether the bot is ready, and why not.

        A bot without an HTTP server is ready when it is connected.
        """
        if connected and not self._has_health():
            return True, []
        return self.bot_ready, self.bot_reasons

    def _has_health(self) -> bool:
        """Say whether the bot that identified itself last answers questions about its health."""
        answered, identified = self._answered_at, self._identified_at
        if answered is None or identified is None:
            return answered is not None
        return answered > identified or time.monotonic() - identified < ANSWERS_WITHIN_S

    async def look_at_alertmanager(self, session: aiohttp.ClientSession) -> None:
        """Ask Alertmanager whether it is ready."""
        try:
            answer = await fetch(session, "Alertmanager", f"{self.addresses.alertmanager}/-/ready")
            up = answer.status == HTTPStatus.OK
        except FetchError:
            up = False
        if up != self.alertmanager_up:
            self.alertmanager_up = up
            self.changes.touch("status")

    def _show_alerts(self, alerts: JsonObject, *, up: bool) -> None:
        if up != self.prometheus_up:
            self.prometheus_up = up
            self.changes.touch("status")
        if alerts != self.alerts:
            self.alerts = alerts
            self.changes.touch("alerts")

    async def _repeat(
        self,
        look: Callable[[aiohttp.ClientSession], Awaitable[None]],
        session: aiohttp.ClientSession,
    ) -> None:
        while True:
            await look(session)
            await self._pause()

    async def _pause(self) -> None:
        """Wait for the next look; a drill that starts meanwhile hastens it."""
        with self.changes.listen() as listener, contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.pace.calm_s):
                while not self.recorder.running:
                    await listener.next()
                await asyncio.sleep(self.pace.drill_s)


def _alerts(answer: Answer, url: str) -> list[JsonObject]:
    body = answer.json()
    data = body.get("data") if is_object(body) else None
    found = data.get("alerts") if is_object(data) else None
    if answer.status != HTTPStatus.OK or not is_list(found):
        cause = f"answers {answer.status} without a list of alerts"
        raise FetchError(who="Prometheus", url=url, cause=cause, connected=True)
    alerts = [_alert(entry) for entry in found if is_object(entry)]
    return [alert for alert in alerts if alert["severity"] != MACHINERY][:ALERTS_MAX]


def _alert(entry: JsonObject) -> JsonObject:
    labels, annotations = _strings(entry.get("labels")), _strings(entry.get("annotations"))
    return {
        "name": labels.get("alertname", ""),
        "state": text_of(entry.get("state")),
        "severity": labels.get("severity", ""),
        "summary": annotations.get("summary", ""),
        "description": annotations.get("description", ""),
        "active_at": _unix_time(text_of(entry.get("activeAt"))),
        "value": text_of(entry.get("value")),
        "labels": labels,
        "annotations": annotations,
    }


def _strings(value: object) -> dict[str, str]:
    return {key: text_of(found) for key, found in value.items()} if is_object(value) else {}


def _unix_time(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def _started_at(answer: Answer, asked_at: float) -> float | None:
    """Return when the bot's process started, at the latest; None where it does not say."""
    body = answer.json()
    uptime_s = body.get("uptime_seconds") if is_object(body) else None
    return asked_at - uptime_s if isinstance(uptime_s, int | float) else None


def _reasons(answer: Answer) -> list[str]:
    body = answer.json()
    reasons = body.get("reasons") if is_object(body) else None
    if is_list(reasons):
        return [str(reason)[:REASON_MAX] for reason in reasons[:REASONS_MAX]]
    return [] if answer.status == HTTPStatus.OK else [f"The bot's /health answers {answer.status}."]
