"""Keeps the bot logged in: one client after another, until Discord refuses it for good."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, NoReturn

import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from botwatch.exits import ExitCode, FatalError
from botwatch.gateway import keepalive, responses
from botwatch.gateway.causes import SessionStalledError, cause_of
from botwatch.gateway.pacing import Backoff, IdentifyPacer
from botwatch.gateway.state import describe
from botwatch.metrics import ErrorType
from botwatch_bot.gateway.client import BotClient

if TYPE_CHECKING:
    from botwatch_bot.services import Services
    from botwatch_bot.settings import Settings

_log = structlog.get_logger(__name__)

LOGIN_SECONDS = 60.0
STALL_SECONDS = 120.0
"""A client that is not whole and makes no progress for so long is replaced.

discord.py's own delays grow to 17 minutes, long after Discord is back.
"""
STEADY_SECONDS = 60.0
CANCEL_SECONDS = 0.2

_YOUNG_OBJECTS = 10_000
"""So many new objects make the collector look at them; Python's own 700 are for small programs."""

_TOKEN_REFUSED = 4004
_INTENTS_REFUSED = {4013, 4014}


class SessionEndedError(Exception):
    """The client ended without being asked to and without saying why."""

    def __init__(self) -> None:
        super().__init__("the connection ended")


def prepare_library(services: Services) -> None:
    """Mend discord.py, count its answers, silence its voice warnings, point it to the stand-in."""
    keepalive.install(services.gateway)
    responses.count_into(services.metrics)
    discord.VoiceClient.warn_nacl = False
    discord.VoiceClient.warn_dave = False
    _point_to_stand_in(services.settings)
    _spare_the_collector()


def _spare_the_collector() -> None:
    """Keep the garbage collector from what stays for ever: it costs a tenth of each command.

    All libraries are loaded by now, and what a command leaves goes by its reference count.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)


def _point_to_stand_in(settings: Settings) -> None:
    if settings.discord_api_url and settings.discord_gateway_url:
        Route.BASE = settings.discord_api_url
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.discord_gateway_url)


class Session:
    """Logs in, connects, and starts over with a new client whenever one ends."""

    def __init__(self, services: Services, token: str, proxy: str | None = None) -> None:
        self._services = services
        self._token = token
        self._proxy = proxy
        self._pacer = IdentifyPacer()
        self._backoff = Backoff()
        self._client: BotClient | None = None

    async def run(self) -> NoReturn:
        """Stay connected until cancelled.

        Raises:
            FatalError: Discord refuses the token or the intents.
        """
        prepare_library(self._services)
        while True:
            started = asyncio.get_running_loop().time()
            try:
                await self._serve_one_client()
            except Exception as error:  # noqa: BLE001 - refusals end the bot, the rest is retried
                _raise_if_final(error)
                self._note(error)
            if asyncio.get_running_loop().time() - started > STEADY_SECONDS:
                self._backoff.reset()
            await asyncio.sleep(self._backoff.delay())

    def sample(self) -> None:
        """Refresh what is known about the connection; call it about once a second."""
        if self._client is not None:
            self._client.sample()

    def drop_connections(self) -> int:
        """Close every connection without a word to Discord; return how many there were."""
        return 0 if self._client is None else self._client.drop_connections()

    async def _serve_one_client(self) -> NoReturn:
        self._services.gateway.begin()
        self._client = client = BotClient(self._services, self._pacer, self._proxy)
        syncing: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout(LOGIN_SECONDS):
                await client.login(self._token)
            self._services.gateway.logged_in()
            syncing = asyncio.create_task(client.sync_slash_commands())
            await self._connect(client)
        finally:
            if syncing is not None:
                syncing.cancel()
            self._client = None
            await client.shut_down()

    async def _connect(self, client: BotClient) -> NoReturn:
        connecting = asyncio.create_task(client.connect(reconnect=True))
        stalling = asyncio.create_task(self._until_stalled())
        try:
            done, _ = await asyncio.wait(
                (connecting, stalling), return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                task.result()
            raise SessionEndedError
        finally:
            connecting.cancel()
            stalling.cancel()
            # Bounded: a cancellation can get lost inside the library, and closing ends it anyway.
            await asyncio.wait((connecting, stalling), timeout=CANCEL_SECONDS)

    async def _until_stalled(self) -> NoReturn:
        while True:
            left = STALL_SECONDS - self._services.gateway.stalled_seconds()
            if left <= 0:
                message = f"no shard has come back for {STALL_SECONDS:.0f} s"
                raise SessionStalledError(message)
            await asyncio.sleep(left)

    def _note(self, error: Exception) -> None:
        self._services.metrics.errors.labels(ErrorType.GATEWAY).inc()
        self._services.metrics.gateway_failures.labels(cause_of(error)).inc()
        self._services.gateway.fail(describe(error))
        _log.error("connection lost, reconnecting", exc_info=error)


def _raise_if_final(error: Exception) -> None:
    """Raise FatalError if trying again cannot help."""
    remedy = ""
    if isinstance(error, discord.LoginFailure):
        remedy = "Discord refuses the token; put a valid one in the file of BOT_DISCORD_TOKEN_FILE"
    elif isinstance(error, discord.ConnectionClosed) and error.code == _TOKEN_REFUSED:
        remedy = (
            "Discord has revoked the token; put a new one in the file of BOT_DISCORD_TOKEN_FILE"
        )
    elif isinstance(error, discord.PrivilegedIntentsRequired) or (
        isinstance(error, discord.ConnectionClosed) and error.code in _INTENTS_REFUSED
    ):
        remedy = (
            "Discord refuses the message content intent; switch it on for this bot "
            "in Discord's developer portal"
        )
    if remedy:
        raise FatalError(ExitCode.REFUSED, remedy) from error
