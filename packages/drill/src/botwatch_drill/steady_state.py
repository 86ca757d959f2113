"""The wait for a site at rest: a run that starts amid another fault measures nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botwatch_drill.drill import Drill
    from botwatch_drill.progress import Line
    from botwatch_drill.snapshot import Snapshot
    from botwatch_drill.watch import Site

# By then Alertmanager has reported what is over, or never will.
MESSAGE_OPEN_S = 30.0
# Alertmanager clears out groups whose alerts are all over every 30 s; until then a new alert of
# the group waits for group_interval instead of group_wait.
GROUP_KEPT_S = 32.0
# So many crashes within ten minutes are a crash loop, and so is what a drill adds to earlier ones.
CRASHES_OF_A_LOOP = 3


class UnrestError(Exception):
    """The site did not come to rest; the message says what is not."""


def wait(site: Site, drill: Drill, line: Line) -> None:
    """Wait until the bot is ready, no alert is pending or firing, and no drill runs.

    Of the crashes that are still counted there must be few enough for the drill to add its own: a
    restart is only one of many where the bot crashed twice just before.

    Raises:
        UnrestError: it took too long.
        ControlError: the control room is gone.
        InterruptionError: somebody asked to end.
    """
    started = time.monotonic()
    limits = drill.limits
    calm_since: float | None = None
    told: set[bool] = set()
    while True:
        snapshot = site.control.state()
        now = time.monotonic()
        calm_since = None if _problems(drill, snapshot) else (calm_since or now)
        unrest = _unrest(drill, snapshot, calm_since, now)
        problems = unrest or _crashes(snapshot, drill)
        if not problems:
            return
        within_s = limits.rest_s if unrest else limits.forget_s
        if now - started >= within_s:
            message = f"the site is not at rest after {within_s:g} s: {problems}"
            raise UnrestError(message)
        if bool(unrest) not in told:
            line.says(f"waits for rest ({problems})")
            told.add(bool(unrest))
        line.waits(problems)
        site.stop.sleep(limits.poll_s)


def _unrest(drill: Drill, snapshot: Snapshot, calm_since: float | None, now: float) -> str:
    problems = _problems(drill, snapshot)
    if problems:
        return ", ".join(problems)
    if snapshot.message_open and calm_since is not None and now - calm_since < MESSAGE_OPEN_S:
        return "Slack has not received the last resolved notification yet"
    # Only a group that the drill's own alert belongs to makes it wait.
    told = [snapshot.told_s(alert) for alert in (drill.alert, *drill.also)]
    if any(ago_s is not None and ago_s < GROUP_KEPT_S for ago_s in told):
        return "Alertmanager still keeps the last alert's group"
    return _hidden(drill, snapshot)


def _hidden(drill: Drill, snapshot: Snapshot) -> str:
    for alert in drill.hidden_by:
        ago_s = snapshot.told_s(alert)
        if ago_s is not None and ago_s < drill.hidden_for_s:
            return f"{alert} was sent {ago_s:.0f} s ago, which keeps {drill.alert} quiet"
    return ""


def _problems(drill: Drill, snapshot: Snapshot) -> list[str]:
    own = {drill.alert, *drill.also}
    disturbing = (alert for alert in snapshot.alerts if alert.disturbs(own))
    return [*snapshot.problems, *(f"{alert.name} is {alert.state}" for alert in disturbing)]


def _crashes(snapshot: Snapshot, drill: Drill) -> str:
    if drill.crashes == 0 or snapshot.crashes == 0:
        return ""
    if snapshot.crashes + drill.crashes < CRASHES_OF_A_LOOP:
        return ""
    times = "once" if snapshot.crashes == 1 else f"{snapshot.crashes} times"
    return f"the bot crashed {times} within the last ten minutes"
