"""Counters with one label, whose values are a closed set and `other`."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from prometheus_client import Counter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import CollectorRegistry

OTHER = "other"
"""The label of everything that has none of its own."""

API_RESULTS = ("ok", "client_error", "rate_limited", "server_error")
HTTP_STATUSES = (200, 201, 202, 204, 304, 400, 401, 403, 404, 405, 429, 500, 502, 503, 504)
"""The answers of Discord's REST API that are counted by status."""


class Events:
    """Events from the gateway, by type."""

    def __init__(self, known: Iterable[str], registry: CollectorRegistry) -> None:
        counter = Counter(
            "discord_bot_gateway_events",
            "Events from the gateway, by type.",
            ["type"],
            registry=registry,
        )
        self._counters = {name: counter.labels(name) for name in (*known, OTHER)}

    def count(self, name: str) -> None:
        """Count an event."""
        self._counters.get(name, self._counters[OTHER]).inc()


class Responses:
    """Answers of the REST API, by status and by what they mean."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._statuses = Counter(
            "discord_bot_http_responses",
            "Answers of Discord's REST API, those to retries included, by HTTP status.",
            ["status"],
            registry=registry,
        )
        self._results = Counter(
            "discord_bot_api_responses",
            "Answers of Discord's REST API, those to retries included, by result.",
            ["result"],
            registry=registry,
        )
        for status in (*map(str, HTTP_STATUSES), OTHER):
            self._statuses.labels(status)
        for result in API_RESULTS:
            self._results.labels(result)

    def count(self, status: int) -> None:
        """Count an answer."""
        self._statuses.labels(status_label(status)).inc()
        self._results.labels(result_label(status)).inc()


def status_label(status: int) -> str:
    """Return the label of an HTTP status."""
    return str(status) if status in HTTP_STATUSES else OTHER


def result_label(status: int) -> str:
    """Return the result that an HTTP status stands for."""
    if status < HTTPStatus.BAD_REQUEST:
        return "ok"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "rate_limited"
    return "client_error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
