"""The one place where the end of a command is counted."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from botwatch.metrics import Metrics, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ACTIVE_WINDOW = 3600.0
"""How long someone counts as active after a command, in seconds."""


class ActiveUsers:
    """Different people seen within the window, in the order in which they were last seen."""

    def __init__(
        self, window: float = ACTIVE_WINDOW, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._window = window
        self._clock = clock
        self._last_seen: OrderedDict[int, float] = OrderedDict()

    def see(self, user_id: int) -> None:
        """Note that someone used a command now."""
        self._last_seen[user_id] = self._clock()
        self._last_seen.move_to_end(user_id)

    def count(self) -> int:
        """Forget those not seen within the window, and return how many are left."""
        horizon = self._clock() - self._window
        while self._last_seen and next(iter(self._last_seen.values())) < horizon:
            self._last_seen.popitem(last=False)
        return len(self._last_seen)


class CommandCounter:
    """Counts each command once, when it has ended."""

    def __init__(self, metrics: Metrics, users: ActiveUsers, commands: Iterable[str]) -> None:
        self._metrics = metrics
        self._users = users
        # Looked up once: finding a label's counter costs as much as counting.
        self._outcomes = {
            (command, status): metrics.commands.labels(command, status)
            for command in commands
            for status in Status
        }

    def finish(self, command: str, status: Status, user_id: int, arrived: float) -> None:
        """Count a command that ended now.

        Args:
            command: its name, one of those the metrics were made with.
            status: how it ended.
            user_id: who asked.
            arrived: `time.perf_counter()` when the message arrived, in seconds.
        """
        self._outcomes[command, status].inc()
        self._metrics.latency.observe(time.perf_counter() - arrived)
        self._users.see(user_id)

    def refresh(self) -> None:
        """Set the gauge of active users."""
        self._metrics.active_users.set(self._users.count())
