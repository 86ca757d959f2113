"""Uses of slash commands, from the person to the bot and back."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TYPE_CHECKING

from botwatch_sandbox.discord import payloads
from botwatch_sandbox.discord.bodies import EPHEMERAL, RestError, invalid, is_ephemeral, read_draft
from botwatch_sandbox.discord.guilds import HOME, Guild
from botwatch_sandbox.discord.slash import SlashCommands, SlashError, fill_in, read_typed
from botwatch_sandbox.discord.snowflake import Snowflakes
from botwatch_sandbox.discord.state import BOT, Draft, Interaction, Languages, User
from botwatch_sandbox.jsonio import JsonObject, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botwatch_sandbox.discord.gateway import Gateway
    from botwatch_sandbox.discord.state import Message, World

ANSWER_WITHIN_S = 3.0
TOKEN_VALID_S = 15 * 60.0
KEPT = 1000

UNKNOWN_MESSAGE = 10008
UNKNOWN_WEBHOOK = 10015
UNKNOWN_INTERACTION = 10062
ALREADY_ACKNOWLEDGED = 40060


class Answer(IntEnum):
    """The first answers that a bot may give here."""

    MESSAGE = 4
    DEFERRED = 5


@dataclass(slots=True)
class Interactions:
    """All uses of commands.

    Attributes:
        commands: what can be used.
    """

    world: World
    gateway: Gateway
    commands: SlashCommands = field(default_factory=SlashCommands)
    _ids: Snowflakes = field(default_factory=Snowflakes)
    _kept: OrderedDict[str, Interaction] = field(default_factory=OrderedDict)

    def type_in(self, author: User, content: str) -> Message | None:
        """Use the command that a text such as `/roll 2d6` names; None when it names none.

        Raises:
            SlashError: the command cannot be used so.
        """
        name, _, text = content.removeprefix("/").partition(" ")
        command = self.commands.find(name, HOME.id) if content.startswith("/") else None
        return None if command is None else self.use(author, name, read_typed(command, text))

    def use(
        self,
        author: User,
        name: str,
        values: Mapping[str, object],
        languages: Languages | None = None,
        guild: Guild = HOME,
    ) -> Message:
        """Use a command, as a person does in Discord's window; return what the page shows.

        Raises:
            SlashError: there is no such command, it cannot be used so, or no bot is there.
        """
        command = self.commands.find(name, guild.id)
        if command is None:
            message = f"The bot has registered no command '{name}'."
            raise SlashError(message)
        options = fill_in(command, values)
        interaction = Interaction(
            self._ids.next(), secrets.token_urlsafe(32), guild, time.monotonic()
        )
        self._kept[interaction.token] = interaction
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        shown = " ".join([f"/{name}", *(f"{key}: {value}" for key, value in values.items())])
        used = self.world.say(author, Draft(shown, heard=False), guild)
        data = {"id": command["id"], "name": name, "type": command["type"], "options": options}
        event = payloads.interaction(interaction, author, data, languages or Languages())
        if not self.gateway.interact(guild, event):
            message = "The application did not respond: no bot is connected."
            raise SlashError(message)
        return used

    def acknowledge(self, interaction_id: int | None, token: str, body: JsonObject) -> JsonObject:
        """Take the bot's first answer; return what Discord answers when it is asked to.

        Raises:
            RestError: it is too late, or not the first, or breaks a rule.
        """
        interaction = self._kept.get(token)
        late = interaction is not None and time.monotonic() - interaction.at > ANSWER_WITHIN_S
        if interaction is None or interaction.id != interaction_id or late:
            raise RestError(404, UNKNOWN_INTERACTION, "Unknown interaction")
        if interaction.acknowledged:
            message = "Interaction has already been acknowledged."
            raise RestError(400, ALREADY_ACKNOWLEDGED, message)
        data = body.get("data")
        given = data if is_object(data) else {}
        match body.get("type"):
            case Answer.MESSAGE:
                interaction.original = self._say(interaction, given)
            case Answer.DEFERRED:
                pass
            case _:
                raise invalid(field="type", code="INVALID", message="Left out here.")
        interaction.acknowledged = True
        interaction.ephemeral = is_ephemeral(given)
        return _acknowledged(interaction)

    def follow_up(self, token: str, body: JsonObject) -> JsonObject:
        """Take another answer.

        Raises:
            RestError: there is no such interaction any more, or the answer breaks a rule.
        """
        interaction = self._find(token)
        if interaction.original is None:  # the first one after "thinking …" takes its place
            return self.edit_original(token, body)
        return payloads.message(self._say(interaction, body))

    def original(self, token: str) -> JsonObject:
        """Return the first answer.

        Raises:
            RestError: there is none.
        """
        return payloads.message(self._original(self._find(token)))

    def edit_original(self, token: str, body: JsonObject) -> JsonObject:
        """Change the first answer, or give it after it was put off.

        Raises:
            RestError: there is no such interaction any more, or the answer breaks a rule.
        """
        interaction = self._find(token)
        if interaction.original is None:
            flags = EPHEMERAL if interaction.ephemeral else 0
            interaction.original = self._say(interaction, body | {"flags": flags})
        else:
            former = interaction.original
            draft = replace(read_draft(body), heard=former.draft.heard, answers_slash=True)
            interaction.original = self.world.edit(former, draft)
        return payloads.message(interaction.original)

    def delete_original(self, token: str) -> None:
        """Take the first answer away.

        Raises:
            RestError: there is none.
        """
        interaction = self._find(token)
        self.world.remove(self._original(interaction))
        interaction.original = None

    def _say(self, interaction: Interaction, body: JsonObject) -> Message:
        draft = replace(read_draft(body), heard=not is_ephemeral(body), answers_slash=True)
        return self.world.say(BOT, draft, interaction.guild)

    def _find(self, token: str) -> Interaction:
        interaction = self._kept.get(token)
        if interaction is None or time.monotonic() - interaction.at > TOKEN_VALID_S:
            raise RestError(404, UNKNOWN_WEBHOOK, "Unknown Webhook")
        if not interaction.acknowledged:
            raise RestError(404, UNKNOWN_WEBHOOK, "Unknown Webhook")
        return interaction

    def _original(self, interaction: Interaction) -> Message:
        if interaction.original is None:
            raise RestError(404, UNKNOWN_MESSAGE, "Unknown Message")
        return interaction.original


def _acknowledged(interaction: Interaction) -> JsonObject:
    original = interaction.original
    callback: JsonObject = {
        "id": str(interaction.id),
        "type": payloads.APPLICATION_COMMAND,
        "response_message_loading": original is None,
        "response_message_ephemeral": interaction.ephemeral,
    }
    if original is None:
        return {"interaction": callback, "resource": {"type": Answer.DEFERRED}}
    callback["response_message_id"] = str(original.id)
    resource = {"type": Answer.MESSAGE, "message": payloads.message(original)}
    return {"interaction": callback, "resource": resource}
