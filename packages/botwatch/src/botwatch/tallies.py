"""Counters for what happens with every event and request: an addition now, a metric when read.

The library's own counters take a lock and several calls, which a command would pay for many times.
Only the event loop may count here; any thread may read.
"""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from prometheus_client.core import Metric

OTHER = "other"
"""The label of everything that has none of its own."""

API_RESULTS = ("ok", "client_error", "rate_limited", "server_error")
HTTP_STATUSES = (200, 201, 202, 204, 304, 400, 401, 403, 404, 405, 429, 500, 502, 503, 504)
"""The answers of Discord's REST API that are counted by status."""


class Events(Collector):
    """Events from the gateway, by type."""

    def __init__(self, known: Iterable[str]) -> None:
        self._counts = dict.fromkeys([*known, OTHER], 0)

    def count(self, name: str) -> None:
        """Count an event."""
        self._counts[name if name in self._counts else OTHER] += 1

    def collect(self) -> Iterator[Metric]:
        """Return the metric."""
        meaning = "Events from the gateway, by type."
        yield _family("discord_bot_gateway_events", meaning, "type", self._counts.items())


class Responses(Collector):
    """Answers of the REST API, by status and by what they mean."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def count(self, status: int) -> None:
        """Count an answer."""
        self._counts[status] += 1

    def collect(self) -> Iterator[Metric]:
        """Return the metrics."""
        # The event loop may count a status that is new while this thread looks.
        counts = self._counts.copy()
        yield _family(
            "discord_bot_http_responses",
            "Answers of Discord's REST API, those to retries included, by HTTP status.",
            "status",
            _grouped(counts, status_label, [*map(str, HTTP_STATUSES), OTHER]),
        )
        yield _family(
            "discord_bot_api_responses",
            "Answers of Discord's REST API, those to retries included, by result.",
            "result",
            _grouped(counts, result_label, API_RESULTS),
        )


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


def _grouped(
    counts: Counter[int], label: Callable[[int], str], labels: Sequence[str]
) -> Iterable[tuple[str, int]]:
    groups = dict.fromkeys(labels, 0)
    for status, count in counts.items():
        groups[label(status)] += count
    return groups.items()


def _family(
    name: str, meaning: str, label: str, counts: Iterable[tuple[str, int]]
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, meaning, labels=[label])
    for value, count in list(counts):
        family.add_metric([value], count)
    return family
