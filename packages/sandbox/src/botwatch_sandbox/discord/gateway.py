"""The gateway: takes connections, spreads events, and plays the gateway's faults."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from aiohttp import web

from botwatch_sandbox.discord.connection import (
    CLOSE_WITHIN_S,
    FRAME_MAX_BYTES,
    CloseCode,
    Connection,
    HangUpError,
)
from botwatch_sandbox.discord.conversation import RECONNECT, Conversation, Timing
from botwatch_sandbox.discord.session import Sessions
from botwatch_sandbox.discord.spreading import Spreader

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch_sandbox.discord.faults import DiscordFaults
    from botwatch_sandbox.discord.missing import Missing
    from botwatch_sandbox.discord.state import World

log = logging.getLogger(__name__)

CONNECTIONS_MAX = 32


class Gateway:
    """All connections and sessions.

    Attributes:
        listeners: called with the number of sessions and the time (Unix seconds), when the number
            changes.
        sessions: every session that lives.
        spreader: sends them events.
    """

    def __init__(
        self,
        world: World,
        faults: DiscordFaults,
        token: str,
        missing: Missing,
        timing: Timing | None = None,
    ) -> None:
        self.listeners: list[Callable[[int, float], None]] = []
        self._world = world
        self._faults = faults
        self._token = token
        self._changes = world.changes
        self._missing = missing
        self._timing = timing or Timing()
        self.sessions = Sessions(self._timing.session_s)
        self._conversations: dict[Conversation, asyncio.Task[None]] = {}
        self._last_count = 0
        self.spreader = Spreader(world, self.sessions)
        self.spreader.listen()

    @property
    def session_count(self) -> int:
        """How many sessions have a connection."""
        return len(self.sessions.attached())

    @property
    def latency_ms(self) -> float | None:
        """The slowest bot's way there and back, in milliseconds; None before it was timed."""
        found = [
            session.connection.latency_s
            for session in self.sessions.attached()
            if session.connection is not None and session.connection.latency_s is not None
        ]
        return round(max(found) * 1000, 1) if found else None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Take a bot's connection and talk with it until it ends."""
        if self._faults.hold_gateway or len(self._conversations) >= CONNECTIONS_MAX:
            return web.Response(status=503, text="The gateway takes no connection now.\n")
        socket = web.WebSocketResponse(
            timeout=CLOSE_WITHIN_S, max_msg_size=FRAME_MAX_BYTES, autoping=False, compress=False
        )
        await socket.prepare(request)
        connection = Connection(
            socket,
            request.transport,
            compression=request.query.get("compress", ""),
            muted=lambda: self._faults.silent,
            timed=lambda: self._changes.touch("status"),
        )
        conversation = Conversation(
            connection,
            self.sessions,
            self._world,
            self._token,
            gateway_url(request, request.path),
            self._timing,
            self._missing,
        )
        await self._talk(conversation, request.query.get("v", ""))
        return socket

    async def close(self) -> None:
        """End every connection: politely, and after a moment by force."""
        self.drop(CloseCode.GOING_AWAY)
        if self._conversations:
            await asyncio.wait(list(self._conversations.values()), timeout=CLOSE_WITHIN_S)
        self.drop(None)

    def drop(self, code: int | None) -> None:
        """End every connection: with a close code, or without a word when there is none."""
        for conversation in self._conversations:
            if code is None:
                conversation.connection.abort()
            else:
                conversation.connection.close(code)

    def ask_to_reconnect(self) -> None:
        """Tell every bot to reconnect and resume (op 7)."""
        for conversation in self._conversations:
            conversation.connection.send_op(RECONNECT)

    def invalidate(self, *, resumable: bool) -> None:
        """Tell every bot that its session is invalid (op 9)."""
        for conversation in self._conversations:
            if conversation.session is not None:
                conversation.invalidate(resumable=resumable)
        self._note_change()

    async def _talk(self, conversation: Conversation, version: str) -> None:
        connection = conversation.connection
        writer = asyncio.create_task(connection.write())
        self._conversations[conversation] = writer
        try:
            conversation.hello(version)
            while await conversation.answer_next():
                self._note_change()
        except HangUpError as error:
            log.info("%s", error)
            connection.close(error.code)
        finally:
            self._conversations.pop(conversation)
            self._release(connection)
            self._note_change()
            if connection.closed_by_us:  # let the writer send the close frame
                await asyncio.wait([writer], timeout=CLOSE_WITHIN_S)
            writer.cancel()

    def _release(self, connection: Connection) -> None:
        session = self.sessions.of(connection)
        if session is None:
            return
        session.detach()
        if connection.ended_by_bot_for_good():
            self.sessions.discard(session)

    def _note_change(self) -> None:
        self._changes.touch("status")
        count = self.session_count
        if count != self._last_count:
            self._last_count = count
            for listener in self.listeners:
                listener(count, time.time())


def gateway_url(request: web.Request, path: str) -> str:
    """Return where a bot finds the gateway, by the name that it knows the stand-in by."""
    if request.secure:
        return "wss://gateway.discord.gg"
    return f"ws://{request.headers.get('Host', '')}{path}"
