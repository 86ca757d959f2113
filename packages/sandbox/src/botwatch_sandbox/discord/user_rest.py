"""The REST calls about the bot itself, its application, and users."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botwatch_sandbox.discord import payloads, snowflake
from botwatch_sandbox.discord.bodies import RestError, read_object
from botwatch_sandbox.discord.desk import UNKNOWN_USER
from botwatch_sandbox.discord.roster import ALL_PERMISSIONS
from botwatch_sandbox.discord.state import BOT
from botwatch_sandbox.jsonio import answer

if TYPE_CHECKING:
    from aiohttp import web

    from botwatch_sandbox.discord.desk import Desk, Route

GUILDS_MAX = 200
CANNOT_MESSAGE_USER = 50007


@dataclass(frozen=True, slots=True)
class UserRest:
    """The bot and other users."""

    desk: Desk

    def routes(self) -> list[Route]:
        """Return the calls."""
        return [
            ("GET", "/users/@me", self._me),
            ("GET", "/users/@me/guilds", self._guilds),
            ("POST", "/users/@me/channels", self._direct),
            ("GET", "/users/{user}", self._user),
            ("GET", "/oauth2/applications/@me", self._application),
            ("GET", "/applications/@me", self._application),
            ("GET", f"/applications/{BOT.id}/emojis", self._emojis),
        ]

    async def _me(self, _: web.Request) -> web.Response:
        return answer(payloads.current_user())

    async def _user(self, request: web.Request) -> web.Response:
        user = self.desk.user(request)
        return answer(payloads.current_user() if user == BOT else payloads.user(user))

    async def _guilds(self, request: web.Request) -> web.Response:
        limit = snowflake.parse(request.query.get("limit", "")) or GUILDS_MAX
        after = snowflake.parse(request.query.get("after", "")) or 0
        found = [guild for guild in self.desk.world.scale.all() if guild.id > after]
        extra = {"owner": False, "permissions": str(ALL_PERMISSIONS), "icon": None, "features": []}
        return answer(
            [{"id": str(guild.id), "name": guild.name} | extra for guild in found[:limit]]
        )

    async def _direct(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        user = self.desk.world.user(snowflake.parse(str(body.get("recipient_id"))))
        if user is None:
            raise RestError(404, UNKNOWN_USER, "Unknown User")
        if user == BOT:
            raise RestError(403, CANNOT_MESSAGE_USER, "Cannot send messages to this user")
        return answer(payloads.channel(self.desk.world.direct(user)))

    async def _application(self, _: web.Request) -> web.Response:
        return answer(payloads.application(self.desk.world.scale.granted))

    async def _emojis(self, _: web.Request) -> web.Response:
        return answer({"items": []})
