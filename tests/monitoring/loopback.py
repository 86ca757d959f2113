"""HTTP on the loopback address: small servers, free ports, and questions that are asked once."""

from __future__ import annotations

import socket
from contextlib import ExitStack, contextmanager
from socketserver import ThreadingMixIn
from threading import Thread
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ADDRESS = "127.0.0.1"


class Server(ThreadingMixIn, WSGIServer):
    """Answers each request in a thread of its own."""

    daemon_threads = True


class QuietHandler(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def serving(
    answer: Callable[[str, bytes], str], port: int = 0, status: str = "200 OK"
) -> Iterator[int]:
    """Answer every request with a status and the text that `answer` gives for its path and body.

    Serves until the block ends, on a free port unless one is given; yields the port.
    """

    def application(environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0))
        text = answer(environ["PATH_INFO"], body)
        start(status, [("Content-Type", "text/plain; version=0.0.4")])
        return [text.encode()]

    with make_server(ADDRESS, port, application, Server, QuietHandler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def free_ports(count: int) -> list[int]:
    """Name ports on which nothing listens."""
    with ExitStack() as probes:
        sockets = [probes.enter_context(socket.socket()) for _ in range(count)]
        for probe in sockets:
            probe.bind((ADDRESS, 0))
        return [probe.getsockname()[1] for probe in sockets]


def ask(url: str, params: dict[str, str] | None = None) -> requests.Response:
    """Send a GET, straight: a proxy that the machine uses cannot reach this address."""
    with direct() as session:
        return session.get(url, params=params, timeout=5)


def post(url: str, body: object) -> None:
    """Post JSON, straight; raises requests.HTTPError where it is refused."""
    with direct() as session:
        session.post(url, json=body, timeout=5).raise_for_status()


def direct() -> requests.Session:
    """Make a session that no proxy takes part in."""
    session = requests.Session()
    session.trust_env = False
    return session


def answers(url: str) -> bool:
    """Tell whether a GET is answered with success."""
    try:
        return ask(url).ok
    except requests.RequestException:
        return False
