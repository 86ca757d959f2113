"""The REST calls around slash commands and other interactions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from botwatch_sandbox.discord import snowflake
from botwatch_sandbox.discord.bodies import RestError, read_json, read_object
from botwatch_sandbox.discord.interactions import UNKNOWN_MESSAGE
from botwatch_sandbox.discord.state import BOT
from botwatch_sandbox.jsonio import answer

if TYPE_CHECKING:
    from botwatch_sandbox.discord.callbacks import Attachments, Callbacks
    from botwatch_sandbox.discord.desk import Desk, Route
    from botwatch_sandbox.discord.slash import SlashCommands
    from botwatch_sandbox.jsonio import JsonObject

TRUE = {"1", "true", "True"}


@dataclass(frozen=True, slots=True)
class SlashRest:
    """Registering commands, and answering those who use them."""

    desk: Desk
    callbacks: Callbacks

    def open_routes(self) -> list[Route]:
        """Return the calls that need nothing but an interaction's token."""
        webhook = f"/webhooks/{BOT.id}/{{token}}"
        return [
            ("POST", "/interactions/{interaction}/{token}/callback", self._acknowledge),
            ("POST", webhook, self._follow_up),
            ("GET", f"{webhook}/messages/{{message}}", self._message),
            ("PATCH", f"{webhook}/messages/{{message}}", self._edit),
            ("DELETE", f"{webhook}/messages/{{message}}", self._delete),
        ]

    def routes(self) -> list[Route]:
        """Return the calls of the bot."""
        application = f"/applications/{BOT.id}"
        return [
            route
            for scope in (f"{application}/commands", f"{application}/guilds/{{guild}}/commands")
            for route in self._command_routes(scope)
        ]

    def _command_routes(self, scope: str) -> list[Route]:
        one = f"{scope}/{{command}}"
        return [
            ("GET", scope, self._list_commands),
            ("PUT", scope, self._replace_commands),
            ("POST", scope, self._create_command),
            ("GET", one, self._command),
            ("PATCH", one, self._edit_command),
            ("DELETE", one, self._delete_command),
        ]

    @property
    def _commands(self) -> SlashCommands:
        return self.callbacks.interactions.commands

    async def _list_commands(self, request: web.Request) -> web.Response:
        localized = request.query.get("with_localizations") in TRUE
        return answer(self._commands.all(self._guild_id(request), localized=localized))

    async def _replace_commands(self, request: web.Request) -> web.Response:
        found = self._commands.replace(self._guild_id(request), await read_json(request))
        self._registered()
        return answer(found)

    async def _create_command(self, request: web.Request) -> web.Response:
        command, is_new = self._commands.put(self._guild_id(request), await read_object(request))
        self._registered()
        return answer(command, status=201 if is_new else 200)

    async def _command(self, request: web.Request) -> web.Response:
        command_id = request.match_info["command"]
        return answer(self._commands.with_id(self._guild_id(request), command_id))

    async def _edit_command(self, request: web.Request) -> web.Response:
        command_id, body = request.match_info["command"], await read_object(request)
        found = self._commands.edit(self._guild_id(request), command_id, body)
        self._registered()
        return answer(found)

    async def _delete_command(self, request: web.Request) -> web.Response:
        self._commands.delete(self._guild_id(request), request.match_info["command"])
        self._registered()
        return web.Response(status=204)

    def _registered(self) -> None:
        self.desk.world.changes.touch("discord")

    async def _acknowledge(self, request: web.Request) -> web.Response:
        interaction_id = snowflake.parse(request.match_info["interaction"])
        token = request.match_info["token"]
        body, files = await self._read(request, token)
        callback = self.callbacks.acknowledge(interaction_id, token, body, files)
        if request.query.get("with_response") in TRUE:
            return answer(callback)
        return web.Response(status=204)

    async def _follow_up(self, request: web.Request) -> web.Response:
        token = request.match_info["token"]
        return answer(self.callbacks.follow_up(token, *await self._read(request, token)))

    async def _message(self, request: web.Request) -> web.Response:
        return answer(self.callbacks.message(request.match_info["token"], _message_id(request)))

    async def _edit(self, request: web.Request) -> web.Response:
        token, message_id = request.match_info["token"], _message_id(request)
        body, files = await self._read(request, token)
        if message_id is None:
            return answer(self.callbacks.edit_original(token, body, files))
        return answer(self.callbacks.edit(token, message_id, body, files))

    async def _delete(self, request: web.Request) -> web.Response:
        self.callbacks.delete(request.match_info["token"], _message_id(request))
        return web.Response(status=204)

    async def _read(self, request: web.Request, token: str) -> tuple[JsonObject, Attachments]:
        interaction = self.callbacks.interactions.kept(token)
        channel_id = 0 if interaction is None else interaction.place.id
        return await self.desk.files.read(request, channel_id)

    def _guild_id(self, request: web.Request) -> int | None:
        return self.desk.guild(request).id if "guild" in request.match_info else None


def _message_id(request: web.Request) -> int | None:
    """Return which of the answers the path names; None: the first one."""
    given = request.match_info["message"]
    found = snowflake.parse(given)
    if found is None and given != "@original":
        raise RestError(404, UNKNOWN_MESSAGE, "Unknown Message")
    return found
