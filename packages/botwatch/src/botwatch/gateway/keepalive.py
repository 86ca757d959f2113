"""The heartbeat of a gateway connection: a latency that is right, and a witness to the answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

import discord.gateway

if TYPE_CHECKING:
    from botwatch.gateway.state import GatewayState


class WitnessedKeepAlive(discord.gateway.KeepAliveHandler):
    """Notes the time before a heartbeat is sent, and tells when one is answered.

    The library notes the time in its own thread, after the event loop has sent the heartbeat. A
    gateway that is near answers before that, and the latency then contains a whole interval (41 s).
    It does not look for answers that never come either: any event keeps a connection alive for it.
    """

    state: ClassVar[GatewayState | None] = None

    def get_payload(self) -> dict[str, Any]:
        """Return the heartbeat to send now."""
        self._last_send = time.perf_counter()
        return super().get_payload()

    def ack(self) -> None:
        """Take note of an answered heartbeat."""
        super().ack()
        if self.state is not None:
            self.state.acknowledged(self.shard_id or 0, self.interval or 0.0)


def install(state: GatewayState) -> None:
    """Make every connection from now on use it; the library offers no hook for this."""
    WitnessedKeepAlive.state = state
    discord.gateway.KeepAliveHandler = WitnessedKeepAlive  # type: ignore[misc] # replaces the class
