"""Parts of queries that several rows about the bot have in common."""

from __future__ import annotations

from botwatch_dashboards.selecting import bot, bot_container, bot_unit

PER_MINUTE = "cpm"
NEEDS = 'botwatch_bot_need_up{job="delivery-probe"}'
STARTED = bot("process_start_time_seconds")

# What systemd, kube-state-metrics or the kubelet say of the bot's unit or container.
_container_started = bot_container("container_start_time_seconds")
_seen = "$prometheus_kubelet_scrape_interval__s"
_window = "[$prometheus_bot_crashes_window]"
_unit_restarts = bot_unit("node_systemd_service_restart_total")
_counted_starts = f"count by (pod) (last_over_time({_container_started}{_window}))"
_unit_active = bot_unit("node_systemd_unit_state", 'state="active"')
RUNNING = " or ".join(
    [
        f"max({_unit_active})",
        f"max({bot_container('kube_pod_container_status_running')})",
        f"max(time() - timestamp({_container_started}) < bool 3 * {_seen})",
    ]
)
PROCESS_STARTED = (
    f"max({bot_unit('node_systemd_unit_start_time_seconds')} > 0) or max({_container_started})"
)
RESTARTS = (
    f"round(max(increase({_unit_restarts}{_window}))) or max("
    f"sum by (pod) (changes({_container_started}{_window})) + {_counted_starts} - 1)"
)


def per_minute(metric: str, *labels: str) -> str:
    """Ask for the rate of a counter per minute."""
    by = f"by ({', '.join(labels)}) " if labels else ""
    return f"60 * sum {by}(rate({metric}[$__rate_interval]))"
