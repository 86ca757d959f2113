"""`status` and `alerts`: what the monitoring says about the bot, for its operators."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from botwatch_bot.mistakes import Unavailable
from botwatch_bot.monitoring.servers import alertmanager_of, prometheus_of
from botwatch_bot.operators import OperatorCog
from botwatch_bot.replies import quote, shorten
from botwatch_bot.usage import hybrid_command

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from botwatch_bot.bot import Bot, Context
    from botwatch_bot.monitoring.alertmanager import Alert
    from botwatch_bot.settings import Settings
    from botwatch_bot.texts import Texts

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


class Status(OperatorCog):
    """What the monitoring sees."""

    @hybrid_command()
    async def status(self, ctx: Context) -> None:
        """Reply with what Prometheus and Alertmanager say, or why they do not."""
        await ctx.answer(await overview(ctx.bot.settings, ctx.texts))

    @hybrid_command()
    async def alerts(self, ctx: Context) -> None:
        """Reply with the alerts that fire."""
        firing = await alertmanager_of(ctx.bot.settings).firing()
        await ctx.answer(listing(firing, ctx.texts))


async def overview(settings: Settings, texts: Texts) -> str:
    """Return what Prometheus and Alertmanager say, each or why it does not."""
    parts = await asyncio.gather(
        _part(_measurements(settings, texts), texts), _part(_firing(settings, texts), texts)
    )
    return "\n".join((texts("status.title"), *parts))


def listing(firing: list[Alert], texts: Texts) -> str:
    """Return one line for each of the alerts that fire."""
    if not firing:
        return texts("alerts.none")
    lines = [texts("alerts.title", count=len(firing))]
    lines += [_line(alert, texts) for alert in firing[:_SHOWN]]
    if len(firing) > _SHOWN:
        lines.append(texts("alerts.more", count=len(firing) - _SHOWN))
    return "\n".join(lines)


async def _part(part: Coroutine[None, None, str], texts: Texts) -> str:
    """Return a part of the status, or in its place what is wrong with its source."""
    try:
        return await part
    except Unavailable as error:
        return texts("status.problem", problem=error.phrase)


async def _measurements(settings: Settings, texts: Texts) -> str:
    prometheus = prometheus_of(settings)
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


async def _firing(settings: Settings, texts: Texts) -> str:
    firing = await alertmanager_of(settings).firing()
    names = ", ".join(quote(alert.name) for alert in firing[:_SHOWN])
    return texts("status.firing", count=len(firing)) + (f" ({names})" if names else "")


def _line(alert: Alert, texts: Texts) -> str:
    summary = " ".join(alert.summary.split())
    return texts(
        "alerts.line",
        name=quote(alert.name),
        severity=quote(alert.severity or "-"),
        since=alert.since,
        summary=f": {shorten(summary, _SUMMARY)}" if summary else "",
    )


async def setup(bot: Bot) -> None:
    """Add the cog."""
    await bot.add_cog(Status())
