"""A bare gateway client, to see every frame that the stand-in sends."""

from __future__ import annotations

import json
import zlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp

from botwatch_sandbox.discord import intents

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from botwatch_sandbox.testing.server import RunningSandbox

WITHIN_S = 5.0
INTENTS = intents.GUILDS | intents.GUILD_MESSAGES | intents.MESSAGE_CONTENT
SYNC_FLUSH = b"\x00\x00\xff\xff"


class GatewayClosedError(Exception):
    """The stand-in ended the connection.

    Attributes:
        code: the close code, 1006 when there was none.
    """

    def __init__(self, code: int | None) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class GatewayClient:
    """One connection, frame by frame."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, token: str) -> None:
        self.socket = socket
        self.seq: int | None = None
        self.frame_types: set[aiohttp.WSMsgType] = set()
        self._token = token
        self._zlib = zlib.decompressobj()

    async def receive(self) -> dict[str, Any]:
        """Return the next frame.

        Raises:
            GatewayClosedError: the connection ended.
        """
        message = await self.socket.receive(timeout=WITHIN_S)
        self.frame_types.add(message.type)
        if message.type is aiohttp.WSMsgType.TEXT:
            text = message.data
        elif message.type is aiohttp.WSMsgType.BINARY:
            if not message.data.endswith(SYNC_FLUSH):
                error = "discord.py waits for the end of this message forever"
                raise AssertionError(error)
            text = self._zlib.decompress(message.data)
        else:
            raise GatewayClosedError(self.socket.close_code)
        frame: dict[str, Any] = json.loads(text)
        self.seq = frame["s"] if frame["s"] is not None else self.seq
        return frame

    async def until_event(self, name: str) -> dict[str, Any]:
        """Skip frames until an event comes; return its data."""
        while True:
            frame = await self.receive()
            if frame["t"] == name:
                data: dict[str, Any] = frame["d"]
                return data

    async def until_op(self, op: int) -> dict[str, Any]:
        """Skip frames until an op comes; return that frame."""
        while True:
            frame = await self.receive()
            if frame["op"] == op:
                return frame

    async def close_code(self) -> int | None:
        """Skip frames until the connection ends; return its close code."""
        try:
            while True:
                await self.receive()
        except GatewayClosedError as error:
            return error.code

    async def send(self, op: int, data: object) -> None:
        """Send a frame."""
        await self.socket.send_json({"op": op, "d": data})

    async def identify(self, **changed: object) -> dict[str, Any]:
        """Identify, and return what READY says."""
        await self.send(2, {"token": self._token, "intents": INTENTS, "properties": {}} | changed)
        return await self.until_event("READY")

    async def resume(self, session_id: object, seq: object, token: str | None = None) -> None:
        """Ask for a session."""
        data = {"token": token or self._token, "session_id": session_id, "seq": seq}
        await self.send(6, data)


@asynccontextmanager
async def connected(
    sandbox: RunningSandbox, query: str = "v=10&encoding=json"
) -> AsyncIterator[GatewayClient]:
    """Yield a client that has not identified yet, and has not read hello."""
    url = f"{sandbox.gateway_url}?{query}"
    async with sandbox.session.ws_connect(url, max_msg_size=0) as socket:
        yield GatewayClient(socket, sandbox.secrets.discord_token)
