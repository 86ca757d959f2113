"""Metrics of each shard, made of the gateway's state whenever they are read.

Their number and cost grow with the shards, of which Discord wants one for every thousand servers
or so, and with nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from botwatch.metrics import SessionKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.core import Metric

    from botwatch.gateway.state import GatewayState

_PREFIX = "discord_bot_gateway"


class ShardCollector(Collector):
    """Shows each shard's connection."""

    def __init__(self, state: GatewayState) -> None:
        self._state = state

    def describe(self) -> Iterator[Metric]:
        """Name the metrics, which needs no shard."""
        return self.collect()

    def collect(self) -> Iterator[Metric]:
        """Return the metrics of all shards."""
        connected = _gauge("connected", "1 while a shard is connected, else 0.")
        latency = _gauge(
            "shard_latency_seconds", "A shard's heartbeat round trip; NaN while not known."
        )
        last_event = _gauge(
            "shard_last_event_timestamp_seconds",
            "When a shard last had an event (Unix time); 0 before the first.",
        )
        disconnects = CounterMetricFamily(
            f"{_PREFIX}_shard_disconnects", "Connections lost, by shard.", labels=["shard"]
        )
        sessions = CounterMetricFamily(
            f"{_PREFIX}_shard_sessions",
            "Gateway sessions begun, by shard and kind.",
            labels=["shard", "kind"],
        )
        for number, shard in self._state.shards().items():
            name = str(number)
            connected.add_metric([name], shard.up and shard.socket_open)
            latency.add_metric([name], shard.latency)
            seen = self._state.unix_time(shard.last_event) if shard.last_event else 0
            last_event.add_metric([name], seen)
            disconnects.add_metric([name], shard.disconnects)
            sessions.add_metric([name, SessionKind.IDENTIFY], shard.identifies)
            sessions.add_metric([name, SessionKind.RESUME], shard.resumes)
        yield from (connected, latency, last_event, disconnects, sessions)


def _gauge(name: str, meaning: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{_PREFIX}_{name}", meaning, labels=["shard"])
