"""The REST calls around slash commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from botwatch_sandbox.discord import snowflake
from botwatch_sandbox.discord.bodies import RestError, read_json, read_object
from botwatch_sandbox.discord.state import BOT
from botwatch_sandbox.jsonio import answer

if TYPE_CHECKING:
    from botwatch_sandbox.discord.interactions import Interactions

APPLICATION = f"/applications/{BOT.id}"
ORIGINAL = f"/webhooks/{BOT.id}/{{token}}/messages/@original"
TRUE = {"1", "true", "True"}

UNKNOWN_GUILD = 10004


@dataclass(frozen=True, slots=True)
class SlashRest:
    """Registering commands, and answering those who use them."""

    interactions: Interactions

    async def list_commands(self, request: web.Request) -> web.Response:
        """Answer what is registered."""
        localized = request.query.get("with_localizations") in TRUE
        return answer(self.interactions.commands.all(self._guild_id(request), localized=localized))

    async def replace_commands(self, request: web.Request) -> web.Response:
        """Register commands instead of all others."""
        guild_id = self._guild_id(request)
        return answer(self.interactions.commands.replace(guild_id, await read_json(request)))

    async def acknowledge(self, request: web.Request) -> web.Response:
        """Take a first answer."""
        interaction_id = snowflake.parse(request.match_info["interaction"])
        token, body = request.match_info["token"], await read_object(request)
        callback = self.interactions.acknowledge(interaction_id, token, body)
        if request.query.get("with_response") in TRUE:
            return answer(callback)
        return web.Response(status=204)

    async def follow_up(self, request: web.Request) -> web.Response:
        """Take another answer."""
        body = await read_object(request)
        return answer(self.interactions.follow_up(request.match_info["token"], body))

    async def original(self, request: web.Request) -> web.Response:
        """Answer the first answer."""
        return answer(self.interactions.original(request.match_info["token"]))

    async def edit_original(self, request: web.Request) -> web.Response:
        """Change the first answer."""
        body = await read_object(request)
        return answer(self.interactions.edit_original(request.match_info["token"], body))

    async def delete_original(self, request: web.Request) -> web.Response:
        """Take the first answer away."""
        self.interactions.delete_original(request.match_info["token"])
        return web.Response(status=204)

    def _guild_id(self, request: web.Request) -> int | None:
        given = request.match_info.get("guild")
        if given is None:
            return None
        guild = self.interactions.world.scale.find(snowflake.parse(given))
        if guild is None:
            raise RestError(404, UNKNOWN_GUILD, "Unknown Guild")
        return guild.id
