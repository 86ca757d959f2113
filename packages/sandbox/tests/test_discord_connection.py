from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from botwatch_sandbox.discord.connection import OUTBOX_FRAMES, Connection

if TYPE_CHECKING:
    from aiohttp import web


class StuckSocket:
    """A web socket to a bot that has stopped reading."""

    def __init__(self) -> None:
        self.sending = asyncio.Event()

    async def send_str(self, _: str) -> None:
        self.sending.set()
        await asyncio.Event().wait()


class Transport:
    def __init__(self) -> None:
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True


async def test_a_bot_that_stops_reading_is_cut_off_before_the_queue_grows_on() -> None:
    socket, transport = StuckSocket(), Transport()
    connection = Connection(
        cast("web.WebSocketResponse", socket),
        cast("asyncio.Transport", transport),
        compression="",
        muted=lambda: False,
        timed=lambda: None,
    )
    writer = asyncio.create_task(connection.write())
    connection.send("{}")
    await asyncio.wait_for(socket.sending.wait(), 5)
    for _ in range(OUTBOX_FRAMES):
        connection.send("{}")
    assert not transport.aborted
    connection.send("{}")
    assert transport.aborted
    writer.cancel()
