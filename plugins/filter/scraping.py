"""Filters about what users add to Prometheus' configuration."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Ansible loads a filter by its path alone; what plugins share is found from the repository's root.
sys.path.append(str(Path(__file__).resolve().parents[2]))
from plugins import scraping

if TYPE_CHECKING:
    from collections.abc import Callable


def scraping_endpoints(configs: list[Any], remote_writes: list[Any]) -> list[dict[str, Any]]:
    """List the cidr and port of whom scrape jobs ask and remote writes reach."""
    return [asdict(endpoint) for endpoint in scraping.endpoints(configs, remote_writes)]


class FilterModule:
    """Give Ansible the filters by their names."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """List them."""
        return {"scraping_faults": scraping.faults, "scraping_endpoints": scraping_endpoints}
