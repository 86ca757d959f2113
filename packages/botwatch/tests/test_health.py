"""Gateway state and health: what makes the bot ready, and what it says when it is not."""

from __future__ import annotations

import math

import pytest

from botwatch.gateway.state import GatewayState, describe
from botwatch.health import MAX_HEARTBEAT_AGE, Health, LoopPulse


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(clock: Clock) -> GatewayState:
    return GatewayState(clock)


def connect(state: GatewayState, shard: int = 0, latency: float = 0.02) -> None:
    state.shard_up(shard)
    state.sample(shard, latency, socket_open=True)


def test_a_reason_is_one_short_line() -> None:
    page = OSError("<html>\n" * 500)
    assert len(describe(page)) <= 200
    assert "\n" not in describe(page)
    assert describe(TimeoutError()) == "TimeoutError"


class TestGatewayState:
    def test_says_why_while_it_starts_and_logs_in(self, state: GatewayState) -> None:
        assert state.reasons() == ["the bot is starting"]
        state.begin()
        assert state.reasons() == ["not logged in to Discord yet"]
        state.fail("connection refused")
        assert state.reasons() == [
            "not logged in to Discord yet; the last attempt failed: connection refused"
        ]
        state.logged_in()
        assert "not connected to the gateway yet" in state.reasons()[0]

    def test_is_ready_with_a_known_latency(self, state: GatewayState) -> None:
        state.begin()
        state.shard_up(0)
        assert state.reasons() == ["shard 0 has not measured its latency yet"]
        state.sample(0, 0.02, socket_open=True)
        assert state.ready
        assert state.latency == 0.02

    @pytest.mark.parametrize("latency", [math.inf, math.nan])
    def test_an_unknown_latency_is_not_ready(self, state: GatewayState, latency: float) -> None:
        connect(state, latency=latency)
        assert not state.ready
        assert state.latency is None
        assert state.report()["latency_ms"] is None

    def test_a_closed_socket_is_not_ready(self, state: GatewayState) -> None:
        connect(state)
        state.sample(0, 0.02, socket_open=False)
        assert state.reasons() == ["shard 0 has a closed socket"]

    def test_a_disconnect_ends_readiness_until_the_session_is_back(
        self, state: GatewayState, clock: Clock
    ) -> None:
        connect(state)
        assert state.shard_down(0) is True
        clock.now += 7
        assert state.reasons() == ["shard 0 has been disconnected for 7 s"]
        assert state.latency is None
        state.sample(0, 0.02, socket_open=True)
        assert not state.ready
        connect(state)
        assert state.ready

    def test_a_disconnect_of_what_is_down_does_not_start_it_anew(
        self, state: GatewayState, clock: Clock
    ) -> None:
        connect(state)
        state.shard_down(0)
        clock.now += 5
        assert state.shard_down(0) is False
        assert state.reasons() == ["shard 0 has been disconnected for 5 s"]

    def test_a_failure_is_forgotten_when_the_session_is_back(self, state: GatewayState) -> None:
        state.fail("connection refused")
        connect(state)
        state.shard_down(0)
        assert "refused" not in state.reasons()[0]

    def test_every_shard_must_be_there(self, state: GatewayState) -> None:
        state.expect(range(2))
        connect(state, 0)
        assert state.reasons() == ["1 of 2 shards not connected yet"]
        connect(state, 1, latency=0.5)
        assert state.ready
        assert state.latency == 0.5

    def test_stalls_only_while_something_is_down(self, state: GatewayState, clock: Clock) -> None:
        state.begin()
        clock.now += 30
        assert state.stalled_seconds() == 30
        state.expect(range(1))
        connect(state)
        clock.now += 1000
        assert state.stalled_seconds() == 0
        state.shard_down(0)
        clock.now += 20
        assert state.stalled_seconds() == 20

    def test_a_connection_whose_heartbeats_are_not_answered_is_not_ready(
        self, state: GatewayState, clock: Clock
    ) -> None:
        connect(state)
        state.acknowledged(0, 40.0)
        clock.now += 69
        assert state.ready
        clock.now += 2
        assert state.reasons() == ["shard 0 has had no heartbeat answered for 71 s"]
        state.acknowledged(0, 40.0)
        assert state.ready

    def test_a_connection_whose_first_heartbeat_is_never_answered_is_deaf_too(
        self, state: GatewayState, clock: Clock
    ) -> None:
        connect(state)
        clock.now += 80
        (shard,) = state.shards().values()
        assert shard.unanswered_seconds(clock.now) == 80

    def test_an_event_of_a_shard_is_reported_by_its_number(
        self, state: GatewayState, clock: Clock
    ) -> None:
        connect(state)
        state.sample(0, 0.02, socket_open=True, sequence=1)
        clock.now += 10
        state.sample(0, 0.02, socket_open=True, sequence=1)
        assert state.shards()[0].quiet_seconds(clock.now) == 10
        state.sample(0, 0.02, socket_open=True, sequence=2)
        assert state.shards()[0].quiet_seconds(clock.now) == 0
        state.shard_down(0)
        assert state.shards()[0].quiet_seconds(clock.now) == 0

    def test_is_disconnected_until_every_shard_is_up_whatever_client_tries(
        self, state: GatewayState, clock: Clock
    ) -> None:
        clock.now += 5
        state.begin()
        state.expect(range(2))
        assert state.disconnected_seconds() == 5
        connect(state, 0)
        clock.now += 3
        # One of two came up: that is progress, but not the end of it.
        assert state.disconnected_seconds() == 3
        connect(state, 1)
        clock.now += 100
        assert state.disconnected_seconds() == 0
        state.shard_down(1)
        clock.now += 20
        state.begin()
        clock.now += 20
        assert state.disconnected_seconds() == 40

    def test_counts_of_a_shard_outlive_its_connections(self, state: GatewayState) -> None:
        connect(state)
        state.shard_down(0)
        state.shard_up(0, resumed=True)
        state.begin()
        assert state.reasons() == ["not logged in to Discord yet"]
        connect(state)
        (shard,) = state.shards().values()
        assert (shard.identifies, shard.resumes, shard.disconnects) == (2, 1, 1)

    def test_shards_that_discord_no_longer_wants_are_forgotten(self, state: GatewayState) -> None:
        state.expect(range(3))
        assert list(state.shards()) == [0, 1, 2]
        state.begin()
        state.expect(range(1))
        assert list(state.shards()) == [0]

    def test_stopping_is_a_reason(self, state: GatewayState) -> None:
        connect(state)
        state.stop()
        assert state.reasons() == ["the bot is stopping"]

    def test_the_report_has_what_a_dashboard_shows(self, state: GatewayState, clock: Clock) -> None:
        connect(state)
        state.guild_count = 3
        state.event()
        clock.now += 2.5
        assert state.report() == {
            "ready": True,
            "latency_ms": 20.0,
            "guilds": 3,
            "last_event_age_seconds": 2.5,
            "shards": [{"id": 0, "connected": True, "for_seconds": 2}],
        }


class TestHealth:
    def test_a_lost_gateway_is_alive_but_not_ready(self, state: GatewayState, clock: Clock) -> None:
        health = Health(LoopPulse(clock), state)
        assert health.live_report() == {"status": "ok", "reasons": []}
        assert health.ready_report()["status"] == "degraded"

    def test_an_event_loop_that_does_not_run_is_neither(
        self, state: GatewayState, clock: Clock
    ) -> None:
        pulse = LoopPulse(clock)
        health = Health(pulse, state)
        connect(state)
        assert health.full_report()["status"] == "ok"
        clock.now += MAX_HEARTBEAT_AGE + 1
        assert health.live_report()["reasons"] == ["the event loop has not run for 11 s"]
        assert health.full_report()["status"] == "degraded"
        pulse.beat()
        assert health.full_report()["status"] == "ok"
