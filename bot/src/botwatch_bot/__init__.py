"""A Discord bot that can be watched: settings, commands, gateway, metrics, health and web."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as _installed_version

DISTRIBUTION = "botwatch-bot"


@cache
def version() -> str:
    """Return the installed version, or "unknown" when run from a source tree alone."""
    try:
        return _installed_version(DISTRIBUTION)
    except PackageNotFoundError:
        return "unknown"
