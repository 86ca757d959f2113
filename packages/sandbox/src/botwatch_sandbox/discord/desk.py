"""What the REST calls work on, and how they find what a path names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from botwatch_sandbox.discord import intents, payloads, snowflake
from botwatch_sandbox.discord.bodies import RestError
from botwatch_sandbox.discord.guilds import HOME

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

    from botwatch_sandbox.discord.files import Files
    from botwatch_sandbox.discord.guilds import Guild
    from botwatch_sandbox.discord.missing import Missing
    from botwatch_sandbox.discord.spreading import Spreader
    from botwatch_sandbox.discord.state import Channel, Message, User, World
    from botwatch_sandbox.jsonio import JsonObject

    Handler: TypeAlias = Callable[[web.Request], Awaitable[web.Response]]
    Route: TypeAlias = tuple[str, str, Handler]

UNKNOWN_CHANNEL = 10003
UNKNOWN_GUILD = 10004
UNKNOWN_MEMBER = 10007
UNKNOWN_MESSAGE = 10008
UNKNOWN_USER = 10013
MISSING_ACCESS = 50001


@dataclass(frozen=True, slots=True)
class Desk:
    """What the calls work on.

    Attributes:
        world: what is said, and by whom.
        files: what was uploaded.
        spreader: tells the bots.
        missing: counts what is not simulated.
    """

    world: World
    files: Files
    spreader: Spreader
    missing: Missing

    def guild(self, request: web.Request) -> Guild:
        """Return the guild that the path names.

        Raises:
            RestError: there is none.
        """
        guild = self.world.scale.find(_id(request, "guild"))
        if guild is None:
            raise RestError(404, UNKNOWN_GUILD, "Unknown Guild")
        return guild

    def channel(self, request: web.Request) -> Channel:
        """Return the channel that the path names.

        Raises:
            RestError: there is none.
        """
        channel = self.world.channel(_id(request, "channel"))
        if channel is None:
            raise RestError(404, UNKNOWN_CHANNEL, "Unknown Channel")
        return channel

    def message(self, request: web.Request) -> Message:
        """Return the message that the path names, with its channel.

        Raises:
            RestError: there is none.
        """
        channel, message = self.channel(request), self.world.find(_id(request, "message"))
        if message is None or message.channel_id != channel.id or not message.draft.heard:
            raise RestError(404, UNKNOWN_MESSAGE, "Unknown Message")
        return message

    def user(self, request: web.Request) -> User:
        """Return the user that the path names.

        Raises:
            RestError: there is none.
        """
        user = self.world.user(_id(request, "user"))
        if user is None:
            raise RestError(404, UNKNOWN_USER, "Unknown User")
        return user

    def member(self, request: web.Request) -> User:
        """Return the member of the guild that the path names.

        Raises:
            RestError: there is none.
        """
        self.guild(request)
        user = self.world.user(_id(request, "user"))
        if user is None or user not in self.world.everybody():
            raise RestError(404, UNKNOWN_MEMBER, "Unknown Member")
        return user

    def home(self, request: web.Request) -> Guild:
        """Return the guild that the path names, which must be the first one.

        Raises:
            RestError: it is another one, or there is none.
        """
        guild = self.guild(request)
        if guild != HOME:
            raise RestError(403, MISSING_ACCESS, "Missing Access")
        return guild

    def home_channel(self, request: web.Request) -> Channel:
        """Return the channel of the first guild that the path names.

        Raises:
            RestError: it is elsewhere, or there is none.
        """
        channel = self.channel(request)
        if channel.guild != HOME:
            raise RestError(403, MISSING_ACCESS, "Missing Access")
        return channel

    def put_channel(self, channel: Channel, event: str) -> JsonObject:
        """Keep a channel that was created or changed, and tell the bots of it."""
        self.world.channels[channel.id] = channel
        return self.announce_channel(channel, event)

    def announce_channel(self, channel: Channel, event: str, **more: object) -> JsonObject:
        """Tell the bots of a channel, and more; return its object."""
        data = payloads.channel(channel)
        self.spreader.announce(event, data | more, intents.GUILDS)
        return data


def _id(request: web.Request, name: str) -> int | None:
    return snowflake.parse(request.match_info[name])
