"""Users, roles and channels that people name in options and selects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botwatch_sandbox.discord import payloads
from botwatch_sandbox.discord.slash import OptionType, SlashError
from botwatch_sandbox.jsonio import JsonObject, text_of

if TYPE_CHECKING:
    from botwatch_sandbox.discord.guilds import Guild
    from botwatch_sandbox.discord.state import User, World

SHOWN_MAX = 100


@dataclass(slots=True)
class Resolver:
    """Finds what is named, and collects the objects that an interaction carries for it."""

    world: World
    guild: Guild
    _found: dict[str, JsonObject] = field(default_factory=dict)

    def objects(self) -> JsonObject:
        """Return what an interaction says about all that was found."""
        return {"resolved": self._found} if self._found else {}

    def find(self, kind: OptionType, text: str) -> str:
        """Return the id of what an id, a mention or a name stands for.

        Raises:
            SlashError: there is nothing of that name.
        """
        name = text.strip("<@&!#>").lower()
        if kind in {OptionType.USER, OptionType.MENTIONABLE}:
            for user in self.world.everybody():
                if name in {str(user.id), user.name.lower()}:
                    return self._user(user)
        if kind in {OptionType.ROLE, OptionType.MENTIONABLE}:
            for role in self.world.roster.all():
                if name in {role["id"], text_of(role["name"]).strip("@").lower()}:
                    return self._keep("roles", str(role["id"]), role)
        if kind is OptionType.CHANNEL:
            for channel in self.world.channels_of(self.guild):
                if name in {str(channel.id), channel.name.lower()}:
                    permissions: JsonObject = {"permissions": "0"}
                    data = payloads.channel(channel) | permissions
                    return self._keep("channels", str(channel.id), data)
        message = f"There is no {kind.name.lower()} '{text[:SHOWN_MAX]}'."
        raise SlashError(message)

    def _user(self, user: User) -> str:
        member = payloads.full_member(user, self.world.roster)
        del member["user"]
        self._keep("members", str(user.id), member | {"permissions": "0"})
        return self._keep("users", str(user.id), payloads.user(user))

    def _keep(self, group: str, object_id: str, data: JsonObject) -> str:
        self._found.setdefault(group, {})[object_id] = data
        return object_id
