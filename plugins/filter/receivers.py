"""Filters about what users add to Alertmanager's configuration."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Ansible loads a filter by its path alone; what plugins share is found from the repository's root.
sys.path.append(str(Path(__file__).resolve().parents[2]))
from plugins import receivers

if TYPE_CHECKING:
    from collections.abc import Callable


class FilterModule:
    """Give Ansible the filters by their names."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """List them."""
        return {
            "receiver_faults": receivers.faults,
            "receiver_inline_secrets": receivers.inline_secrets,
            "receiver_ports": receivers.ports,
        }
