"""The production WSGI server, in threads beside the event loop."""

from __future__ import annotations

import errno
import socket
import threading
from typing import TYPE_CHECKING, Any

from waitress import wasyncore
from waitress.server import create_server

from botwatch.exits import ExitCode, FatalError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_THREADS = 4
_CLOSE_SECONDS = 0.3
_LOOP_SECONDS = 1.0


class WebServerEndedError(Exception):
    """Requests are answered no more, although nobody closed the server."""

    def __init__(self) -> None:
        super().__init__("the web server ended by itself")


class WebServer:
    """Serves an application on one address, from construction on bound to it."""

    def __init__(self, app: WSGIApplication, address: str, port: int) -> None:
        """Bind the address.

        Raises:
            FatalError: the port is busy, or the address cannot be used.
        """
        try:
            listener = socket.create_server((address, port), family=_family(address))
        except OSError as error:
            raise _explain(error, address, port) from error
        # Typed as Any: the stubs take these for operating system sockets and trigger for a number.
        self._sockets: dict[int, Any] = {}
        self._server: Any = create_server(
            app, self._sockets, sockets=[listener], threads=_THREADS, ident=None
        )
        self._closing = threading.Event()
        self._trigger_lock = threading.Lock()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._serve, name="web", daemon=True)

    def start(self) -> None:
        """Start to answer requests."""
        self._thread.start()

    def check(self) -> None:
        """Do nothing as long as requests are answered; call it now and then.

        Raises:
            WebServerEndedError: they are not, and nobody can observe the bot.
        """
        if self._failure is not None:
            raise WebServerEndedError from self._failure

    def close(self) -> None:
        """Let running requests end and close all sockets, within a fraction of a second."""
        self._server.task_dispatcher.shutdown(timeout=_CLOSE_SECONDS)
        with self._trigger_lock:
            self._closing.set()
            if self._failure is None:  # else the trigger is closed with all other sockets
                self._server.trigger.pull_trigger()
        self._thread.join(_CLOSE_SECONDS)

    def _serve(self) -> None:
        # Waitress' own loop can only be ended by closing its sockets under its feet.
        try:
            while not self._closing.is_set():
                wasyncore.loop(timeout=_LOOP_SECONDS, use_poll=True, map=self._sockets, count=1)
        except Exception as error:  # noqa: BLE001 - raised by check, in the thread that can act on it
            self._failure = error
        with self._trigger_lock:
            wasyncore.close_all(self._sockets)


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _explain(error: OSError, address: str, port: int) -> FatalError:
    if error.errno == errno.EADDRINUSE:
        return FatalError(
            ExitCode.PORT_BUSY,
            f"port {port} on {address} is busy: another process, or another part of the bot, "
            "listens there; stop it or set BOTWATCH_LISTEN_PORT to a free port",
        )
    return FatalError(
        ExitCode.BAD_SETTINGS,
        f"cannot listen on {address} port {port}: {error.strerror}; "
        "correct BOTWATCH_LISTEN_ADDRESS or BOTWATCH_LISTEN_PORT",
    )
