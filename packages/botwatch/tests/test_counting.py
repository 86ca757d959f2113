"""Metrics and counting: closed sets from the start, each command once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from prometheus_client import generate_latest

from botwatch.counting import ActiveUsers
from botwatch.metrics import ErrorType, Metrics, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch.services import Services


def test_every_command_and_status_is_there_from_the_start(
    value: Callable[..., float | None],
) -> None:
    for command in ("ping", "add"):
        for status in ("success", "user_error", "error", "cancelled"):
            assert value("commands_total", command=command, status=status) == 0


def test_every_error_type_is_there_from_the_start(value: Callable[..., float | None]) -> None:
    for error_type in ("command", "gateway", "send", "web", "internal", "drill"):
        assert value("errors_total", error_type=error_type) == 0
    assert {str(error_type) for error_type in ErrorType} == {
        "command",
        "gateway",
        "send",
        "web",
        "internal",
        "drill",
    }


def test_the_exposition_has_the_names_of_the_contract() -> None:
    lines = generate_latest(Metrics(["ping"]).registry).decode().splitlines()
    for name in (
        "discord_bot_commands_total{",
        "discord_bot_message_latency_seconds_bucket{",
        "discord_bot_messages_sent_total ",
        "discord_bot_errors_total{",
        "discord_bot_heartbeat_timestamp_seconds ",
        "discord_bot_active_guilds ",
        "discord_bot_active_users ",
        "discord_bot_build_info{",
        "process_resident_memory_bytes ",
    ):
        assert any(line.startswith(name) for line in lines), name
    assert not [line for line in lines if "_created" in line or "_info_info" in line]


def test_the_heartbeat_is_recent_before_the_event_loop_starts(
    value: Callable[..., float | None],
) -> None:
    assert time.time() - (value("heartbeat_timestamp_seconds") or 0) < 60


def test_a_finished_command_is_counted_once_with_its_latency(
    services: Services, value: Callable[..., float | None]
) -> None:
    services.counter.finish("ping", Status.SUCCESS, user_id=1, arrived=time.perf_counter() - 0.2)
    assert value("commands_total", command="ping", status="success") == 1
    assert value("message_latency_seconds_count") == 1
    assert 0.2 <= (value("message_latency_seconds_sum") or 0) < 5


def test_active_users_are_forgotten_after_the_window() -> None:
    now = 0.0
    users = ActiveUsers(window=10, clock=lambda: now)
    users.see(1)
    now = 4
    users.see(2)
    now = 9
    users.see(1)
    assert users.count() == 2
    now = 15
    assert users.count() == 1
    now = 20
    assert users.count() == 0
