"""The bot's life: web server first, then Discord, then an orderly end."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Any

import structlog

from botwatch.exits import ExitCode, FatalError
from botwatch.faults import Faults
from botwatch.metrics import ErrorType
from botwatch.services import take_over
from botwatch.systemd import Notifier
from botwatch.web.app import create_app
from botwatch.web.server import WebServer
from botwatch_bot import version
from botwatch_bot.services import Services

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch.runs import Run
    from botwatch.stopping import StopRequest
    from botwatch_bot.gateway.session import Session
    from botwatch_bot.secret_files import Secrets
    from botwatch_bot.settings import Settings

_log = structlog.get_logger(__name__)

TICK_SECONDS = 1.0

_SWITCH_SECONDS = 0.0002
"""So long the event loop may keep a web thread waiting; Python's own 5 ms show in /metrics."""


@dataclass(frozen=True, slots=True)
class Process:
    """What the bot's life has around it: who watches it, ends it, asks it and breaks it."""

    notifier: Notifier
    stop: StopRequest
    web: WebServer
    faults: Faults


def run(settings: Settings, secrets: Secrets, stop: StopRequest, this_run: Run) -> None:
    """Run the bot until a signal asks it to stop.

    Raises:
        FatalError: the port is busy, or Discord refuses the bot.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    services = Services.create(settings)
    take_over(this_run, services.metrics, services.health)
    notifier = Notifier()
    faults = Faults(this_run)
    web = WebServer(
        create_app(services.health, services.metrics, secrets.drill_token, faults),
        str(settings.listen_address),
        settings.listen_port,
    )
    web.start()
    notifier.ready()
    _log.info(
        "botwatch listens",
        version=version(),
        address=str(settings.listen_address),
        port=settings.listen_port,
    )
    try:
        process = Process(notifier, stop, web, faults)
        asyncio.run(_live(services, secrets, process))
    finally:
        web.close()


async def _live(services: Services, secrets: Secrets, process: Process) -> None:
    asyncio.get_running_loop().set_exception_handler(_count_and_log(services))
    session = _make_session(services, secrets)
    process.faults.attach(session.drop_connections)
    tasks = [
        asyncio.create_task(_tick(services, session, process), name="tick"),
        asyncio.create_task(session.run(), name="session"),
        asyncio.create_task(process.stop.wait(), name="stop"),
    ]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    _log.info("stopping")
    process.notifier.stopping()
    services.gateway.stop()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def _make_session(services: Services, secrets: Secrets) -> Session:
    from botwatch_bot.gateway.session import Session  # noqa: PLC0415 - discord.py loads slowly

    return Session(services, secrets.discord_token, secrets.proxy)


async def _tick(services: Services, session: Session, process: Process) -> None:
    """Prove once a second that the event loop runs, and refresh what no event announces."""
    while True:
        began = time.perf_counter()
        process.web.check()
        services.pulse.beat()
        services.metrics.heartbeat.set_to_current_time()
        session.sample()
        _publish(services)
        reasons = services.gateway.reasons()
        process.notifier.status(reasons[0] if reasons else "connected to Discord")
        process.notifier.alive()
        _end_if_disconnected(services)
        late = began + TICK_SECONDS
        await asyncio.sleep(max(0.0, late - time.perf_counter()))
        services.metrics.loop_lag.observe(max(0.0, time.perf_counter() - late))


def _end_if_disconnected(services: Services) -> None:
    """End the bot when it has been without Discord for too long.

    Raises:
        FatalError: it has; a new process is the last remedy left.
    """
    patience = services.settings.gateway_patience
    if patience and services.gateway.disconnected_seconds() > patience:
        reason = services.gateway.reasons()[0]
        message = (
            f"not fully connected to Discord for {patience} s (BOT_GATEWAY_PATIENCE): {reason}"
        )
        _log.critical("giving up, so that the bot is restarted", why=reason, seconds=patience)
        raise FatalError(ExitCode.DISCONNECTED, message)


def _publish(services: Services) -> None:
    latency = services.gateway.latency
    services.metrics.gateway_latency.set(nan if latency is None else latency)
    event_age = services.gateway.last_event_age()
    if event_age is not None:
        services.metrics.last_event.set(time.time() - event_age)
    services.metrics.ready.set(services.gateway.ready)
    services.counter.refresh()


def _count_and_log(
    services: Services,
) -> Callable[[asyncio.AbstractEventLoop, dict[str, Any]], None]:
    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        del loop
        services.metrics.errors.labels(ErrorType.INTERNAL).inc()
        _log.error("event loop: " + context["message"], exc_info=context.get("exception"))

    return handle
