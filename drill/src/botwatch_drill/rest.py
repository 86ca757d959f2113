"""The wait for a site at rest: a run that starts amid another fault measures nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botwatch_drill.progress import Line
    from botwatch_drill.runner import Site
    from botwatch_drill.snapshot import Snapshot

# By then Alertmanager has reported what is over, or never will.
MESSAGE_OPEN_S = 30.0
# Alertmanager clears out groups whose alerts are all over every 30 s; until then a new alert of
# the group waits for group_interval instead of group_wait.
GROUP_KEPT_S = 32.0


class UnrestError(Exception):
    """The site did not come to rest; the message says what is not."""


def wait(site: Site, line: Line) -> None:
    """Waits until the bot is ready, no alert is pending or firing, and no drill runs.

    Raises:
        UnrestError: it took too long.
        ControlError: the control room is gone.
        InterruptionError: somebody asked to end.
    """
    started = time.monotonic()
    calm_since: float | None = None
    told = False
    while True:
        snapshot = site.control.state()
        now = time.monotonic()
        calm_since = None if snapshot.problems else (calm_since or now)
        problems = _problems(snapshot, calm_since, now)
        if not problems:
            return
        if now - started >= site.limits.rest_s:
            message = f"the site is not at rest after {site.limits.rest_s:g} s: {problems}"
            raise UnrestError(message)
        if not told:
            line.says(f"waits for rest ({problems})")
            told = True
        line.waits(problems)
        site.stop.sleep(site.limits.poll_s)


def _problems(snapshot: Snapshot, calm_since: float | None, now: float) -> str:
    if snapshot.problems:
        return ", ".join(snapshot.problems)
    if snapshot.message_open and calm_since is not None and now - calm_since < MESSAGE_OPEN_S:
        return "Slack was not told yet that the last alert is over"
    if snapshot.told_s is not None and snapshot.told_s < GROUP_KEPT_S:
        return "Alertmanager still keeps the last alert's group"
    return ""
