"""Uses of commands, components and modals, from the person to the bot."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from botwatch_sandbox.discord import payloads
from botwatch_sandbox.discord.guilds import HOME, Guild
from botwatch_sandbox.discord.readable import SELECTS, Kind, all_components
from botwatch_sandbox.discord.resolving import Resolver
from botwatch_sandbox.discord.slash import (
    OptionType,
    SlashCommands,
    SlashError,
    descend,
    fill_in,
    nest,
    read_typed,
)
from botwatch_sandbox.discord.state import Channel, Draft, Interaction, Languages, User, located
from botwatch_sandbox.jsonio import JsonObject, inside, objects

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botwatch_sandbox.discord.gateway import Gateway
    from botwatch_sandbox.discord.state import Message, World

ANSWER_WITHIN_S = 3.0
TOKEN_VALID_S = 15 * 60.0
KEPT = 1000
NOT_CONNECTED = "The application did not respond: no bot is connected."
SELECTED = {
    Kind.USER_SELECT: OptionType.USER,
    Kind.ROLE_SELECT: OptionType.ROLE,
    Kind.MENTIONABLE_SELECT: OptionType.MENTIONABLE,
    Kind.CHANNEL_SELECT: OptionType.CHANNEL,
}

UNKNOWN_MESSAGE = 10008
UNKNOWN_WEBHOOK = 10015


class Type(IntEnum):
    """Discord's types of interactions."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


@dataclass(slots=True)
class Interactions:
    """All uses of commands, components and modals.

    Attributes:
        world: where they are used.
        gateway: tells the bots.
        commands: what can be used.
    """

    world: World
    gateway: Gateway
    commands: SlashCommands = field(default_factory=SlashCommands)
    _kept: OrderedDict[str, Interaction] = field(default_factory=OrderedDict)

    def type_in(self, author: User, content: str) -> Message | None:
        """Use the command that a text such as `/roll 2d6` names; None when it names none.

        Raises:
            SlashError: the command cannot be used so.
        """
        name, _, text = content.removeprefix("/").partition(" ")
        command = self.commands.find(name, HOME.id) if content.startswith("/") else None
        if command is None:
            return None
        followed, last = descend(command, text.split())
        rest = text.split(maxsplit=len(followed))[len(followed) :]
        return self.use(author, " ".join([name, *followed]), read_typed(last, "".join(rest)))

    def use(
        self,
        author: User,
        name: str,
        values: Mapping[str, object],
        languages: Languages | None = None,
        guild: Guild = HOME,
    ) -> Message:
        """Use a command, as a person does in Discord's window; return what the page shows.

        Args:
            author: who uses it.
            name: the command's name, and those of its subcommands after it.
            values: the options that are filled in.
            languages: the person's and the guild's.
            guild: where it is used.

        Raises:
            SlashError: there is no such command, it cannot be used so, or no bot is there.
        """
        self.world.meet(author)
        data = self._command_data(name, values, guild)
        interaction = self._begin(Type.COMMAND, author, name, guild)
        shown = " ".join([f"/{name}", *(f"{key}: {value}" for key, value in values.items())])
        used = self.world.say(author, Draft(shown, heard=False), guild)
        self._send(interaction, data, languages)
        return used

    async def complete(
        self, author: User, name: str, values: Mapping[str, object], focused: str
    ) -> list[JsonObject]:
        """Ask the bot what it proposes for an option; return the choices.

        Raises:
            SlashError: there is no such command or option, or the bot does not answer.
        """
        self.world.meet(author)
        data = self._command_data(name, {focused: ""} | dict(values), HOME, complete=False)
        last = objects(data["options"])
        while last and "options" in last[0]:
            last = objects(last[0]["options"])
        for option in last:
            if option["name"] == focused:
                option["focused"] = True
        interaction = self._begin(Type.AUTOCOMPLETE, author, name)
        interaction.choices = asyncio.get_running_loop().create_future()
        self._send(interaction, data, None)
        try:
            return await asyncio.wait_for(interaction.choices, ANSWER_WITHIN_S)
        except TimeoutError as error:
            message = "The application did not respond in time."
            raise SlashError(message) from error

    def press(
        self, author: User, message_id: int | None, custom_id: str, values: list[str]
    ) -> None:
        """Press a button, or choose values of a select.

        Raises:
            SlashError: there is no such component, it cannot be used so, or no bot is there.
        """
        self.world.meet(author)
        message = self.world.find(message_id)
        components = () if message is None else message.draft.components
        used = [
            found for found in all_components(components) if found.get("custom_id") == custom_id
        ]
        if message is None or not used or used[0].get("disabled"):
            error = "The message has no such button or select that is enabled."
            raise SlashError(error)
        kind = used[0].get("type")
        data: JsonObject = {"custom_id": custom_id, "component_type": kind, "id": used[0].get("id")}
        if kind in SELECTS:
            resolver = Resolver(self.world, message.guild)
            data["values"] = _selected(used[0], values, resolver)
            data |= resolver.objects()
        interaction = self._begin(Type.COMPONENT, author, custom_id, message.place, message)
        self._send(interaction, data, None)

    def submit(self, author: User, values: Mapping[str, str]) -> None:
        """Submit the modal that is shown.

        Raises:
            SlashError: none is shown, a required field is empty, or no bot is there.
        """
        self.world.meet(author)
        modal = self.world.modal
        if modal is None:
            message = "The bot has asked for nothing to fill in."
            raise SlashError(message)
        components = objects(modal["components"])
        for entry in all_components(components):
            name = str(entry.get("custom_id"))
            is_required = entry.get("type") == Kind.TEXT_INPUT and entry.get("required", True)
            if is_required and not values.get(name):
                message = f"The field '{name}' is required; fill it in."
                raise SlashError(message)
        self.world.modal = None
        self.world.changes.touch("discord")
        asked = self._kept.get(str(modal["token"]))
        place = HOME if asked is None else asked.place
        source = None if asked is None else asked.source
        interaction = self._begin(Type.MODAL, author, str(modal["custom_id"]), place, source)
        filled = [_filled(entry, values) for entry in components]
        self._send(interaction, {"custom_id": modal["custom_id"], "components": filled}, None)

    def kept(self, token: str) -> Interaction | None:
        """Return the interaction with a token."""
        return self._kept.get(token)

    def _command_data(
        self, name: str, values: Mapping[str, object], guild: Guild, *, complete: bool = True
    ) -> JsonObject:
        first, *words = name.split(" ")
        command = self.commands.find(first, guild.id)
        if command is None:
            message = f"The bot has registered no command '{first}'."
            raise SlashError(message)
        path, last = descend(command, words)
        resolver = Resolver(self.world, guild)
        options = nest(command, path, fill_in(last, values, resolver, complete=complete))
        data: JsonObject = {"id": command["id"], "name": first, "type": command["type"]}
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        return data | {"options": options} | resolver.objects()

    def _begin(
        self,
        kind: Type,
        author: User,
        name: str,
        place: Guild | Channel = HOME,
        source: Message | None = None,
    ) -> Interaction:
        guild, channel = located(place)
        interaction = Interaction(
            self.world.ids.next(), secrets.token_urlsafe(32), guild, time.monotonic(),
            int(kind), author, channel, name, source,
        )  # fmt: skip
        self._kept[interaction.token] = interaction
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return interaction

    def _send(
        self, interaction: Interaction, data: JsonObject, languages: Languages | None
    ) -> None:
        event = payloads.interaction(interaction, data, languages or Languages(), self.world)
        place = interaction.place
        guild = place.guild if isinstance(place, Channel) else place
        if not self.gateway.spreader.interact(guild, event):
            raise SlashError(NOT_CONNECTED)


def _selected(select: JsonObject, values: list[str], resolver: Resolver) -> list[str]:
    kind = select.get("type")
    if kind in SELECTED and isinstance(kind, int):
        return [resolver.find(SELECTED[Kind(kind)], value) for value in values]
    options = {str(option.get("value")) for option in objects(select.get("options"))}
    wrong = sorted(set(values) - options)
    if wrong:
        message = (
            f"The select has no option '{wrong[0]}'; its options: {', '.join(sorted(options))}."
        )
        raise SlashError(message)
    return values


def _filled(entry: JsonObject, values: Mapping[str, str]) -> JsonObject:
    """Return a part of a modal as it is submitted: what it contains, with the values."""
    found: JsonObject = {"type": entry.get("type"), "id": entry.get("id", 0)}
    if "custom_id" in entry:
        value = values.get(str(entry["custom_id"]), "")
        found["custom_id"] = entry["custom_id"]
        if entry.get("type") in SELECTS:
            found["values"] = [value] if value else []
        else:
            found["value"] = value
    if "components" in entry:
        found["components"] = [_filled(each, values) for each in objects(entry["components"])]
    if inner := inside(entry, "component"):
        found["component"] = _filled(inner, values)
    return found
