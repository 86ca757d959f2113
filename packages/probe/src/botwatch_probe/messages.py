"""What Alertmanager posts, as far as the probe reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

# The annotation of the rule AlertDeliveryProbe that says which fault it is about.
ANNOTATION = "fault"


class MessageError(Exception):
    """Somebody posted what is no message of Alertmanager."""


@dataclass(frozen=True)
class Notification:
    """An alert of the probe that fires or is resolved."""

    fault: str
    firing: bool


def read_notifications(body: bytes) -> list[Notification]:
    """Read the alerts of one message; those that name no fault are not the probe's.

    Raises:
        MessageError: It is no message of Alertmanager.
    """
    try:
        alerts: list[dict[str, Any]] = json.loads(body)["alerts"]
        return [
            Notification(str(alert["annotations"][ANNOTATION]), firing=alert["status"] == "firing")
            for alert in alerts
            if ANNOTATION in alert["annotations"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        message = "this is no message of Alertmanager: let its route for the probe post here"
        raise MessageError(message) from error
