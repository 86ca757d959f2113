"""The metrics as a whole: what is there from the start, and what a label may be."""

from __future__ import annotations

import re
import runpy
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import aiohttp
import discord
import pytest
from prometheus_client import generate_latest

from botwatch import tracing
from botwatch.errors import RecentErrors
from botwatch.gateway import causes
from botwatch.gateway.causes import SessionStalledError, cause_of
from botwatch.jobs import Jobs
from botwatch.metrics import Cause, Metrics, Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch.services import Services

README = Path(__file__).parents[1] / "README.md"
SERIES_OF_THE_FIRST_BOT = 44


def samples(metrics: Metrics) -> list[str]:
    text = generate_latest(metrics.registry).decode()
    return [line for line in text.splitlines() if line.startswith("discord_bot_")]


def test_there_are_no_fewer_series_than_the_first_bot_had(services: Services) -> None:
    assert len(samples(services.metrics)) >= SERIES_OF_THE_FIRST_BOT


def test_the_metrics_of_python_and_of_the_process_are_there(services: Services) -> None:
    text = generate_latest(services.metrics.registry).decode()
    for name in ("python_info", "python_gc_collections_total", "process_resident_memory_bytes"):
        assert f"\n{name}" in text


def test_the_readme_lists_every_metric(services: Services) -> None:
    services.gateway.expect(range(1))
    text = README.read_text(encoding="utf-8")
    names = {
        re.sub(r"_(bucket|count|sum)$", "", re.split(r"[{ ]", line)[0])
        for line in samples(services.metrics)
    }
    assert sorted(name for name in names if f"`{name}" not in text) == []


def test_a_shard_has_as_many_series_as_any_other(services: Services) -> None:
    counts = []
    for shards in (1, 2, 3):
        services.gateway.expect(range(shards))
        counts.append(len(samples(services.metrics)))
    assert counts[1] - counts[0] == counts[2] - counts[1] == 6


def answer(status: int, **headers: str) -> aiohttp.ClientResponse:
    response: Any = SimpleNamespace(status=status, headers=headers, reason="")
    return cast("aiohttp.ClientResponse", response)


@pytest.mark.parametrize(
    ("headers", "scope"),
    [
        ({}, Scope.EDGE),
        ({"Via": "1.1 google"}, Scope.USER),
        ({"Via": "1.1 google", "X-RateLimit-Scope": "shared"}, Scope.SHARED),
        ({"Via": "1.1 google", "X-RateLimit-Scope": "global"}, Scope.GLOBAL),
        ({"Via": "1.1 google", "X-RateLimit-Scope": "of-another-kind"}, Scope.USER),
    ],
)
def test_a_429_tells_whose_limit_it_is(headers: dict[str, str], scope: Scope) -> None:
    assert tracing.scope_of(answer(429, **headers)) is scope


def test_a_status_that_nobody_expected_is_another(
    services: Services, value: Callable[..., float | None]
) -> None:
    series = len(samples(services.metrics))
    for status in (200, 418, 599):
        services.metrics.responses.count(status)
    assert value("http_responses_total", status="200") == 1
    assert value("http_responses_total", status="other") == 2
    assert len(samples(services.metrics)) == series


KEY: Any = SimpleNamespace(host="discord.example", port=443, ssl=True, is_ssl=True)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (aiohttp.ClientConnectorDNSError(KEY, OSError(-2, "Name not known")), Cause.DNS),
        # As aiohttp 3.9 has it.
        (aiohttp.ClientConnectorError(KEY, socket.gaierror(-2, "Name not known")), Cause.DNS),
        (aiohttp.ClientConnectorError(KEY, OSError(111, "refused")), Cause.CONNECT),
        (aiohttp.ServerDisconnectedError(), Cause.CONNECT),
        (ConnectionResetError(), Cause.CONNECT),
        (TimeoutError(), Cause.TIMEOUT),
        (aiohttp.ClientConnectorSSLError(KEY, OSError(1, "handshake")), Cause.TLS),
        (discord.DiscordServerError(answer(503), None), Cause.HTTP),
        (SessionStalledError(), Cause.STALLED),
        (AttributeError("sequence"), Cause.OTHER),
        (None, Cause.OTHER),
    ],
)
def test_each_failure_to_connect_has_a_cause(error: BaseException | None, cause: Cause) -> None:
    assert cause_of(error) is cause


def test_an_aiohttp_that_does_not_know_dns_errors_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(aiohttp, "ClientConnectorDNSError")
    assert "cause_of" in runpy.run_path(causes.__file__)


def test_the_readme_lists_the_metrics_of_errors_and_jobs() -> None:
    from discord.ext import tasks  # noqa: PLC0415 - for this test alone

    async def job() -> None: ...

    jobs = Jobs(lambda _: None)
    jobs.add(tasks.loop(seconds=1)(job))
    errors = RecentErrors()
    errors.see(ValueError())
    names = {metric.name for part in (jobs, errors) for metric in part.collect()}
    text = README.read_text(encoding="utf-8")
    assert len(names) == 6
    assert sorted(name for name in names if f"`{name}" not in text) == []
