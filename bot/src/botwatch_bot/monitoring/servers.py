"""The Prometheus and the Alertmanager that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botwatch_bot.mistakes import Unavailable
from botwatch_bot.monitoring.alertmanager import Alertmanager
from botwatch_bot.monitoring.prometheus import Prometheus
from botwatch_bot.texts import phrase

if TYPE_CHECKING:
    from botwatch_bot.settings import Settings


def prometheus_of(settings: Settings) -> Prometheus:
    """Return the Prometheus to ask.

    Raises:
        Unavailable: the settings name none.
    """
    return Prometheus(_named(settings.prometheus_url, "Prometheus", "BOT_PROMETHEUS_URL"))


def alertmanager_of(settings: Settings) -> Alertmanager:
    """Return the Alertmanager to ask.

    Raises:
        Unavailable: the settings name none.
    """
    return Alertmanager(_named(settings.alertmanager_url, "Alertmanager", "BOT_ALERTMANAGER_URL"))


def _named(url: str | None, service: str, variable: str) -> str:
    if url is None:
        not_set = phrase("monitoring.not_set", service=service, variable=f"`{variable}`")
        raise Unavailable(not_set)
    return url
