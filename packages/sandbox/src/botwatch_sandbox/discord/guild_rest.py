"""The REST calls about guilds: channels, roles and members."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aiohttp import web

from botwatch_sandbox.discord import intents, payloads, snowflake
from botwatch_sandbox.discord.bodies import RestError, invalid, read_object
from botwatch_sandbox.discord.desk import MISSING_ACCESS
from botwatch_sandbox.discord.guilds import HOME
from botwatch_sandbox.discord.roster import everyone
from botwatch_sandbox.discord.state import BOT, Channel
from botwatch_sandbox.discord.thread_rest import edited_thread
from botwatch_sandbox.jsonio import answer, is_list, text_of

if TYPE_CHECKING:
    from botwatch_sandbox.discord.desk import Desk, Route
    from botwatch_sandbox.discord.guilds import Guild
    from botwatch_sandbox.discord.state import User
    from botwatch_sandbox.jsonio import JsonObject

CHANNELS_MAX = 100
NAME_MAX = 100
MEMBERS_MAX = 1000
CHANNEL_KEYS = frozenset(
    {"type", "topic", "position", "nsfw", "parent_id", "permission_overwrites"}
    | {"rate_limit_per_user", "bitrate", "user_limit"}
)
UNKNOWN_ROLE = 10011
TOO_MANY_CHANNELS = 30013
TOO_MANY_ROLES = 30005


@dataclass(frozen=True, slots=True)
class GuildRest:
    """Guilds. In the first one, channels and roles can be created."""

    desk: Desk

    def routes(self) -> list[Route]:
        """Return the calls."""
        guild, member = "/guilds/{guild}", "/guilds/{guild}/members/{user}"
        return [
            ("GET", guild, self._guild),
            ("GET", f"{guild}/channels", self._channels),
            ("POST", f"{guild}/channels", self._create_channel),
            ("GET", "/channels/{channel}", self._channel),
            ("PATCH", "/channels/{channel}", self._edit_channel),
            ("DELETE", "/channels/{channel}", self._delete_channel),
            ("GET", f"{guild}/roles", self._roles),
            ("POST", f"{guild}/roles", self._create_role),
            ("GET", f"{guild}/roles/{{role}}", self._role),
            ("PATCH", f"{guild}/roles/{{role}}", self._edit_role),
            ("DELETE", f"{guild}/roles/{{role}}", self._delete_role),
            ("GET", f"{guild}/members", self._members),
            ("GET", f"{guild}/members/search", self._search),
            ("PATCH", f"{guild}/members/@me", self._edit_me),
            ("GET", member, self._member),
            ("PATCH", member, self._edit_member),
            ("PUT", f"{member}/roles/{{role}}", self._give_role),
            ("DELETE", f"{member}/roles/{{role}}", self._take_role),
            ("GET", f"{guild}/emojis", self._nothing),
            ("GET", f"{guild}/stickers", self._nothing),
        ]

    async def _guild(self, request: web.Request) -> web.Response:
        world = self.desk.world
        count = world.scale.members
        counts: JsonObject = {
            "approximate_member_count": count, "approximate_presence_count": count
        }  # fmt: skip
        return answer(payloads.guild(self.desk.guild(request), world) | counts)

    async def _nothing(self, request: web.Request) -> web.Response:
        self.desk.guild(request)
        return answer([])

    async def _channels(self, request: web.Request) -> web.Response:
        found = self.desk.world.channels_of(self.desk.guild(request))
        return answer([payloads.channel(channel) for channel in found])

    async def _channel(self, request: web.Request) -> web.Response:
        return answer(payloads.channel(self.desk.channel(request)))

    async def _create_channel(self, request: web.Request) -> web.Response:
        guild, body, world = self.desk.home(request), await read_object(request), self.desk.world
        if len(world.channels_of(guild)) >= CHANNELS_MAX:
            words = f"Maximum number of guild channels reached ({CHANNELS_MAX})"
            raise RestError(400, TOO_MANY_CHANNELS, words)
        channel = Channel(world.ids.next(), read_name(body), guild, extra=_extra(body))
        return answer(self.desk.put_channel(channel, "CHANNEL_CREATE"), status=201)

    async def _edit_channel(self, request: web.Request) -> web.Response:
        channel, body = self.desk.home_channel(request), await read_object(request)
        name = read_name(body) if "name" in body else channel.name
        extra = edited_thread(channel, body) if channel.is_thread else channel.extra | _extra(body)
        event = "THREAD_UPDATE" if channel.is_thread else "CHANNEL_UPDATE"
        return answer(self.desk.put_channel(replace(channel, name=name, extra=extra), event))

    async def _delete_channel(self, request: web.Request) -> web.Response:
        channel = self.desk.home_channel(request)
        if channel.id == HOME.channel_id:
            raise RestError(403, MISSING_ACCESS, "Missing Access")  # people are there
        self.desk.world.forget_channel(channel)
        event = "THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE"
        return answer(self.desk.announce_channel(channel, event))

    async def _roles(self, request: web.Request) -> web.Response:
        guild = self.desk.guild(request)
        return answer(self.desk.world.roster.all() if guild == HOME else [everyone(guild.id)])

    async def _role(self, request: web.Request) -> web.Response:
        wanted = request.match_info["role"]
        self.desk.home(request)
        found = [role for role in self.desk.world.roster.all() if role["id"] == wanted]
        if not found:
            raise RestError(404, UNKNOWN_ROLE, "Unknown Role")
        return answer(found[0])

    async def _create_role(self, request: web.Request) -> web.Response:
        guild, body = self.desk.home(request), await read_object(request)
        role = self.desk.world.roster.create(self.desk.world.ids, body)
        if role is None:
            raise RestError(400, TOO_MANY_ROLES, "Maximum number of guild roles reached (250)")
        return self._told_role("GUILD_ROLE_CREATE", guild, role)

    async def _edit_role(self, request: web.Request) -> web.Response:
        guild, body = self.desk.home(request), await read_object(request)
        role = self.desk.world.roster.edit(self._made_role(request), body)
        return self._told_role("GUILD_ROLE_UPDATE", guild, role)

    async def _delete_role(self, request: web.Request) -> web.Response:
        guild, role_id = self.desk.home(request), self._made_role(request)
        self.desk.world.roster.delete(role_id)
        gone: JsonObject = {"guild_id": str(guild.id), "role_id": str(role_id)}
        self.desk.spreader.announce("GUILD_ROLE_DELETE", gone, intents.GUILDS)
        return web.Response(status=204)

    def _told_role(self, event: str, guild: Guild, role: JsonObject) -> web.Response:
        data: JsonObject = {"guild_id": str(guild.id), "role": role}
        self.desk.spreader.announce(event, data, intents.GUILDS)
        return answer(role)

    def _made_role(self, request: web.Request) -> int:
        role_id = snowflake.parse(request.match_info["role"])
        if role_id is None or role_id not in self.desk.world.roster.roles:
            raise RestError(404, UNKNOWN_ROLE, "Unknown Role")
        return role_id

    async def _members(self, request: web.Request) -> web.Response:
        after = snowflake.parse(request.query.get("after", "0")) or 0
        limit = min(snowflake.parse(request.query.get("limit", "1")) or 1, MEMBERS_MAX)
        people = sorted(self._people(request), key=lambda who: who.id)
        return answer([self._full(who) for who in people if who.id > after][:limit])

    async def _search(self, request: web.Request) -> web.Response:
        query = request.query.get("query", "").lower()
        limit = min(snowflake.parse(request.query.get("limit", "1")) or 1, MEMBERS_MAX)
        found = [who for who in self._people(request) if who.name.lower().startswith(query)]
        return answer([self._full(who) for who in found[:limit]])

    async def _member(self, request: web.Request) -> web.Response:
        return answer(self._full(self.desk.member(request)))

    async def _edit_member(self, request: web.Request) -> web.Response:
        return self._edited(self.desk.member(request), await read_object(request))

    async def _edit_me(self, request: web.Request) -> web.Response:
        self.desk.guild(request)
        return self._edited(BOT, await read_object(request))

    async def _give_role(self, request: web.Request) -> web.Response:
        user, role_id = self.desk.member(request), self._made_role(request)
        held = self.desk.world.roster.held[user.id]
        if role_id not in held:
            held.append(role_id)
            self._told_member(user)
        return web.Response(status=204)

    async def _take_role(self, request: web.Request) -> web.Response:
        user, role_id = self.desk.member(request), self._made_role(request)
        held = self.desk.world.roster.held[user.id]
        if role_id in held:
            held.remove(role_id)
            self._told_member(user)
        return web.Response(status=204)

    def _edited(self, user: User, body: JsonObject) -> web.Response:
        roster = self.desk.world.roster
        if "nick" in body:
            roster.nicks[user.id] = text_of(body["nick"]) or None
        if "communication_disabled_until" in body:
            roster.timeouts[user.id] = text_of(body["communication_disabled_until"]) or None
        roles = body.get("roles")
        if is_list(roles):
            wanted = [snowflake.parse(str(role)) for role in roles]
            roster.held[user.id] = [role for role in wanted if role in roster.roles and role]
        self._told_member(user)
        return answer(self._full(user))

    def _told_member(self, user: User) -> None:
        data = self._full(user) | {"guild_id": str(HOME.id)}
        self.desk.spreader.announce("GUILD_MEMBER_UPDATE", data, intents.GUILD_MEMBERS)

    def _people(self, request: web.Request) -> list[User]:
        self.desk.guild(request)
        return self.desk.world.everybody()

    def _full(self, who: User) -> JsonObject:
        return payloads.full_member(who, self.desk.world.roster)


def read_name(body: JsonObject) -> str:
    """Return the name in the body of a call about a channel.

    Raises:
        RestError: it is no name.
    """
    name = text_of(body.get("name")).strip()
    if not 1 <= len(name) <= NAME_MAX:
        message = f"Must be between 1 and {NAME_MAX} in length."
        raise invalid(field="name", code="BASE_TYPE_BAD_LENGTH", message=message)
    return name


def _extra(body: JsonObject) -> JsonObject:
    return {key: value for key, value in body.items() if key in CHANNEL_KEYS and value is not None}
