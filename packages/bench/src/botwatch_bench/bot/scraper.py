"""Asks for /metrics as Prometheus does, in a process of its own, and times the answers.

`python -m botwatch_bench.bot.scraper HOST PORT TIMES PAUSE` prints a JSON list; all in seconds.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from http import HTTPStatus

WARM_UP = 10


def scrape(host: str, port: int, times: int, pause_s: float) -> list[float]:
    """Return how long each answer took, in seconds, after a few that do not count."""
    connection = http.client.HTTPConnection(host, port, timeout=10)
    return [_timed(connection, pause_s) for _ in range(WARM_UP + times)][WARM_UP:]


def _timed(connection: http.client.HTTPConnection, pause_s: float) -> float:
    time.sleep(pause_s)
    before = time.perf_counter()
    connection.request("GET", "/metrics")
    response = connection.getresponse()
    response.read()
    took_s = time.perf_counter() - before
    if response.status != HTTPStatus.OK:
        message = f"/metrics answers {response.status}"
        raise http.client.HTTPException(message)
    return took_s


def main() -> None:
    """Run what the command line says."""
    host, port, times, pause_s = sys.argv[1:]
    json.dump(scrape(host, int(port), int(times), float(pause_s)), sys.stdout)


if __name__ == "__main__":
    main()
