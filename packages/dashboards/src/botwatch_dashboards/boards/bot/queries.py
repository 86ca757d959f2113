"""Parts of queries that several rows about the bot have in common."""

from __future__ import annotations

from botwatch_dashboards.selecting import bot

PER_MINUTE = "cpm"
STARTED = bot("process_start_time_seconds")


def per_minute(metric: str, *labels: str) -> str:
    """Ask for the rate of a counter per minute."""
    by = f"by ({', '.join(labels)}) " if labels else ""
    return f"60 * sum {by}(rate({metric}[$__rate_interval]))"
