"""Filters about the configuration of services, and what users add to it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..plugin_utils import additions, alert_rules, data_sources, receivers, scraping, upstream

if TYPE_CHECKING:
    from collections.abc import Callable


def addition_file_faults(
    found: list[dict[str, Any]], variable: str, own_names: list[str], suffixes: list[str]
) -> list[str]:
    """Say what is wrong with files that users add."""
    return additions.file_faults(variable, found, own_names, suffixes)


def scraping_endpoints(configs: list[Any], remote_writes: list[Any]) -> list[dict[str, Any]]:
    """List the cidr and port of whom scrape jobs ask and remote writes reach."""
    return [asdict(endpoint) for endpoint in scraping.endpoints(configs, remote_writes)]


class FilterModule:
    """Give Ansible the filters by their names."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """List them."""
        return {
            "addition_file_faults": addition_file_faults,
            "data_source_faults": data_sources.faults,
            "only_alerts": alert_rules.only_alerts,
            "receiver_faults": receivers.faults,
            "receiver_inline_secrets": receivers.inline_secrets,
            "receiver_ports": receivers.ports,
            "scraping_faults": scraping.faults,
            "scraping_endpoints": scraping_endpoints,
            "upstream_airgap_lines": upstream.airgap_lines,
            "upstream_faults": upstream.faults,
            "upstream_release": upstream.release,
        }
