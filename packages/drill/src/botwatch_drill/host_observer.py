"""Watches a stack that has no control room: asks Prometheus and Alertmanager on its host.

Notifications cannot be read there, only counted, as Alertmanager does. One that was sent is taken
to be about every alert that fires then or is over, and for which none was sent yet: groups are
small, and group_wait is short.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING, Any

from botwatch_drill.control import ControlError
from botwatch_drill.host import HostError
from botwatch_drill.recording import Recording
from botwatch_drill.snapshot import Alert, Notification, Snapshot
from botwatch_drill.terms import BOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from botwatch_drill.host import Host
    from botwatch_drill.terms import Observability

KEPT = 200
# Asks everything in one go, as every question to a host takes its time.
_LOOK = """python3 - {arguments} <<'END'
import json, sys, time, urllib.error, urllib.parse, urllib.request as web
bot, prometheus, alertmanager, ready, crashes = sys.argv[1:]
direct = web.build_opener(web.ProxyHandler({{}}))
def ask(url):
    try:
        with direct.open(url, timeout=5) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, OSError):
        return None
def query(what):
    return ask(prometheus + "/api/v1/query?query=" + urllib.parse.quote(what))
print(json.dumps({{
    "now": time.time(),
    "ready": query(ready) if ready else ask(bot + "/readyz") is not None,
    "health": None if ready else ask(bot + "/health"),
    "alerts": ask(prometheus + "/api/v1/alerts"),
    "crashes": query(crashes),
    "metrics": ask(alertmanager + "/metrics"),
}}))
END"""
# A Prometheus that does not answer is what the preflight reports.
_RULES = """python3 - {prometheus} <<'END' || echo []
import json, sys, urllib.request as web
direct = web.build_opener(web.ProxyHandler({{}}))
with direct.open(sys.argv[1] + "/api/v1/rules?type=alert", timeout=5) as answer:
    groups = json.load(answer)["data"]["groups"]
print(json.dumps([
    [rule["name"], rule.get("query", ""), rule.get("labels", {{}}).get("bot", "")]
    for group in groups for rule in group["rules"]
]))
END"""
# How Prometheus says whether a bot runs that does not say it itself; its unit's job watches no
# other one.
_READY = {
    "botwatch": "",
    "metrics": "max(up{job='discord-bot'})",
    "none": "max(node_systemd_unit_state{job='discord-bot-unit', state='active'})"
    " or max(kube_pod_container_status_running{container='BOT'})"
    " or max(time() - timestamp(container_start_time_seconds{container='BOT'}) < bool 30)",
}
_RESTARTS = "max(increase(node_systemd_service_restart_total{job='discord-bot-unit'}[10m]))"
_CRASHES = f"sum(increase(discord_bot_crashes_total[10m])) or {_RESTARTS} or vector(0)"
_SENT = "alertmanager_notifications_total{"
_FAILED = "alertmanager_notifications_failed_total{"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts of the stack are reached on their host."""

    bot: str
    prometheus: str
    alertmanager: str


@dataclass(frozen=True, slots=True)
class Bot:
    """The bot of a stack.

    Attributes:
        name: as in the variable discord_bot_name.
        observability: what is known of it.
    """

    name: str = BOT
    observability: Observability = "botwatch"


@dataclass(frozen=True, slots=True)
class Rule:
    """An alert that Prometheus has a rule for.

    Attributes:
        name: the alert's.
        query: when it fires.
        bot: the bot that it is about; empty for other alerts.
    """

    name: str
    query: str = ""
    bot: str = ""


@dataclass(slots=True)
class HostLook:
    """Looks at a stack from its host.

    Attributes:
        host: where it runs.
        addresses: where its parts are reached there.
        bot: the bot that runs there.
    """

    host: Host
    addresses: Addresses
    bot: Bot = field(default_factory=Bot)
    _sent: float | None = None
    _open: set[str] = field(default_factory=set)
    _notifications: list[Notification] = field(default_factory=list)

    def __call__(self) -> Snapshot:
        """Return what is seen now.

        Raises:
            ControlError: the host cannot be asked.
        """
        addresses = self.addresses
        ready = _READY[self.bot.observability].replace("BOT", self.bot.name)
        words = [*astuple(addresses), ready, _CRASHES]
        try:
            seen = json.loads(self.host.sh(_LOOK.format(arguments=shlex.join(words))))
        except (HostError, ValueError) as error:
            message = f"the host cannot be asked: {error}"
            raise ControlError(message) from error
        if self.bot.observability != "botwatch":
            seen["ready"] = _number(seen["ready"]) == 1
        alerts = _alerts(seen["alerts"])
        self._count(seen, {alert.name for alert in alerts if alert.state == "firing"})
        return Snapshot(
            now=seen["now"],
            problems=_problems(seen),
            alerts=tuple(alerts),
            notifications=tuple(self._notifications),
            ready=seen["ready"],
            started_at=_started_at(seen),
            crashes=round(_number(seen["crashes"])),
        )

    def _count(self, seen: dict[str, Any], firing: set[str]) -> None:
        """Note what the notifications that were sent since the last look can be about."""
        if seen["metrics"] is None or seen["alerts"] is None:
            return
        sent, before = _accepted(seen["metrics"]), self._sent
        self._sent = sent
        if before is None:
            self._open = set(firing)  # for what fired before the first look, one was sent before
        elif sent > before:
            states = {"firing": firing - self._open, "resolved": self._open - firing}
            for state, names in states.items():
                self._notifications += [
                    Notification(seen["now"], state, name, name) for name in sorted(names)
                ]
            self._notifications = self._notifications[-KEPT:]
            self._open = set(firing)


def alert_rules(host: Host, prometheus: str) -> tuple[Rule, ...]:
    """Return the alerts that Prometheus has rules for; none where it cannot say."""
    try:
        found = json.loads(host.sh(_RULES.format(prometheus=prometheus)))
        return tuple(Rule(*rule) for rule in found)
    except (HostError, TypeError, ValueError):
        return ()


def bot_in(rules: Sequence[Rule]) -> Bot:
    """Say which bot the rules are about, and what is known of it; without rules, the usual bot."""
    about = {rule.name: rule for rule in rules if rule.bot}
    down, crashes = about.get("DiscordBotDown"), about.get("DiscordBotCrashLooping")
    if down is None or crashes is None:
        return Bot()
    # Only the library counts crashes, and only what has metrics is scraped.
    if "discord_bot_crashes_total" in crashes.query:
        return Bot(down.bot, "botwatch")
    return Bot(down.bot, "metrics" if "up{" in down.query else "none")


def host_observer(host: Host, addresses: Addresses, bot: Bot) -> Recording:
    """Return the observer of a stack without stand-ins."""
    return Recording(HostLook(host, addresses, bot))


def _alerts(answer: str | None) -> list[Alert]:
    """Read Prometheus' alerts, without those of the machinery."""
    found = json.loads(answer)["data"]["alerts"] if answer else []
    return [
        Alert(alert["labels"]["alertname"], alert["state"], alert["labels"].get("service", ""))
        for alert in found
        if alert["labels"].get("severity") != "none"
    ]


def _started_at(seen: dict[str, Any]) -> float | None:
    """Say when the bot's process started, at the latest."""
    uptime_s = json.loads(seen["health"]).get("uptime_seconds") if seen["health"] else None
    return None if uptime_s is None else seen["now"] - uptime_s


def _problems(seen: dict[str, Any]) -> tuple[str, ...]:
    problems = [] if seen["ready"] else ["the bot is not ready"]
    for key, name in (("alerts", "Prometheus"), ("metrics", "Alertmanager")):
        problems += [] if seen[key] is not None else [f"{name} does not answer"]
    return tuple(problems)


def _accepted(metrics: str) -> float:
    """Count the notifications that were accepted; those to the stack's own probe do not count."""
    return _sum(metrics, _SENT) - _sum(metrics, _FAILED)


def _sum(metrics: str, start: str) -> float:
    lines = (line for line in metrics.splitlines() if line.startswith(start))
    return sum(float(line.rsplit(maxsplit=1)[1]) for line in lines if '"webhook"' not in line)


def _number(answer: str | None) -> float:
    """Read the number that Prometheus answered; 0 where it has none."""
    result = json.loads(answer)["data"]["result"] if answer else []
    return float(result[0]["value"][1]) if result else 0.0
