"""How fast one person may use commands."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MINUTE = 60.0


class Cooldown:
    """Lets each user have so many commands in a minute, all at the same time or one after another.

    One number a user is enough: the moment at which their commands so far would have been used up,
    had they come evenly.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Make a cooldown; 0 a minute stands for no limit."""
        self._step = _MINUTE / per_minute if per_minute else 0.0
        self._clock = clock
        self._used_up: dict[int, float] = {}
        self._told: set[int] = set()
        self._swept = clock()

    def take(self, user_id: int) -> float:
        """Use one command; return 0, or how many seconds the user has to wait for the next."""
        if not self._step:
            return 0.0
        now = self._clock()
        after = max(self._used_up.get(user_id, now), now) + self._step
        if after - now > _MINUTE:
            return after - now - _MINUTE
        self._used_up[user_id] = after
        self._told.discard(user_id)
        return 0.0

    def tell(self, user_id: int) -> bool:
        """Return whether the user has yet to be told to wait: once is enough, for a time."""
        if user_id in self._told:
            return False
        self._told.add(user_id)
        return True

    def sweep(self) -> None:
        """Forget those who have been quiet; call it now and then."""
        now = self._clock()
        if now - self._swept < _MINUTE:
            return
        self._swept = now
        self._used_up = {user: moment for user, moment in self._used_up.items() if moment > now}
        self._told &= self._used_up.keys()
