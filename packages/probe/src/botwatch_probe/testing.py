"""What the tests share: a probe whose HTTP runs, and Alertmanager's messages. It is not shipped."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from threading import Thread
from typing import TYPE_CHECKING

from botwatch_probe.metrics import Metrics
from botwatch_probe.needs import Needs
from botwatch_probe.probing import Prober
from botwatch_probe.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botwatch_probe.settings import Settings


@dataclass(frozen=True)
class Answer:
    """An answer to a request."""

    status: int
    text: str


@dataclass(frozen=True)
class Probe:
    """A probe whose HTTP runs; its prober runs where a test lets it."""

    metrics: Metrics
    prober: Prober
    port: int

    def ask(self, path: str, body: bytes | None = None) -> Answer:
        """Send a GET, or a POST where there is a body."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET" if body is None else "POST", path, body)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode())
        finally:
            connection.close()

    def value(self, name: str) -> float | None:
        """Read one metric from /metrics; None where it is left out."""
        for line in self.ask("/metrics").text.splitlines():
            if line.startswith(f"botwatch_delivery_probe_{name} "):
                return float(line.split()[1])
        return None

    def fault(self) -> str:
        """Name the latest fault, as the rule does."""
        return f"{self.value('started_timestamp_seconds'):.3f}"

    def post(self, fault: str, status: str = "firing") -> Answer:
        """Say something of a fault, as Alertmanager does."""
        return self.ask("/alertmanager", message(fault, status))


def message(fault: str, status: str = "firing") -> bytes:
    """Write what Alertmanager posts about a fault."""
    alert = {
        "status": status,
        "labels": {"alertname": "AlertDeliveryProbe", "severity": "none"},
        "annotations": {"summary": "A test.", "fault": fault},
        "startsAt": "2026-01-01T00:00:00Z",
    }
    return json.dumps({"version": "4", "status": status, "alerts": [alert]}).encode()


@contextmanager
def serving(settings: Settings) -> Iterator[Probe]:
    """Answer requests on a free port until the block ends."""
    metrics = Metrics()
    prober = Prober(settings, metrics)
    with Server(("127.0.0.1", 0), metrics, prober, Needs(settings.needs)) as server:
        server.needs.start()
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Probe(metrics, prober, server.server_port)
        prober.stop()
        server.needs.stop()
        server.shutdown()
        thread.join()
