"""Send one alert to every channel of Alertmanager, and its end, and say which channel took both."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib import request
from urllib.error import URLError
from urllib.parse import quote

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: test_alert
short_description: Send one alert to every channel of Alertmanager, and its end
description:
  - Fails if Prometheus does not reach Alertmanager, or a channel does not take one of the two.
  - The alert ends by itself if the module cannot end it.
options:
  address:
    description: The host and port of Alertmanager.
    type: str
    required: true
  channels:
    description:
      - Each has a name, the integration that Alertmanager counts its notifications under, and with
        shared=true if others that send all the time are counted there, too.
    type: list
    elements: dict
    required: true
  labels:
    description: The labels of the alert.
    type: dict
    required: true
  annotations:
    description: The annotations of the alert.
    type: dict
    required: true
  generator_url:
    description: Where the alert's link leads.
    type: str
    required: true
  timeout_s:
    description: How long a channel may take, for each of the two.
    type: int
    default: 60
"""

RETURN = """
channels:
  description: Of each channel its name, and what became of the alert and its end.
  type: list
  returned: always
"""

PATIENCE_S = 10
POLL_S = 0.5
# Prometheus repeats every alert within this time, and Watchdog always fires.
FRESH_S = 300
COUNTER = re.compile(
    r'^alertmanager_notification_requests_(failed_)?total\{[^}]*integration="(\w+)"[^}]*\} (\S+)$',
    re.MULTILINE,
)
TAKEN = "taken"
Data = dict[str, Any]
Counts = dict[str, tuple[float, float]]
Ask = Callable[[str, object], str]


class ChainError(Exception):
    """The alert cannot be sent; the message says why, and what to do."""


def parse_counts(metrics: str) -> Counts:
    """Read for each integration how many requests were made, and how many of them failed."""
    counts: Counts = {}
    for failed, integration, value in COUNTER.findall(metrics):
        made, missed = counts.get(integration, (0.0, 0.0))
        if failed:
            missed += float(value)
        else:
            made += float(value)
        counts[integration] = (made, missed)
    return counts


def verdicts(channels: list[Data], before: Counts, now: Counts) -> dict[str, str]:
    """Say for each channel whether it took a notification, or refused it; nothing where neither.

    Channels of one integration are counted together: all of them took it, or it is not known which.
    """
    found = {}
    for channel in channels:
        integration = channel["integration"]
        wanted = sum(other["integration"] == integration for other in channels)
        made, missed = (
            new - old
            for new, old in zip(
                now.get(integration, (0.0, 0.0)), before.get(integration, (0.0, 0.0)), strict=True
            )
        )
        if made - missed >= wanted and not (channel.get("shared") and missed):
            found[channel["name"]] = TAKEN
        elif missed:
            found[channel["name"]] = "refused"
    return found


@dataclass
class AlertTest:
    """One alert on its way to channels, as Alertmanager's API takes it without its times."""

    ask: Ask
    channels: list[Data]
    alert: Data
    timeout_s: float
    rows: dict[str, Data] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = {
            channel["name"]: {"name": channel["name"], "firing": "not sent", "resolved": "not sent"}
            for channel in self.channels
        }

    def run(self) -> None:
        """Send the alert and its end, and note what became of both.

        Raises:
            ChainError: the chain is broken before the channels.
        """
        self._check_prometheus()
        started = time.time()
        try:
            # Should nobody end it, it ends after two phases and a bit more.
            self._phase("firing", started, started + 2 * self.timeout_s + PATIENCE_S)
        finally:
            self._phase("resolved", started, time.time())

    def faults(self) -> list[str]:
        """List what did not arrive, a sentence each."""
        return [
            f"{row['name']}: the {phase} notification was {row[phase]}."
            for row in self.rows.values()
            for phase in ("firing", "resolved")
            if not row[phase].startswith(TAKEN)
        ]

    def held_back(self) -> str:
        """Say what keeps the alert from being sent; nothing if it is not held back."""
        for alert in self._alerts(self.alert["labels"]["alertname"]):
            if by := alert["status"].get("silencedBy"):
                return f"silenced by {', '.join(by)}"
            if alert["status"].get("inhibitedBy"):
                return "inhibited by another alert"
        return ""

    def _alerts(self, name: str) -> list[Data]:
        found: list[Data] = json.loads(
            self.ask("/api/v2/alerts?filter=" + quote(f'alertname="{name}"'), None)
        )
        return found

    def _check_prometheus(self) -> None:
        ages = [age_s(alert["updatedAt"]) for alert in self._alerts("Watchdog")]
        if not ages or min(ages) > FRESH_S:
            message = (
                "Prometheus sends no alerts to Alertmanager, as Watchdog, which always fires, does "
                "not arrive there: look at the log of Prometheus, or run site.yml."
            )
            raise ChainError(message)

    def _phase(self, phase: str, started: float, ends: float) -> None:
        before = parse_counts(self.ask("/metrics", None))
        since = time.monotonic()
        times = {"startsAt": written(started), "endsAt": written(ends)}
        self.ask("/api/v2/alerts", [{**self.alert, **times}])
        # What never fired somewhere does not end there.
        taken = {name for name, row in self.rows.items() if row["firing"].startswith(TAKEN)}
        due = set(self.rows) if phase == "firing" else taken
        found: dict[str, str] = {}
        while due and time.monotonic() - since < self.timeout_s:
            found = verdicts(self.channels, before, parse_counts(self.ask("/metrics", None)))
            for name in [name for name in due if found.get(name) == TAKEN]:
                self.rows[name][phase] = f"{TAKEN} after {time.monotonic() - since:.1f} s"
                due.remove(name)
            if due:
                time.sleep(POLL_S)
        reason = self.held_back() if due and phase == "firing" else ""
        for name in due:
            self.rows[name][phase] = found.get(name) or reason or f"not sent in {self.timeout_s} s"


def age_s(moment: str) -> float:
    """Return how many seconds ago a time as Alertmanager writes it was."""
    # To the microsecond, and with an offset: as old versions of Python read it.
    text = re.sub(r"(\.\d{1,6})\d*", r"\1", moment.replace("Z", "+00:00"))
    text = re.sub(r"\.(\d+)", lambda found: f".{found[1]:0<6}", text)
    return time.time() - datetime.fromisoformat(text).timestamp()


def written(moment: float) -> str:
    """Write a time as Alertmanager reads it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def asking(address: str) -> Ask:
    """Return what asks the Alertmanager at an address, past any proxy."""
    opener = request.build_opener(request.ProxyHandler({}))

    def ask(path: str, body: object | None) -> str:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        asked = request.Request(f"http://{address}{path}", data=data, headers=headers)
        try:
            with opener.open(asked, timeout=PATIENCE_S) as answer:
                return str(answer.read().decode())
        except (URLError, OSError) as error:
            message = f"Alertmanager at {address} does not answer ({error}): run site.yml."
            raise ChainError(message) from error

    return ask


def main() -> None:
    """Answer Ansible."""
    module = AnsibleModule(
        argument_spec={
            "address": {"type": "str", "required": True},
            "channels": {"type": "list", "elements": "dict", "required": True},
            "labels": {"type": "dict", "required": True},
            "annotations": {"type": "dict", "required": True},
            "generator_url": {"type": "str", "required": True},
            "timeout_s": {"type": "int", "default": 60},
        },
    )
    given = module.params
    alert = {
        "labels": given["labels"],
        "annotations": given["annotations"],
        "generatorURL": given["generator_url"],
    }
    test = AlertTest(asking(given["address"]), given["channels"], alert, given["timeout_s"])
    try:
        test.run()
    except ChainError as error:
        module.fail_json(msg=str(error), channels=list(test.rows.values()))
    module.exit_json(changed=True, channels=list(test.rows.values()), faults=test.faults())


if __name__ == "__main__":
    main()
