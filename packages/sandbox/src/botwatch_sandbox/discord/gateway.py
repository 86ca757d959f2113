"""The gateway: takes connections, spreads events, and plays the gateway's faults."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from aiohttp import web

from botwatch_sandbox.discord import intents, payloads
from botwatch_sandbox.discord.connection import (
    CLOSE_WITHIN_S,
    FRAME_MAX_BYTES,
    CloseCode,
    Connection,
    HangUpError,
)
from botwatch_sandbox.discord.conversation import RECONNECT, Conversation, Timing
from botwatch_sandbox.discord.session import Session, Sessions
from botwatch_sandbox.discord.state import BOT, Message, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch_sandbox.changes import Changes
    from botwatch_sandbox.discord.faults import DiscordFaults
    from botwatch_sandbox.discord.guilds import Guild
    from botwatch_sandbox.jsonio import JsonObject

log = logging.getLogger(__name__)

CONNECTIONS_MAX = 32


class Gateway:
    """All connections and sessions.

    Attributes:
        listeners: called with the number of sessions and the time (Unix seconds), when the number
            changes.
        sessions: every session that lives.
    """

    def __init__(
        self,
        world: World,
        faults: DiscordFaults,
        token: str,
        changes: Changes,
        timing: Timing | None = None,
    ) -> None:
        self.listeners: list[Callable[[int, float], None]] = []
        self._world = world
        self._faults = faults
        self._token = token
        self._changes = changes
        self._timing = timing or Timing()
        self.sessions = Sessions(self._timing.session_s)
        self._conversations: dict[Conversation, asyncio.Task[None]] = {}
        self._last_count = 0
        world.listeners.append(self._spread)

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
            compressed=request.query.get("compress") == "zlib-stream",
            muted=lambda: self._faults.silent,
            timed=lambda: self._changes.touch("status"),
        )
        address = f"ws://{request.headers.get('Host', '')}{request.path}"
        conversation = Conversation(
            connection, self.sessions, self._world.scale, self._token, address, self._timing
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

    def interact(self, guild: Guild, interaction: JsonObject) -> bool:
        """Tell the bots of a guild that somebody uses a command; say whether there is one."""
        hearing = [session for session in self.sessions.all() if guild.belongs_to(session.shard)]
        for session in hearing:
            session.dispatch("INTERACTION_CREATE", interaction)
        return bool(hearing)

    def _spread(self, message: Message) -> None:
        if not message.draft.heard:
            return
        reply_to = message.draft.reply_to
        answered = None if reply_to is None else self._world.find(reply_to)
        for session in self.sessions.all():
            hears = message.guild.belongs_to(session.shard)
            if hears and session.intents & intents.GUILD_MESSAGES:
                event = payloads.message_create(
                    message, answered, hidden=_is_hidden(session, message)
                )
                session.dispatch("MESSAGE_CREATE", event)


def _is_hidden(session: Session, message: Message) -> bool:
    """Say whether Discord empties a message for a bot: it lacks the intent and is not meant."""
    mentioned = f"<@{BOT.id}>" in message.draft.content
    return not (session.intents & intents.MESSAGE_CONTENT or message.author == BOT or mentioned)
