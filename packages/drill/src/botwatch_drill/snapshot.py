"""The state of the stack at one moment, as far as a drill needs to know it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from botwatch_sandbox.drills.recorder import State

WORD = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True)
class Notification:
    """A message that Slack received.

    Attributes:
        at: when (Unix seconds).
        state: "firing" or "resolved"; None: about no alert.
        titles: what its attachments are headed.
        words: all that it says.
    """

    at: float
    state: str | None
    titles: str
    words: str

    def reports(self, alert: str | None, state: State) -> bool:
        """Say whether it reports an alert (any, when None) in a state."""
        return self.state == state and self.names(alert)

    def words_on(self, alert: str | None) -> str:
        """Return all that it says: its alerts are not distinguished."""
        del alert
        return self.words

    def names(self, alert: str | None) -> bool:
        """Say whether it is about an alert (any, when None)."""
        return self.state is not None and (alert is None or alert in WORD.findall(self.titles))


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that is pending or firing."""

    name: str
    state: str
    service: str

    def disturbs(self, own: Collection[str | None]) -> bool:
        """Say whether a drill with alerts of its own has to wait for the end of it.

        An alert about the node, perhaps for days, does not change notifications about the bot.
        """
        return self.service != "node" or self.name in own


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is seen of the stack.

    Attributes:
        now: when it was (Unix seconds).
        problems: what keeps the stack from its steady state, a short clause each.
        alerts: all that are pending or firing.
        notifications: what Slack received lately, in this order.
        refused: when Slack refused something, or did not answer (Unix seconds).
        ready: whether the bot is ready.
        started_at: when the bot's process started (Unix seconds on the host's clock); None: it does
            not say.
        crashes: how often the bot crashed within the last ten minutes, as Prometheus counted.
    """

    now: float
    problems: tuple[str, ...] = ()
    alerts: tuple[Alert, ...] = ()
    notifications: tuple[Notification, ...] = ()
    refused: tuple[float, ...] = ()
    ready: bool = True
    started_at: float | None = None
    crashes: int = 0

    @property
    def firing(self) -> frozenset[str]:
        """The names of the alerts that fire."""
        return frozenset(alert.name for alert in self.alerts if alert.state == "firing")

    @property
    def message_open(self) -> bool:
        """Whether Slack's last word about an alert is that it fires."""
        last = [sent.state for sent in self.notifications if sent.state is not None][-1:]
        return last == ["firing"]

    def notified_s(self, alert: str | None) -> float | None:
        """Return the seconds since Slack was last notified of an alert (any: None); None: never."""
        last = [sent.at for sent in self.notifications if sent.names(alert)][-1:]
        return self.now - last[0] if last else None

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Snapshot:
        """Read the JSON of GET /control/state.

        Raises:
            KeyError, TypeError: it has another shape.
        """
        alerts = body["alerts"]
        return cls(
            now=body["now"],
            problems=(*_status(body["status"]), *_unknown(alerts), *_drill(body["drill"])),
            alerts=tuple(
                Alert(item["name"], item["state"], item["labels"].get("service", ""))
                for item in alerts["items"]
            ),
            notifications=tuple(_notification(message) for message in body["slack"]["messages"]),
            refused=tuple(entry["at"] for entry in body["slack"]["refused"]),
            ready=body["status"]["bot"]["ready"],
            crashes=body["status"]["bot"]["crashes"] or 0,
        )


def _notification(message: Mapping[str, Any]) -> Notification:
    attachments = message["attachments"]
    titles = [attachment.get("title", "") for attachment in attachments]
    texts = [attachment.get("text", "") for attachment in attachments]
    words = "\n".join(part for part in (message["text"], *titles, *texts) if part)
    return Notification(message["at"], message["state"], "\n".join(titles), words)


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
        problems.append(f"the Slack stand-in is set to respond with {answer}")
    return problems


def _unknown(alerts: Mapping[str, Any]) -> list[str]:
    if alerts["error"]:
        return [f"the alerts are not known ({alerts['error'].rstrip('.')})"]
    return []


def _drill(drill: Mapping[str, Any] | None) -> list[str]:
    if drill and drill["state"] == "running":
        return [f"the drill '{drill['name']}' is running"]
    return []
