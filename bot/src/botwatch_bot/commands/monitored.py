"""`status` and `alerts`: what the monitoring says about the bot, for its operators."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from botwatch_bot.commands.spec import (
    Alert,
    Alertmanager,
    Command,
    Prometheus,
    Request,
    UnavailableError,
    UserError,
)
from botwatch_bot.commands.text import quote, shorten
from botwatch_bot.texts import phrase

if TYPE_CHECKING:
    from collections.abc import Coroutine

_Source = TypeVar("_Source")

_MINUTES = 5
_JOB = 'job="discord-bot"'
_SHOWN = 10
_SUMMARY = 100

UP = f"max(up{{{_JOB}}})"
ERRORS = f"sum(increase(discord_bot_errors_total{{{_JOB}}}[{_MINUTES}m]))"
FAILED = (
    f'100 * sum(rate(discord_bot_commands_total{{{_JOB}, status="error"}}[{_MINUTES}m]))'
    f" / sum(rate(discord_bot_commands_total{{{_JOB}}}[{_MINUTES}m]))"
)
P95 = (
    "histogram_quantile(0.95, sum by (le) "
    f"(rate(discord_bot_message_latency_seconds_bucket{{{_JOB}}}[{_MINUTES}m])))"
)


def prometheus_of(request: Request) -> Prometheus:
    """Return the Prometheus to ask.

    Raises:
        UnavailableError: nobody has named one.
    """
    return _named(request.bot.prometheus, "Prometheus", "BOT_PROMETHEUS_URL")


def alertmanager_of(request: Request) -> Alertmanager:
    """Return the Alertmanager to ask.

    Raises:
        UnavailableError: nobody has named one.
    """
    return _named(request.bot.alertmanager, "Alertmanager", "BOT_ALERTMANAGER_URL")


def _named(source: _Source | None, service: str, variable: str) -> _Source:
    if source is None:
        raise UnavailableError(
            phrase("monitoring.not_set", service=service, variable=f"`{variable}`")
        )
    return source


async def status(request: Request) -> str:
    """Answer with what Prometheus and Alertmanager say, or why they do not."""
    parts = await asyncio.gather(
        _part(request, _measurements(request)), _part(request, _firing(request))
    )
    return "\n".join((request.texts("status.title"), *parts))


async def alerts(request: Request) -> str:
    """Answer with the alerts that fire."""
    firing = await alertmanager_of(request).firing()
    if not firing:
        return request.texts("alerts.none")
    lines = [request.texts("alerts.title", count=len(firing))]
    lines += [_line(request, alert) for alert in firing[:_SHOWN]]
    if len(firing) > _SHOWN:
        lines.append(request.texts("alerts.more", count=len(firing) - _SHOWN))
    return "\n".join(lines)


async def _part(request: Request, part: Coroutine[None, None, str]) -> str:
    """Return a part of the status, or in its place what is wrong with its source."""
    try:
        return await part
    except UserError as error:
        return request.texts("status.problem", problem=error.phrase)


async def _measurements(request: Request) -> str:
    prometheus, texts = prometheus_of(request), request.texts
    up, errors, failed, p95 = await asyncio.gather(
        *(prometheus.value(expression) for expression in (UP, ERRORS, FAILED, P95))
    )
    if up is None:
        return texts("status.unseen")
    lines = [texts("status.up" if up else "status.down")]
    if errors is not None:
        lines.append(texts("status.errors", rate=f"{errors:.0f}", minutes=_MINUTES))
    if failed is not None:
        lines.append(texts("status.failed", percent=f"{failed:.1f}", minutes=_MINUTES))
    if p95 is None:
        lines.append(texts("status.no_commands", minutes=_MINUTES))
    else:
        lines.append(texts("status.latency", ms=f"{p95 * 1000:.0f}"))
    return "\n".join(lines)


async def _firing(request: Request) -> str:
    firing = await alertmanager_of(request).firing()
    names = ", ".join(quote(alert.name) for alert in firing[:_SHOWN])
    return request.texts("status.firing", count=len(firing)) + (f" ({names})" if names else "")


def _line(request: Request, alert: Alert) -> str:
    summary = " ".join(alert.summary.split())
    return request.texts(
        "alerts.line",
        name=quote(alert.name),
        severity=quote(alert.severity or "-"),
        since=alert.since,
        summary=f": {shorten(summary, _SUMMARY)}" if summary else "",
    )


STATUS = Command("status", status, operators_only=True)
ALERTS = Command("alerts", alerts, operators_only=True)
