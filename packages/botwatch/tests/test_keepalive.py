"""The gateway latency: measured from before a heartbeat is sent."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any

import discord.gateway
import pytest

from botwatch import _discord
from botwatch._discord import WitnessedKeepAlive
from botwatch.gateway.state import GatewayState


def handler() -> WitnessedKeepAlive:
    socket: Any = SimpleNamespace(
        thread_id=threading.get_ident(), _max_heartbeat_timeout=60.0, HEARTBEAT=1, sequence=7
    )
    return WitnessedKeepAlive(ws=socket, interval=41.25, shard_id=0)


def test_an_ack_that_comes_immediately_is_a_short_latency() -> None:
    beats = handler()
    beats._last_send = time.perf_counter() - 41.25
    assert beats.get_payload() == {"op": 1, "d": 7}
    # The answer overtakes the library's own note of when it sent.
    beats.ack()
    assert 0 <= beats.latency < 1


def test_connections_use_it_once_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord.gateway, "KeepAliveHandler", object)
    monkeypatch.setattr(WitnessedKeepAlive, "state", None)
    assert _discord.witness_heartbeats(GatewayState())
    assert vars(discord.gateway)["KeepAliveHandler"] is WitnessedKeepAlive


def test_an_answered_heartbeat_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    state = GatewayState()
    monkeypatch.setattr(WitnessedKeepAlive, "state", state)
    handler().ack()
    (shard,) = state.shards().values()
    assert abs(shard.acked - time.monotonic()) < 5
    assert shard.interval == 41.25
