"""Filters about the configuration of services, and what users add to it."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import yaml

from ..plugin_utils import additions, data_sources, receivers, scraping, upstream

if TYPE_CHECKING:
    from collections.abc import Callable


def scraping_endpoints(configs: list[Any], remote_writes: list[Any]) -> list[dict[str, Any]]:
    """List the cidr and port of whom scrape jobs ask and remote writes reach."""
    return [asdict(endpoint) for endpoint in scraping.endpoints(configs, remote_writes)]


def only_alerts(text: str, names: list[str]) -> str:
    """Leave out the alerts of a rule file that are not named; without names, none is left out.

    Recording rules stay, as dashboards show them, too. Groups without any rule are left out.
    """
    if not names:
        # In a template, a filter block adds a line to what it holds.
        return text.rstrip("\n") + "\n"
    groups = []
    for group in yaml.safe_load(text)["groups"]:
        rules = [rule for rule in group["rules"] if rule.get("alert", names[0]) in names]
        groups += [{**group, "rules": rules}] if rules else []
    return yaml.safe_dump(
        {"groups": groups}, allow_unicode=True, sort_keys=False, width=sys.maxsize
    )


class FilterModule:
    """Give Ansible the filters by their names."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """List them."""
        return {
            "addition_file_faults": additions.file_faults,
            "data_source_faults": data_sources.faults,
            "only_alerts": only_alerts,
            "receiver_faults": receivers.faults,
            "receiver_inline_secrets": receivers.inline_secrets,
            "receiver_ports": receivers.ports,
            "scraping_faults": scraping.faults,
            "scraping_endpoints": scraping_endpoints,
            "upstream_airgap_lines": upstream.airgap_lines,
            "upstream_faults": upstream.faults,
            "upstream_release": upstream.release,
        }
