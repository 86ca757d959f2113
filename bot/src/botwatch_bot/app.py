"""The bot's life: web server first, then Discord, then an orderly end."""

from __future__ import annotations

import asyncio
import time
from math import nan
from typing import TYPE_CHECKING, Any

import structlog

from botwatch_bot import version
from botwatch_bot.metrics import ErrorType
from botwatch_bot.runs import CRASHES
from botwatch_bot.services import Services
from botwatch_bot.systemd import Notifier
from botwatch_bot.web.app import create_app
from botwatch_bot.web.server import WebServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch_bot.gateway.session import Session
    from botwatch_bot.runs import Run
    from botwatch_bot.secret_files import Secrets
    from botwatch_bot.settings import Settings
    from botwatch_bot.stopping import StopRequest

_log = structlog.get_logger(__name__)

TICK_SECONDS = 1.0


def run(settings: Settings, secrets: Secrets, stop: StopRequest, this_run: Run) -> None:
    """Run the bot until a signal asks it to stop.

    Raises:
        FatalError: the port is busy, or Discord refuses the bot.
    """
    services = Services.create(settings)
    _take_over(this_run, services)
    notifier = Notifier()
    web = WebServer(
        create_app(services.health, services.metrics, secrets.drill_token, this_run),
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
        asyncio.run(_live(services, secrets.discord_token, notifier, stop, web))
    finally:
        web.close()


def _take_over(this_run: Run, services: Services) -> None:
    """Go on counting where the last run ended, and say how it did."""
    this_run.hangs = services.health.live_reasons
    for ending, count in this_run.crashes.items():
        services.metrics.crashes.labels(ending).inc(count)
    if this_run.problem is not None:
        _log.warning(this_run.problem)
    if this_run.before in CRASHES:
        _log.warning(f"the last run ended {CRASHES[this_run.before]}", reason=this_run.before)


async def _live(
    services: Services, token: str, notifier: Notifier, stop: StopRequest, web: WebServer
) -> None:
    asyncio.get_running_loop().set_exception_handler(_count_and_log(services))
    session = _make_session(services, token)
    tasks = [
        asyncio.create_task(_tick(services, session, notifier, web), name="tick"),
        asyncio.create_task(session.run(), name="session"),
        asyncio.create_task(stop.wait(), name="stop"),
    ]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    _log.info("stopping")
    notifier.stopping()
    services.gateway.stop()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def _make_session(services: Services, token: str) -> Session:
    from botwatch_bot.gateway.session import Session  # noqa: PLC0415 - discord.py loads slowly

    return Session(services, token)


async def _tick(services: Services, session: Session, notifier: Notifier, web: WebServer) -> None:
    """Prove once a second that the event loop runs, and refresh what no event announces."""
    while True:
        web.check()
        services.pulse.beat()
        services.metrics.heartbeat.set_to_current_time()
        session.sample()
        _publish(services)
        reasons = services.gateway.reasons()
        notifier.status(reasons[0] if reasons else "connected to Discord")
        notifier.alive()
        await asyncio.sleep(TICK_SECONDS)


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
