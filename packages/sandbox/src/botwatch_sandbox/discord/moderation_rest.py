"""The REST calls of moderators: kicks, bans, the permissions of channels, and invites."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from aiohttp import web

from botwatch_sandbox.discord import intents, payloads, snowflake
from botwatch_sandbox.discord.bodies import RestError, read_object
from botwatch_sandbox.discord.guilds import HOME
from botwatch_sandbox.discord.state import BOT, OWNER
from botwatch_sandbox.jsonio import JsonObject, answer, objects

if TYPE_CHECKING:
    from botwatch_sandbox.discord.desk import Desk, Route
    from botwatch_sandbox.discord.state import Channel, User

INVITES_KEPT = 100
OVERWRITE_KEYS = ("allow", "deny")
UNKNOWN_BAN = 10026
MISSING_PERMISSIONS = 50013


@dataclass(frozen=True, slots=True)
class ModerationRest:
    """Who may be in the first guild, and do what in its channels."""

    desk: Desk
    _invites: dict[str, JsonObject] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        """Return the calls."""
        guild, ban = "/guilds/{guild}", "/guilds/{guild}/bans/{user}"
        overwrite = "/channels/{channel}/permissions/{overwrite}"
        return [
            ("DELETE", f"{guild}/members/{{user}}", self._kick),
            ("GET", f"{guild}/bans", self._bans),
            ("GET", ban, self._ban_of),
            ("PUT", ban, self._ban),
            ("DELETE", ban, self._unban),
            ("PUT", overwrite, self._permit),
            ("DELETE", overwrite, self._forget_permission),
            ("POST", "/channels/{channel}/invites", self._invite),
            ("GET", "/channels/{channel}/invites", self._invites_of_channel),
            ("GET", f"{guild}/invites", self._invites_of_guild),
        ]

    async def _kick(self, request: web.Request) -> web.Response:
        self.desk.home(request)
        self._remove(self.desk.member(request))
        return web.Response(status=204)

    async def _bans(self, request: web.Request) -> web.Response:
        self.desk.guild(request)
        return answer([_ban_object(*found) for found in self.desk.world.banned.values()])

    async def _ban_of(self, request: web.Request) -> web.Response:
        return answer(_ban_object(*self._found_ban(request)))

    async def _ban(self, request: web.Request) -> web.Response:
        self.desk.home(request)
        user, world = self.desk.user(request), self.desk.world
        body = await read_object(request) if request.can_read_body else {}
        self._remove(user)
        world.banned[user.id] = user, unquote(request.headers.get("X-Audit-Log-Reason", ""))
        self._tell("GUILD_BAN_ADD", user)
        # discord.py sends it with the address.
        seconds = request.query.get("delete_message_seconds") or body.get("delete_message_seconds")
        since = time.time() - (snowflake.parse(str(seconds)) or 0)
        for message in world.messages_by(user):
            if message.at > since and not message.is_direct:
                world.remove(message)
        return web.Response(status=204)

    async def _unban(self, request: web.Request) -> web.Response:
        user, _ = self._found_ban(request)
        del self.desk.world.banned[user.id]
        self._tell("GUILD_BAN_REMOVE", user)
        return web.Response(status=204)

    def _remove(self, user: User) -> None:
        if user in (BOT, OWNER):
            raise RestError(403, MISSING_PERMISSIONS, "Missing Permissions")
        world = self.desk.world
        if user not in world.everybody():
            return
        world.gone.add(user.id)
        world.roster.forget(user.id)
        data: JsonObject = {"guild_id": str(HOME.id), "user": payloads.user(user)}
        self.desk.spreader.announce("GUILD_MEMBER_REMOVE", data, intents.GUILD_MEMBERS)

    def _tell(self, event: str, user: User) -> None:
        data: JsonObject = {"guild_id": str(HOME.id), "user": payloads.user(user)}
        self.desk.spreader.announce(event, data, intents.GUILD_MODERATION)

    def _found_ban(self, request: web.Request) -> tuple[User, str]:
        self.desk.home(request)
        user_id = snowflake.parse(request.match_info["user"])
        found = None if user_id is None else self.desk.world.banned.get(user_id)
        if found is None:
            raise RestError(404, UNKNOWN_BAN, "Unknown Ban")
        return found

    async def _permit(self, request: web.Request) -> web.Response:
        body, overwrite = await read_object(request), request.match_info["overwrite"]
        added: JsonObject = {"id": overwrite, "type": body.get("type", 0)}
        added |= {key: str(body.get(key) or 0) for key in OVERWRITE_KEYS}
        return self._set_overwrites(request, [added])

    async def _forget_permission(self, request: web.Request) -> web.Response:
        return self._set_overwrites(request, [])

    def _set_overwrites(self, request: web.Request, added: list[JsonObject]) -> web.Response:
        channel, overwrite = self.desk.home_channel(request), request.match_info["overwrite"]
        former = objects(channel.extra.get("permission_overwrites"))
        kept = [found for found in former if found.get("id") != overwrite]
        extra = channel.extra | {"permission_overwrites": [*kept, *added]}
        self.desk.put_channel(replace(channel, extra=extra), "CHANNEL_UPDATE")
        return web.Response(status=204)

    async def _invite(self, request: web.Request) -> web.Response:
        channel, body = self.desk.home_channel(request), await read_object(request)
        code = secrets.token_urlsafe(6)
        invite = _invite(code, channel, body)
        self._invites[code] = invite
        while len(self._invites) > INVITES_KEPT:
            del self._invites[next(iter(self._invites))]
        return answer(invite)

    async def _invites_of_channel(self, request: web.Request) -> web.Response:
        channel_id = str(self.desk.home_channel(request).id)
        return answer(
            [found for found in self._invites.values() if found["channel_id"] == channel_id]
        )

    async def _invites_of_guild(self, request: web.Request) -> web.Response:
        guild = self.desk.guild(request)
        return answer(list(self._invites.values()) if guild == HOME else [])


def _ban_object(user: User, reason: str) -> JsonObject:
    return {"user": payloads.user(user), "reason": reason or None}


def _invite(code: str, channel: Channel, body: JsonObject) -> JsonObject:
    place: JsonObject = {"id": str(channel.id), "name": channel.name, "type": 0}
    return {
        "code": code,
        "type": 0,
        "guild": {"id": str(HOME.id), "name": HOME.name, "features": [], "verification_level": 0},
        "channel": place,
        "channel_id": str(channel.id),
        "inviter": payloads.user(BOT),
        "uses": 0,
        "max_uses": body.get("max_uses") or 0,
        "max_age": body.get("max_age", 86400),
        "temporary": bool(body.get("temporary")),
        "created_at": payloads.timestamp(time.time()),
    }
