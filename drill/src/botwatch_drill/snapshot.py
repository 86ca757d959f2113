"""The state of the site, as far as a drill needs to know it before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What keeps the site from being at rest.

    Attributes:
        problems: each is a short clause; empty when the site is at rest.
        message_open: whether Slack's last word is that an alert fires.
        crashes: how often the bot crashed within the last ten minutes, as Prometheus counted.
        told_s: how many seconds ago Slack got its last message about an alert; None: never.
    """

    problems: tuple[str, ...]
    message_open: bool
    told_s: float | None
    crashes: int

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Snapshot:
        """Reads the JSON of GET /control/state.

        Raises:
            KeyError, TypeError: it has another shape.
        """
        problems = (*_status(body["status"]), *_alerts(body["alerts"]), *_drill(body["drill"]))
        crashes = body["status"]["bot"]["crashes"] or 0
        told = [message for message in body["slack"]["messages"] if message["state"]]
        if not told:
            return cls(problems, message_open=False, told_s=None, crashes=crashes)
        last = told[-1]
        return cls(problems, last["state"] == "firing", body["now"] - last["at"], crashes)


def _status(status: Mapping[str, Any]) -> list[str]:
    problems = []
    if not status["bot"]["ready"]:
        reasons = status["bot"]["reasons"]
        why = f" ({reasons[0].rstrip('.')})" if reasons else ""
        problems.append(f"the bot is not ready{why}")
    for key, name in (("prometheus", "Prometheus"), ("alertmanager", "Alertmanager")):
        if not status[key]["up"]:
            problems.append(f"{name} does not answer")
    answer = status["faults"]["slack"]["status"]
    if answer is not None:
        problems.append(f"the Slack stand-in is told to answer {answer}")
    return problems


def _alerts(alerts: Mapping[str, Any]) -> list[str]:
    if alerts["error"]:
        return [f"the alerts are not known ({alerts['error'].rstrip('.')})"]
    return [f"{item['name']} is {item['state']}" for item in alerts["items"]]


def _drill(drill: Mapping[str, Any] | None) -> list[str]:
    if drill and drill["state"] == "running":
        return [f"the drill '{drill['name']}' is running"]
    return []
