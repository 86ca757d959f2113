"""The wait for a steady state: a run that starts during another fault measures nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botwatch_drill.drill import Drill
    from botwatch_drill.progress import Line
    from botwatch_drill.snapshot import Snapshot
    from botwatch_drill.watch import Stack

# By then Alertmanager has reported what is over, or never will.
MESSAGE_OPEN_S = 30.0
# Alertmanager clears out groups whose alerts are all over every 30 s; until then a new alert of
# the group waits for group_interval instead of group_wait.
GROUP_KEPT_S = 32.0
# So many crashes within ten minutes are a crash loop, and so is what a drill adds to earlier ones.
CRASHES_OF_A_LOOP = 3


class NotSteadyError(Exception):
    """The stack did not reach a steady state; the message says why."""


def wait(stack: Stack, drill: Drill, line: Line) -> None:
    """Wait until the bot is ready, no alert is pending or firing, and no drill runs.

    Of the crashes that are still counted there must be few enough for the drill to add its own: a
    restart is only one of many where the bot crashed twice just before.

    Raises:
        NotSteadyError: it took too long.
        ControlError: the control room is gone.
        InterruptionError: somebody asked to end.
    """
    started = time.monotonic()
    limits = drill.limits
    calm_since: float | None = None
    said: set[bool] = set()
    while True:
        snapshot = stack.control.state()
        now = time.monotonic()
        calm_since = None if _problems(drill, snapshot) else (calm_since or now)
        not_steady = _not_steady(drill, snapshot, calm_since, now)
        problems = not_steady or _crashes(snapshot, drill)
        if not problems:
            return
        within_s = limits.steady_s if not_steady else limits.forget_s
        if now - started >= within_s:
            message = f"the stack has not reached a steady state after {within_s:g} s: {problems}"
            raise NotSteadyError(message)
        if bool(not_steady) not in said:
            line.says(f"waits for a steady state ({problems})")
            said.add(bool(not_steady))
        line.waits(problems)
        stack.stop.sleep(limits.poll_s)


def _not_steady(drill: Drill, snapshot: Snapshot, calm_since: float | None, now: float) -> str:
    problems = _problems(drill, snapshot)
    if problems:
        return ", ".join(problems)
    if snapshot.message_open and calm_since is not None and now - calm_since < MESSAGE_OPEN_S:
        return "Slack has not received the last resolved notification yet"
    # Only a group that the drill's own alert belongs to makes it wait.
    sent = [snapshot.notified_s(alert) for alert in (drill.alert, *drill.also)]
    if any(ago_s is not None and ago_s < GROUP_KEPT_S for ago_s in sent):
        return "Alertmanager still keeps the last alert's group"
    return _hidden(drill, snapshot)


def _hidden(drill: Drill, snapshot: Snapshot) -> str:
    for alert in drill.hidden_by:
        ago_s = snapshot.notified_s(alert)
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
