"""What the bot asks Prometheus."""

from __future__ import annotations

import math

from botwatch_bot.monitoring.http import Server


class Prometheus:
    """A Prometheus server."""

    def __init__(self, url: str) -> None:
        self._server = Server("Prometheus", url)

    async def value(self, expression: str) -> float | None:
        """Return the one value of an expression; None where it has none, or is no number.

        Raises:
            MonitoringError: Prometheus cannot be asked.
        """
        answer = await self._server.get("/api/v1/query", {"query": expression})
        try:
            results = answer["data"]["result"]
            value = float(results[0]["value"][1]) if results else math.nan
        except (LookupError, TypeError, ValueError) as error:
            raise self._server.nonsense() from error
        return value if math.isfinite(value) else None

    async def alert_names(self) -> set[str]:
        """Return the names of all alerts that there are rules for.

        Raises:
            MonitoringError: Prometheus cannot be asked.
        """
        answer = await self._server.get("/api/v1/rules", {"type": "alert"})
        try:
            groups = answer["data"]["groups"]
            return {str(rule["name"]) for group in groups for rule in group["rules"]}
        except (LookupError, TypeError) as error:
            raise self._server.nonsense() from error
