"""What the bot asks Alertmanager, and asks of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botwatch_bot.monitoring.http import Server


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that fires, `since` a Unix time in seconds."""

    name: str
    severity: str
    summary: str
    since: int


class Alertmanager:
    """An Alertmanager."""

    def __init__(self, url: str) -> None:
        self._server = Server("Alertmanager", url)

    async def firing(self) -> list[Alert]:
        """Return the alerts that fire and that nobody has silenced, the latest first.

        Raises:
            MonitoringError: Alertmanager cannot be asked.
        """
        shown = {"active": "true", "silenced": "false", "inhibited": "false"}
        answer = await self._server.get("/api/v2/alerts", shown)
        try:
            alerts = [_alert(alert) for alert in answer]
        except (LookupError, TypeError, ValueError) as error:
            raise self._server.nonsense() from error
        return sorted(alerts, key=lambda alert: alert.since, reverse=True)

    async def silence(self, alert: str, seconds: int, author: str, comment: str) -> str:
        """Silence an alert from now on, and return the silence's name.

        Raises:
            MonitoringError: Alertmanager cannot be asked, or refuses.
        """
        now = datetime.now(UTC)
        matcher = {"name": "alertname", "value": alert, "isRegex": False, "isEqual": True}
        answer = await self._server.post(
            "/api/v2/silences",
            {
                "matchers": [matcher],
                "startsAt": now.isoformat(),
                "endsAt": (now + timedelta(seconds=seconds)).isoformat(),
                "createdBy": author,
                "comment": comment,
            },
        )
        try:
            return str(answer["silenceID"])
        except (LookupError, TypeError) as error:
            raise self._server.nonsense() from error


def _alert(answer: dict[str, Any]) -> Alert:
    labels = answer["labels"]
    return Alert(
        name=str(labels["alertname"]),
        severity=str(labels.get("severity", "")),
        summary=str(answer.get("annotations", {}).get("summary", "")),
        since=int(datetime.fromisoformat(answer["startsAt"]).timestamp()),
    )
