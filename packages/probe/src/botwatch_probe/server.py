"""The probe's HTTP: metrics for Prometheus, a webhook for Alertmanager, health for a supervisor."""

from __future__ import annotations

import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from botwatch_probe.messages import MessageError, read_notifications

if TYPE_CHECKING:
    from botwatch_probe.metrics import Metrics
    from botwatch_probe.needs import Needs
    from botwatch_probe.probing import Prober

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# A message about a single alert has about 1 kB.
LONGEST_MESSAGE = 256 * 1024


class Server(ThreadingHTTPServer):
    """Answers each request in a thread of its own."""

    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], metrics: Metrics, prober: Prober, needs: Needs
    ) -> None:
        self.metrics = metrics
        self.prober = prober
        self.needs = needs
        super().__init__(address, Handler)


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Server
    # A peer that says nothing does not keep its thread for ever.
    timeout = 10

    def do_GET(self) -> None:
        """Answer Prometheus and the supervisor."""
        if self.path == "/metrics":
            text = self.server.metrics.text() + self.server.needs.text()
            self._answer(HTTPStatus.OK, text, METRICS_TYPE)
            self.server.prober.seen()
        elif self.path == "/livez":
            alive = self.server.prober.is_alive()
            status = HTTPStatus.OK if alive else HTTPStatus.SERVICE_UNAVAILABLE
            self._answer(status, "ok\n" if alive else "the prober stands still\n")
        else:
            self._answer(HTTPStatus.NOT_FOUND, "here are /metrics, /livez and /alertmanager\n")

    def do_POST(self) -> None:
        """Take a message of Alertmanager; the moment that counts is before it is read."""
        came_at = time.monotonic()
        if self.path != "/alertmanager":
            self._answer(HTTPStatus.NOT_FOUND, "messages go to /alertmanager\n")
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LONGEST_MESSAGE:
            self._answer(HTTPStatus.BAD_REQUEST, f"a message has up to {LONGEST_MESSAGE} bytes\n")
            return
        try:
            found = read_notifications(self.rfile.read(int(length)))
        except MessageError as error:
            self._answer(HTTPStatus.BAD_REQUEST, f"{error}\n")
            return
        for notification in found:
            self.server.prober.hear(notification, came_at)
        self._answer(HTTPStatus.OK, "ok\n")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing of every scrape."""

    def _answer(
        self, status: HTTPStatus, text: str, content_type: str = "text/plain; charset=utf-8"
    ) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
