"""Roles of the first guild, and what its members have: roles and a nickname."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botwatch_sandbox.discord.guilds import GUILD_ID
from botwatch_sandbox.jsonio import is_object

if TYPE_CHECKING:
    from botwatch_sandbox.discord.snowflake import Snowflakes
    from botwatch_sandbox.jsonio import JsonObject

ROLES_MAX = 250
# View channels, send and read messages, embed links, attach files, react, use commands.
EVERYONE = (
    (1 << 6) | (1 << 10) | (1 << 11) | (1 << 14) | (1 << 15) | (1 << 16) | (1 << 18) | (1 << 31)
)
ALL_PERMISSIONS = (1 << 53) - 1
BOTS_ROLE_ID = 1_100_000_000_000_000_005
ROLE_KEYS = frozenset(
    {
        "name", "permissions", "color", "colors", "hoist", "icon", "unicode_emoji", "mentionable"
    }
)  # fmt: skip


@dataclass(slots=True)
class Roster:
    """The roles of the first guild and who has them.

    Attributes:
        roles: the roles besides @everyone, by id.
        held: the ids of the roles that a user has, by the user's id.
        nicks: the users' nicknames.
        timeouts: until when users may not speak.
    """

    roles: dict[int, JsonObject] = field(
        default_factory=lambda: {BOTS_ROLE_ID: role(BOTS_ROLE_ID, "bot", ALL_PERMISSIONS, 1)}
    )
    held: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    nicks: dict[int, str | None] = field(default_factory=dict)
    timeouts: dict[int, str | None] = field(default_factory=dict)

    def all(self) -> list[JsonObject]:
        """Return the role objects of the first guild."""
        return [everyone(GUILD_ID), *self.roles.values()]

    def create(self, ids: Snowflakes, given: JsonObject) -> JsonObject | None:
        """Create a role; None if there are too many."""
        if len(self.roles) >= ROLES_MAX:
            return None
        role_id = ids.next()
        self.roles[role_id] = role(role_id, "new role", EVERYONE, 1) | _kept(given)
        return self.roles[role_id]

    def edit(self, role_id: int, given: JsonObject) -> JsonObject:
        """Change a role that there is."""
        self.roles[role_id] = self.roles[role_id] | _kept(given)
        return self.roles[role_id]

    def delete(self, role_id: int) -> None:
        """Delete a role that there is; nobody has it any more."""
        del self.roles[role_id]
        for held in self.held.values():
            if role_id in held:
                held.remove(role_id)

    def forget(self, user_id: int) -> None:
        """Take from a user what a member has."""
        for kept in (self.held, self.nicks, self.timeouts):
            kept.pop(user_id, None)


def _kept(given: JsonObject) -> JsonObject:
    kept = {key: value for key, value in given.items() if key in ROLE_KEYS}
    colors = kept.get("colors")
    if is_object(colors) and "color" not in kept:
        kept["color"] = colors.get("primary_color") or 0
    elif "color" in kept and not is_object(colors):
        kept["colors"] = _colors(kept["color"])
    return kept


def everyone(guild_id: int) -> JsonObject:
    """Return the role that everybody in a guild has."""
    return role(guild_id, "@everyone", EVERYONE, 0)


def role(role_id: int, name: str, permissions: int, position: int) -> JsonObject:
    """Return a role object."""
    return {
        "id": str(role_id),
        "name": name,
        "permissions": str(permissions),
        "color": 0,
        "colors": _colors(0),
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": position,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }


def _colors(primary: object) -> JsonObject:
    return {"primary_color": primary, "secondary_color": None, "tertiary_color": None}
