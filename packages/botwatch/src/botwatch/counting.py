"""The one place where the end of a command is counted."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from botwatch.metrics import Metrics, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from prometheus_client import Counter

ACTIVE_WINDOW = 3600.0
"""How long someone counts as active after a command, in seconds."""
MOST_COMMANDS = 500
"""So many commands have series of their own; the others share one."""
OTHER = "other"


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

    def __init__(self, metrics: Metrics, users: ActiveUsers, commands: Iterable[str] = ()) -> None:
        self._metrics = metrics
        self._users = users
        self._known: set[str] = set()
        # Looked up once: finding a label's counter costs as much as counting.
        self._outcomes: dict[tuple[str, Status], Counter] = {}
        self.know(commands)

    def know(self, commands: Iterable[str]) -> None:
        """Export the commands as 0 from now on, up to a limit: names come from code alone."""
        for command in sorted(set(commands) - self._known):
            self._label(command)

    def finish(self, command: str, status: Status, user_id: int, arrived: float) -> None:
        """Count a command that ended now.

        Args:
            command: its qualified name; a command of the bot's, never a user's text.
            status: how it ended.
            user_id: who asked.
            arrived: `time.perf_counter()` when the message arrived, in seconds.
        """
        self._outcomes[self._label(command), status].inc()
        self._metrics.latency.observe(time.perf_counter() - arrived)
        self._users.see(user_id)

    def refresh(self) -> None:
        """Set the gauge of active users."""
        self._metrics.active_users.set(self._users.count())

    def _label(self, command: str) -> str:
        if command not in self._known:
            if len(self._known) >= MOST_COMMANDS:
                command = OTHER
            self._known.add(command)
            for status in Status:
                self._outcomes[command, status] = self._metrics.commands.labels(command, status)
        return command
