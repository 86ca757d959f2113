"""What observes the bot of this process: one HTTP port, one tick a second, one ending."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from math import nan
from typing import TYPE_CHECKING, Any, Self

from botwatch import _discord, hooking, jobs, judging, logs, settings, tracing
from botwatch.endings import Endings, handle_stop_signals
from botwatch.exits import ExitCode, FatalError
from botwatch.faults import Faults
from botwatch.gateway.causes import cause_of
from botwatch.gateway.state import GatewayState, describe
from botwatch.late import Late
from botwatch.masking import mask
from botwatch.metrics import ErrorType, Metrics
from botwatch.observing import Observer, observer_of
from botwatch.services import Services, take_over
from botwatch.systemd import Notifier
from botwatch.web.app import create_app
from botwatch.web.server import WebServer, WebServerEndedError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    import discord

    from botwatch.errors import RecentErrors
    from botwatch.health import Health
    from botwatch.settings import Settings

_log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
DRAIN_SECONDS = 0.8
"""So long running commands may take to end when the bot stops."""
CLOSE_SECONDS = 0.5
_CANCEL_SECONDS = 0.2


class Watch:
    """Observes the bot of this process, also one client after another.

    Attributes:
        settings: the library's settings.
        metrics: the instruments, on a registry of their own.
        health: whether the process is alive and the bot ready.
        gateway: the state of the connections to Discord.
        errors: the last distinct exceptions.
        logs: the last log lines.
    """

    def __init__(self, chosen: Settings, endings: Endings, version: str = "") -> None:
        self.settings = chosen
        self.endings = endings
        self._services = Services.create((), version or chosen.version or "unknown")
        self.metrics: Metrics = self._services.metrics
        self.health: Health = self._services.health
        self.gateway: GatewayState = self._services.gateway
        self.errors: RecentErrors = self._services.errors
        self.logs = logs.LogTail(self.errors)
        self.jobs = jobs.Jobs(self._saw_job_fail)
        self.metrics.registry.register(self.jobs)
        self._drill_token = settings.drill_token(chosen)
        if self._drill_token is not None:
            mask(self._drill_token)
        self._observer: Observer | None = None
        self._client: discord.Client | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._late = Late()
        self._stopping: asyncio.Task[None] | None = None
        self._stopped = asyncio.Event()
        self._stop_requested = False
        self._web: WebServer | None = None
        self._faults: Faults | None = None
        self._notifier = Notifier()
        endings.at_end = self._notifier.stopping
        self._failure: BaseException | None = None
        self._fatal: FatalError | None = None
        self._closed = False
        self._let_go: list[Callable[[], object]] = []

    @classmethod
    def create(cls, variables: Mapping[str, str], version: str = "") -> Self:
        """Return a watch with the settings in the environment, and observe the process with it.

        Raises:
            FatalError: a setting is invalid.
        """
        endings = Endings(variables)
        endings.install()
        watch = cls(settings.load(variables), endings, version)
        if watch.settings.log_format:
            logs.configure(watch.settings.log_level, watch.settings.log_format)
        watch.logs.install()
        _discord.watch_views(watch.saw_failure)
        if not _discord.witness_heartbeats(watch.gateway):
            watch.gateway.witnessed = False
        watch._let_go = [endings.uninstall, watch.logs.remove, jobs.watch_starts(watch.jobs.add)]
        return watch

    def describe(self, version: str) -> None:
        """Show this version of the bot from now on."""
        if version != self.health.version:
            self.health.version = version
            self.metrics.describe(version)

    # A client

    def observes(self, client: discord.Client) -> bool:
        """Return whether this client is the one of now."""
        return self._client is client

    @property
    def observer(self) -> Observer | None:
        """What observes the client of now."""
        return self._observer

    def attach(self, client: discord.Client) -> None:
        """Observe a client from now on, instead of the one before."""
        self._client = client
        known = observer_of(client, self._services)
        self._observer = known or Observer(self._services, client)
        if known is not None:
            return
        _discord.trace(client, tracing.config(self.metrics))
        self._observer.know_commands()
        hooking.hook(self, client, keep_logging=bool(self.settings.log_format))
        if client.user is not None and not client.is_closed():
            self._observer.catch_up()
            self._late.begin(client, self.begin, self._end)

    def login_begins(self, client: discord.Client) -> None:
        """Note that a client starts to log in."""
        if not self.observes(client):
            self.attach(client)
        self._failure = None
        self.gateway.begin()

    def logged_in(self) -> None:
        """Note that the client has logged in; most bots have all of their commands by now."""
        self.gateway.logged_in()
        if self._observer is not None:
            self._observer.know_commands()

    @property
    def failure(self) -> BaseException | None:
        """Why logging in or connecting failed last; None if it did not since the login."""
        return self._failure

    @property
    def fatal(self) -> FatalError | None:
        """Why the bot is being ended; None while it is not."""
        return self._fatal

    def note_failure(self, error: BaseException) -> None:
        """Note that logging in or connecting failed."""
        self._failure = error
        if isinstance(error, FatalError):
            return
        self.metrics.errors.labels(ErrorType.GATEWAY).inc()
        self.metrics.gateway_failures.labels(cause_of(error)).inc()
        self.gateway.fail(describe(error))

    def saw_failure(self, error: BaseException) -> None:
        """Count what a view or a modal raised."""
        _, kind = judging.judge(error)
        if kind is not None:
            self.metrics.errors.labels(kind).inc()
            self.errors.see(judging.unwrap(error))

    def _saw_job_fail(self, error: BaseException) -> None:
        self.errors.see(error)
        self._count(error)

    def _saw_stray(self, error: BaseException | None) -> None:
        if error is None or self.errors.see(error):
            self._count(error)

    def _count(self, error: BaseException | None) -> None:
        kind = ErrorType.INTERNAL
        if error is not None:
            kind = judging.error_type(error, otherwise=kind)
        self.metrics.errors.labels(kind).inc()

    # Its life

    async def begin(self) -> None:
        """Answer on the HTTP port and tick from now on; more calls do nothing.

        Raises:
            FatalError: the port is busy.
        """
        loop = asyncio.get_running_loop()
        if self._ticking is not None and not self._ticking.done() and self._loop is loop:
            return
        self._loop = loop
        self._stopped = asyncio.Event()
        self._failure = None
        self.gateway.wait()
        if not self._stop_requested:  # the deadline of a stop also ends a bot that logs in again
            self.endings.begin()
        if self._observer is not None:
            self._observer.know_commands()
        if self._faults is None:
            self._faults = Faults(self.endings.run)
            take_over(self.endings.run, self.metrics, self.health)
        self._faults.attach(self._drop_connections)
        if self._web is None:
            self._web = self._serve(self._faults)
        hooking.count_stray_errors(loop, self._saw_stray)
        self._let_go.append(handle_stop_signals(self.endings, self.stop_soon, (signal.SIGTERM,)))
        self._ticking = loop.create_task(self._tick(), name="botwatch")
        self._notifier.ready()
        if self._stop_requested:
            self._begin_stop()

    def _serve(self, faults: Faults) -> WebServer:
        address, port = str(self.settings.listen_address), self.settings.listen_port
        app = create_app(self.health, self.metrics, self._drill_token, faults)
        web = WebServer(app, address, port)
        web.start()
        _log.info("botwatch listens on %s port %d", address, port)
        return web

    def _keep_serving(self) -> None:
        """Replace the web server if it has ended by itself.

        Raises:
            FatalError: the port is busy.
            WebServerEndedError: it had ended.
        """
        if self._web is None or self._faults is None:
            return
        try:
            self._web.check()
        except WebServerEndedError:
            self._web.close()
            self._web = self._serve(self._faults)
            raise

    def _drop_connections(self) -> int:
        return 0 if self._observer is None else self._observer.drop_connections()

    async def _tick(self) -> None:
        """Prove once a second that the event loop runs, and refresh what no event announces."""
        try:
            while True:
                began = time.perf_counter()
                self._beat()
                late = began + TICK_SECONDS
                await asyncio.sleep(max(0.0, late - time.perf_counter()))
                self.metrics.loop_lag.observe(max(0.0, time.perf_counter() - late))
        except asyncio.CancelledError:
            if self._closed:
                raise
            self._loop_ends()
            raise

    def _loop_ends(self) -> None:
        """Note that the event loop ends: nothing else cancels what runs in it for ever."""
        is_closed = asyncio.get_running_loop().is_closed
        self.gateway.stop()
        if self._failure is None:
            self.endings.loop_ended(is_closed)
        else:
            code, reasons = judging.judge_end(self._failure)
            self.endings.loop_ended(is_closed, code, *reasons)

    def _beat(self) -> None:
        self._services.pulse.beat()
        self.metrics.heartbeat.set_to_current_time()
        self.endings.install()
        try:
            self._keep_serving()
            self._refresh()
            self._end_if_disconnected()
        except FatalError as error:
            self._end(error)
        except Exception as error:  # noqa: BLE001 - the bot must not fail by being observed
            if self._observer is not None:
                self._observer.failed(error, "observing the bot failed")
        reasons = self.gateway.reasons()
        self._notifier.status(reasons[0] if reasons else "connected to Discord")
        self._notifier.alive()

    def _refresh(self) -> None:
        if self._observer is not None:
            self._observer.sample()
            self._observer.know_commands()
        latency = self.gateway.latency
        self.metrics.gateway_latency.set(nan if latency is None else latency)
        event_age = self.gateway.last_event_age()
        if event_age is not None:
            self.metrics.last_event.set(time.time() - event_age)
        self.metrics.ready.set(self.gateway.ready)
        self._services.counter.refresh()

    def _end_if_disconnected(self) -> None:
        """End the bot when it has been without Discord for too long.

        Raises:
            FatalError: it has; a new process is the last remedy left.
        """
        patience = self.settings.gateway_patience
        if patience and self.gateway.disconnected_seconds() > patience:
            reason = self.gateway.reasons()[0]
            message = (
                f"not fully connected to Discord for {patience} s "
                f"(BOTWATCH_GATEWAY_PATIENCE): {reason}"
            )
            raise FatalError(ExitCode.DISCONNECTED, message)

    # Its end

    def _end(self, error: FatalError) -> None:
        if self._fatal is None:
            self._fatal = self._failure = error
            _log.critical("giving up, so that the bot is restarted: %s", error)
            self.endings.leave(error.code, *error.problems)
            self._begin_stop()

    @property
    def stop_requested(self) -> bool:
        """Whether somebody has asked the bot to stop."""
        return self._stop_requested

    def stop_soon(self) -> None:
        """Stop the bot; any thread and any signal handler may call it."""
        self._stop_requested = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._begin_stop)

    def _begin_stop(self) -> None:
        if self._stopping is None or self._stopping.done():
            self._stopping = asyncio.ensure_future(self._stop())

    async def _stop(self) -> None:
        _log.info("stopping")
        self._notifier.stopping()
        self.gateway.stop()
        try:
            if self._observer is not None:
                await self._observer.drain(DRAIN_SECONDS)
            if self._client is not None and not self._client.is_closed():
                await self._client.close()
        finally:
            self._stopped.set()
            # Also if the end of the event loop, which the closing causes, has cancelled this.
            self._late.leave(self._client, self._fatal)

    async def until_stopped(self, running: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine to its end, or until the bot has been stopped.

        Raises:
            FatalError: the bot was stopped because of it.
        """
        task: asyncio.Task[None] = asyncio.ensure_future(running)
        stopped: asyncio.Task[bool] | None = None
        try:
            await self.begin()
            stopped = asyncio.ensure_future(self._stopped.wait())
            await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                task.result()
            if self._fatal is not None:
                raise self._fatal
        except FatalError as error:
            self._failure = error
            raise
        finally:
            task.cancel()
            if stopped is not None:
                stopped.cancel()
            # Bounded: a cancellation can get lost inside discord.py, and closing ends it anyway.
            await asyncio.wait((task,), timeout=_CANCEL_SECONDS)

    def close(self) -> None:
        """Let go of the process: the HTTP port, the signals, the hooks."""
        self._closed = True
        for let_go in reversed(self._let_go):
            let_go()
        self._let_go = []
        if self._ticking is not None and self._loop is not None and not self._loop.is_closed():
            self._ticking.cancel()
        if self._web is not None:
            self._web.close()
            self._web = None
        self.endings.deadline.disarm()
