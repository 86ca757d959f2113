"""What the probe is told through environment variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LAST_PORT = 65535


class SettingsError(Exception):
    """A setting is wrong; the message says which, and what it should be."""


@dataclass(frozen=True)
class Settings:
    """Where the probe answers, how often it sets a fault, and when it gives a message up."""

    listen_address: str = "127.0.0.1"
    listen_port: int = 9199
    interval_s: float = 180.0
    limit_s: float = 60.0


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings; what is not set has its default.

    Raises:
        SettingsError: One is not what it should be.
    """
    known = Settings()
    return Settings(
        listen_address=environment.get("PROBE_LISTEN_ADDRESS", known.listen_address),
        listen_port=_port(environment, "PROBE_LISTEN_PORT", known.listen_port),
        interval_s=_seconds(environment, "PROBE_INTERVAL_S", known.interval_s),
        limit_s=_seconds(environment, "PROBE_LIMIT_S", known.limit_s),
    )


def _port(environment: Mapping[str, str], name: str, known: int) -> int:
    text = environment.get(name, str(known))
    if not text.isdecimal() or int(text) > LAST_PORT:
        message = f"{name} is {text!r}, which is no port: write a number up to {LAST_PORT}."
        raise SettingsError(message)
    return int(text)


def _seconds(environment: Mapping[str, str], name: str, known: float) -> float:
    text = environment.get(name, str(known))
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        message = f"{name} is {text!r}, which is no time: write seconds such as {known:g}."
        raise SettingsError(message)
    return seconds
