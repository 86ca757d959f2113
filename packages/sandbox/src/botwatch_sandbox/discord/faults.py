"""The faults that the stand-in plays on request."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botwatch_sandbox.changes import Changes
    from botwatch_sandbox.jsonio import JsonObject


@dataclass(slots=True)
class DiscordFaults:
    """Faults that stay until they are used up or taken back.

    Attributes:
        changes: notified when a fault changes.
        rate_limit: how many of the next REST calls are answered 429.
        via: whether those answers carry the `Via` header; discord.py retries only then.
        server_error: how many of the next REST calls are answered with a server's error.
        server_status: with which one.
        slow_ms: by how many milliseconds every REST answer is delayed.
        hold_gateway: new gateway connections are refused.
        silent: the gateway stays open but says nothing, not even a heartbeat's ack.
    """

    changes: Changes
    rate_limit: int = 0
    via: bool = True
    server_error: int = 0
    server_status: int = 500
    slow_ms: int = 0
    hold_gateway: bool = False
    silent: bool = False
    _expiry: asyncio.TimerHandle | None = None

    def expire(self, after_s: float | None) -> None:
        """Take everything back after a while; None: never by itself."""
        if self._expiry is not None:
            self._expiry.cancel()
        loop = asyncio.get_running_loop()
        self._expiry = None if after_s is None else loop.call_later(after_s, self.take_back)
        self.changes.touch("status")

    def take_back(self) -> None:
        """Play no fault any more."""
        self.rate_limit = self.server_error = self.slow_ms = 0
        self.hold_gateway = self.silent = False
        self.changes.touch("status")

    def take_rate_limit(self) -> bool:
        """Use up one 429, if there is one left."""
        if self.rate_limit == 0:
            return False
        self.rate_limit -= 1
        self.changes.touch("status")
        return True

    def take_server_error(self) -> bool:
        """Use up one error of a server's, if there is one left."""
        if self.server_error == 0:
            return False
        self.server_error -= 1
        self.changes.touch("status")
        return True

    def view(self) -> JsonObject:
        """Return the faults as the snapshot shows them."""
        return {
            "rate_limit": self.rate_limit,
            "server_error": self.server_error,
            "slow_ms": self.slow_ms,
            "hold_gateway": self.hold_gateway,
            "silent": self.silent,
        }
