"""The settings of the probe, from environment variables (prefix PROBE_)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botwatch_probe.environment import about, load, number, seconds
from botwatch_probe.needs import Need, read_needs

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = about(seconds, "a time in seconds, such as 60")


@dataclass(frozen=True)
class Settings:
    """Where the probe answers, how often it sets a fault, when it gives a message up, and needs."""

    listen_address: str = field(
        default="127.0.0.1", metadata=about(str, "an IP address of this machine")
    )
    listen_port: int = field(
        default=9199, metadata=about(number(0, 65_535), "a port number up to 65535")
    )
    interval_s: float = field(default=180.0, metadata=SECONDS)
    limit_s: float = field(default=60.0, metadata=SECONDS)
    needs: tuple[Need, ...] = field(
        default=(), metadata=about(read_needs, "NAME=HOST:PORT, separated by spaces")
    )


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings; what is not set has its default.

    Raises:
        SettingsError: One is not what it should be.
    """
    return load(Settings, "PROBE_", environment)
