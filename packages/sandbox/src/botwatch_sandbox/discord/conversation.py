"""What the gateway answers to one bot, from hello to the end of the connection."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botwatch_sandbox.discord import intents, payloads, snowflake
from botwatch_sandbox.discord.connection import CloseCode, HangUpError
from botwatch_sandbox.discord.state import BOT
from botwatch_sandbox.jsonio import JsonObject, is_list, is_object, text_of

if TYPE_CHECKING:
    from botwatch_sandbox.discord.connection import Connection
    from botwatch_sandbox.discord.guilds import Guild
    from botwatch_sandbox.discord.missing import Missing
    from botwatch_sandbox.discord.session import Session, Sessions
    from botwatch_sandbox.discord.state import World

log = logging.getLogger(__name__)

HEARTBEAT = 1
IDENTIFY = 2
PRESENCE = 3
VOICE_STATE = 4
RESUME = 6
RECONNECT = 7
REQUEST_MEMBERS = 8
INVALID_SESSION = 9
HELLO = 10
HEARTBEAT_ACK = 11
REQUEST_SOUNDS = 31

VERSIONS = {"9", "10"}
FRAMES_MAX = 120  # Discord allows a bot so many frames …
FRAMES_WITHIN_S = 60.0  # … in so many seconds
REQUESTED_USERS_MAX = 100
ACK_AFTER_S = 0.02


@dataclass(frozen=True, slots=True)
class Timing:
    """The gateway's times, in seconds.

    Attributes:
        heartbeat_s: how often a bot must send its heartbeat (Discord: 41.25).
        identify_s: how long a connection may stay without a session.
        session_s: how long a session without a connection can be resumed.
    """

    heartbeat_s: float = 41.25
    identify_s: float = 30.0
    session_s: float = 60.0


@dataclass(slots=True, eq=False)
class Conversation:
    """The gateway's side of one connection.

    Attributes:
        connection: the bot's connection.
        sessions: where sessions are made and found.
        world: which guilds and people there are.
        token: the only token that is accepted.
        resume_url: where the bot must resume.
        timing: the gateway's times.
        missing: counts what is not simulated.
    """

    connection: Connection
    sessions: Sessions
    world: World
    token: str = field(repr=False)
    resume_url: str
    timing: Timing
    missing: Missing
    _frames: deque[float] = field(default_factory=lambda: deque(maxlen=FRAMES_MAX))

    @property
    def session(self) -> Session | None:
        """The connection's session, once there is one."""
        return self.sessions.of(self.connection)

    def hello(self, version: str) -> None:
        """Say hello to a bot that speaks a version of the API.

        Raises:
            HangUpError: the stand-in does not speak that version.
        """
        if version not in VERSIONS:
            raise HangUpError(CloseCode.INVALID_VERSION)
        self.connection.send_op(HELLO, {"heartbeat_interval": int(self.timing.heartbeat_s * 1000)})

    async def answer_next(self) -> bool:
        """Read one frame and answer it; say whether the connection goes on.

        Raises:
            HangUpError: the bot broke a rule, or was silent for too long.
        """
        identified = self.session is not None
        patience = self.timing.heartbeat_s * 2 if identified else self.timing.identify_s
        try:
            frame = await self.connection.read(patience)
        except TimeoutError as error:
            code = CloseCode.SESSION_TIMED_OUT if identified else CloseCode.NOT_AUTHENTICATED
            raise HangUpError(code) from error
        if frame is None:
            return False
        self._count()
        self._answer(frame.get("op"), frame.get("d"))
        return True

    def invalidate(self, *, resumable: bool) -> None:
        """Take the session from the bot (op 9); a resumable one can be had back."""
        session = self.session
        if session is not None:
            session.detach()
            if not resumable:
                self.sessions.discard(session)
        self.connection.send_op(INVALID_SESSION, resumable)

    def _count(self) -> None:
        now = time.monotonic()
        if len(self._frames) == FRAMES_MAX and now - self._frames[0] < FRAMES_WITHIN_S:
            raise HangUpError(CloseCode.RATE_LIMITED)
        self._frames.append(now)

    def _answer(self, op: object, data: object) -> None:
        if op == HEARTBEAT:
            self._heartbeat(data)
        elif op in {IDENTIFY, RESUME}:
            self._begin(op, data)
        elif op in {PRESENCE, VOICE_STATE, REQUEST_MEMBERS, REQUEST_SOUNDS}:
            session = self.session
            if session is None:
                raise HangUpError(CloseCode.NOT_AUTHENTICATED)
            if op == REQUEST_MEMBERS:
                self._send_members(session, data)
            elif op != PRESENCE:
                self.missing.note("gateway", "voice" if op == VOICE_STATE else "soundboard sounds")
        else:
            raise HangUpError(CloseCode.UNKNOWN_OPCODE)

    def _heartbeat(self, seq: object) -> None:
        session = self.session
        if session is not None:
            session.confirm(seq)
        # discord.py notes when it has sent a heartbeat only afterwards, in another thread. If the
        # acknowledgement is faster, it measures the latency from the heartbeat before.
        asyncio.get_running_loop().call_later(ACK_AFTER_S, self.connection.send_op, HEARTBEAT_ACK)
        self.connection.ping()

    def _begin(self, op: object, data: object) -> None:
        if self.session is not None:
            raise HangUpError(CloseCode.ALREADY_AUTHENTICATED)
        if not is_object(data):
            raise HangUpError(CloseCode.DECODE_ERROR)
        token = text_of(data.get("token")).removeprefix("Bot ")
        if not hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode()):
            raise HangUpError(CloseCode.AUTHENTICATION_FAILED)
        if op == IDENTIFY:
            self._identify(data)
        else:
            self._resume(data)

    def _identify(self, data: JsonObject) -> None:
        shard, wanted = _shard(data.get("shard", [0, 1])), self._intents(data.get("intents"))
        session = self.sessions.create(shard, wanted)
        self._attach(session)
        guilds = [guild for guild in self.world.scale.all() if guild.belongs_to(shard)]
        here = guilds if wanted & intents.GUILDS else []
        self.sessions.begin(session, "identify", self._ready(session, here))
        session.dispatch_all(
            "GUILD_CREATE", (payloads.guild_create(guild, self.world) for guild in here)
        )
        self.connection.ping()
        log.info("a bot identified as shard %d of %d", *shard)

    def _intents(self, value: object) -> int:
        if not isinstance(value, int) or value < 0 or value & ~intents.KNOWN:
            raise HangUpError(CloseCode.INVALID_INTENTS)
        if value & intents.refused(self.world.scale.granted):
            raise HangUpError(CloseCode.DISALLOWED_INTENTS)
        return value

    def _ready(self, session: Session, guilds: list[Guild]) -> JsonObject:
        return {
            "v": 10,
            "session_type": "normal",
            "private_channels": [],
            "guild_join_requests": [],
            "user": payloads.current_user(),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "resume_gateway_url": self.resume_url,
            "shard": list(session.shard),
            "application": {
                "id": str(BOT.id),
                "flags": intents.application_flags(self.world.scale.granted),
            },
        }

    def _resume(self, data: JsonObject) -> None:
        session, seq = self.sessions.find(text_of(data.get("session_id"))), data.get("seq")
        if session is None or not isinstance(seq, int):
            log.info("a bot asked for a session that is gone")
            self.invalidate(resumable=False)
            return
        if not 0 <= seq <= session.seq:
            raise HangUpError(CloseCode.INVALID_SEQ)
        session.confirm(seq)
        missed = session.missed_since(seq)
        self._attach(session)
        if missed is None:
            log.info("a bot missed more events than are kept; its session ends")
            self.invalidate(resumable=False)
            return
        self.connection.send(*missed)
        self.sessions.begin(session, "resume", {"_trace": []})
        self.connection.ping()
        log.info("a bot resumed its session and was sent %d missed events", len(missed))

    def _attach(self, session: Session) -> None:
        former = session.connection
        session.attach(self.connection)
        if former is not None:  # the bot noticed the end of it before we did
            former.close(CloseCode.UNKNOWN_ERROR)

    def _send_members(self, session: Session, data: object) -> None:
        request = data if is_object(data) else {}
        guild = self.world.scale.find(snowflake.parse(str(request.get("guild_id"))))
        if guild is None or not guild.belongs_to(session.shard):
            return  # as Discord, which answers nothing about a guild that the bot is not in
        ids = request.get("user_ids")
        wanted = [str(found) for found in (ids if is_list(ids) else [ids]) if found is not None]
        query = text_of(request.get("query")).lower()
        found = [who for who in self.world.everybody() if not wanted or str(who.id) in wanted]
        known = {str(who.id) for who in found}
        chunk: JsonObject = {
            "guild_id": str(guild.id),
            "members": [
                payloads.full_member(who, self.world.roster)
                for who in found
                if who.name.lower().startswith(query)
            ],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [lost for lost in wanted[:REQUESTED_USERS_MAX] if lost not in known],
        }
        if isinstance(request.get("nonce"), str):
            chunk["nonce"] = request["nonce"]
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk)


def _shard(value: object) -> tuple[int, int]:
    match value:
        case [int(number), int(count)] if 0 <= number < count:
            return number, count
        case _:
            raise HangUpError(CloseCode.INVALID_SHARD)
