"""One gateway connection: frames out through a bounded queue, frames in one by one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from aiohttp import WSMessage, WSMsgType, web

from botwatch_sandbox.discord.compression import compressor
from botwatch_sandbox.jsonio import JsonObject, encode, is_object

if TYPE_CHECKING:
    from collections.abc import Callable

OUTBOX_FRAMES = 1000
FRAME_MAX_BYTES = 4096  # Discord's own limit for what a bot sends
CLOSE_WITHIN_S = 0.3


class CloseCode(IntEnum):
    """Discord's close codes; README.md tells when the stand-in uses which."""

    GOING_AWAY = 1001
    UNKNOWN_ERROR = 4000
    UNKNOWN_OPCODE = 4001
    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_SEQ = 4007
    RATE_LIMITED = 4008
    SESSION_TIMED_OUT = 4009
    INVALID_SHARD = 4010
    INVALID_VERSION = 4012
    INVALID_INTENTS = 4013
    DISALLOWED_INTENTS = 4014


class HangUpError(Exception):
    """The conversation ends with a close code."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(f"the gateway closes with {code.value} ({code.name})")
        self.code = code


@dataclass(frozen=True, slots=True)
class _Close:
    code: int


class _Ping:
    """A web socket's ping, which the bot's library answers without telling the bot."""


class Connection:
    """A bot's web socket.

    Args:
        socket: the prepared web socket.
        transport: what carries it, to cut it without a word.
        compression: the transport compression that the bot asks for; unknown ones are ignored.
        muted: asked before every frame; while it says so, nothing goes out.
        timed: called when the latency was measured again.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        *,
        compression: str,
        muted: Callable[[], bool],
        timed: Callable[[], None],
    ) -> None:
        self.latency_s: float | None = None
        self.closed_by_us = False
        self._socket = socket
        self._transport = transport
        self._compress = compressor(compression)
        self.compressed = self._compress is not None
        self._muted = muted
        self._timed = timed
        self._outbox: asyncio.Queue[tuple[str, ...] | _Close | _Ping] = asyncio.Queue(OUTBOX_FRAMES)
        self._pinged_at: float | None = None

    def send(self, *frames: str) -> None:
        """Queue frames; a bot that does not read is cut off when the queue is full.

        However many are queued together, they take one place: no bot can help what it is sent at
        once.
        """
        self._put(frames)

    def send_op(self, op: int, data: object = None) -> None:
        """Queue a frame that is no event."""
        self._put((encode({"op": op, "d": data, "s": None, "t": None}),))

    def close(self, code: int) -> None:
        """Close the connection with a code, after what is queued already."""
        self.closed_by_us = True
        self._put(_Close(code))

    def abort(self) -> None:
        """Cut the connection without a close frame, as a failing network does."""
        if self._transport is not None:
            self._transport.abort()

    def ping(self) -> None:
        """Time the way to the bot and back, below Discord's protocol: no event shows it."""
        self._put(_Ping())

    async def write(self) -> None:
        """Send what is queued until the connection ends."""
        with contextlib.suppress(ConnectionError):
            while True:
                item = await self._outbox.get()
                if isinstance(item, _Close):
                    await self._socket.close(code=item.code)
                    return
                if isinstance(item, _Ping):
                    await self._write_ping()
                else:
                    await self._write(item)

    async def read(self, within_s: float) -> JsonObject | None:
        """Return the bot's next frame, None at the end of the connection.

        Raises:
            HangUpError: the frame is no JSON object.
            TimeoutError: nothing came within so many seconds.
        """
        async with asyncio.timeout(within_s):
            frame = await self._socket.receive()
            while frame.type in {WSMsgType.PING, WSMsgType.PONG}:
                await self._answer_ping(frame)
                frame = await self._socket.receive()
        if frame.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
            return None
        try:
            decoded: object = json.loads(frame.data)
        except (ValueError, RecursionError) as error:
            raise HangUpError(CloseCode.DECODE_ERROR) from error
        if not is_object(decoded):
            raise HangUpError(CloseCode.DECODE_ERROR)
        return decoded

    def ended_by_bot_for_good(self) -> bool:
        """Say whether the bot closed with 1000 or 1001, by which Discord drops the session."""
        return not self.closed_by_us and self._socket.close_code in {1000, 1001}

    async def _write(self, frames: tuple[str, ...]) -> None:
        for frame in frames:
            if self._muted():
                continue
            if self._compress is None:
                await self._socket.send_str(frame)
            else:
                await self._socket.send_bytes(self._compress(frame))
            await asyncio.sleep(0)  # thousands of frames must not keep others from their turn

    async def _write_ping(self) -> None:
        if not self._muted():
            self._pinged_at = time.monotonic()
            await self._socket.ping()

    async def _answer_ping(self, frame: WSMessage) -> None:
        if frame.type is WSMsgType.PING:
            with contextlib.suppress(ConnectionError):  # the next frame tells that it ended
                await self._socket.pong(frame.data)
        elif self._pinged_at is not None:
            self.latency_s = time.monotonic() - self._pinged_at
            self._pinged_at = None
            self._timed()

    def _put(self, item: tuple[str, ...] | _Close | _Ping) -> None:
        try:
            self._outbox.put_nowait(item)
        except asyncio.QueueFull:
            self.abort()
