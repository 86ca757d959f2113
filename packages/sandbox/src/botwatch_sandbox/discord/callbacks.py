"""What the bot responds to uses of commands, components and modals."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

from botwatch_sandbox.discord import payloads
from botwatch_sandbox.discord.bodies import (
    EPHEMERAL,
    ROWS_MAX,
    RestError,
    edited,
    invalid,
    is_ephemeral,
    number_components,
    read_draft,
)
from botwatch_sandbox.discord.interactions import (
    ANSWER_WITHIN_S,
    TOKEN_VALID_S,
    UNKNOWN_MESSAGE,
    UNKNOWN_WEBHOOK,
    Interactions,
    Type,
)
from botwatch_sandbox.discord.state import BOT, Interaction
from botwatch_sandbox.jsonio import JsonObject, inside, objects, text_of

if TYPE_CHECKING:
    from botwatch_sandbox.discord.state import Message, World

UNKNOWN_INTERACTION = 10062
ALREADY_ACKNOWLEDGED = 40060

Attachments = tuple[JsonObject, ...]


class Answer(IntEnum):
    """The first answers that a bot may give."""

    MESSAGE = 4
    DEFERRED = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


@dataclass(frozen=True, slots=True)
class Callbacks:
    """The bot's responses.

    Attributes:
        interactions: what it responds to.
    """

    interactions: Interactions

    @property
    def world(self) -> World:
        """Where the responses are shown."""
        return self.interactions.world

    def acknowledge(
        self, interaction_id: int | None, token: str, body: JsonObject, files: Attachments = ()
    ) -> JsonObject:
        """Take the bot's first answer; return what Discord answers when it is asked to.

        Raises:
            RestError: it is too late, or not the first, or breaks a rule.
        """
        interaction = self.interactions.kept(token)
        late = interaction is not None and time.monotonic() - interaction.at > ANSWER_WITHIN_S
        if interaction is None or interaction.id != interaction_id or late:
            raise RestError(404, UNKNOWN_INTERACTION, "Unknown interaction")
        if interaction.acknowledged:
            message = "Interaction has already been acknowledged."
            raise RestError(400, ALREADY_ACKNOWLEDGED, message)
        kind, data = body.get("type"), inside(body, "data")
        self._take(interaction, kind, data, files)
        interaction.acknowledged = True
        interaction.ephemeral = is_ephemeral(data)
        return _acknowledged(interaction, kind)

    def _take(
        self, interaction: Interaction, kind: object, data: JsonObject, files: Attachments
    ) -> None:
        source, completes = interaction.source, interaction.kind == Type.AUTOCOMPLETE
        match kind:
            case Answer.CHOICES if completes and interaction.choices is not None:
                if not interaction.choices.done():
                    interaction.choices.set_result(objects(data.get("choices")))
            case Answer.MESSAGE if not completes:
                interaction.original = self._say(interaction, data, files)
            case Answer.DEFERRED if not completes:
                pass
            case Answer.DEFERRED_UPDATE if source is not None:
                interaction.original = source
            case Answer.UPDATE if source is not None:
                source = self.world.find(source.id) or source
                draft = edited(source.draft, data, files)
                interaction.original = self.world.edit(source, draft)
            case Answer.MODAL if interaction.kind in {Type.COMMAND, Type.COMPONENT}:
                self._ask(interaction, data)
            case _:
                raise invalid(field="type", code="INVALID", message="Not possible here.")

    def _ask(self, interaction: Interaction, modal: JsonObject) -> None:
        components = objects(modal.get("components"))
        for name in ("custom_id", "title"):
            if not text_of(modal.get(name)):
                message = "This field is required"
                raise invalid(field=name, code="BASE_TYPE_REQUIRED", message=message)
        if not 1 <= len(components) <= ROWS_MAX:
            message = f"Must be between 1 and {ROWS_MAX} in length."
            raise invalid(field="components", code="BASE_TYPE_BAD_LENGTH", message=message)
        number_components(components)
        self.world.modal = modal | {"token": interaction.token}
        self.world.changes.touch("discord")

    def follow_up(self, token: str, body: JsonObject, files: Attachments = ()) -> JsonObject:
        """Take another answer.

        Raises:
            RestError: there is no such interaction any more, or the answer breaks a rule.
        """
        interaction = self._find(token)
        if interaction.original is None:  # the first one after "thinking …" takes its place
            return self.edit_original(token, body, files)
        return payloads.message(self._say(interaction, body, files))

    def message(self, token: str, message_id: int | None) -> JsonObject:
        """Return one of the answers; no id: the first one.

        Raises:
            RestError: there is none.
        """
        return payloads.message(self._answer(self._find(token), message_id))

    def edit(
        self, token: str, message_id: int, body: JsonObject, files: Attachments = ()
    ) -> JsonObject:
        """Change one of the answers.

        Raises:
            RestError: there is none, or the change breaks a rule.
        """
        former = self._answer(self._find(token), message_id)
        return payloads.message(self.world.edit(former, edited(former.draft, body, files)))

    def edit_original(self, token: str, body: JsonObject, files: Attachments = ()) -> JsonObject:
        """Change the first answer, or give it after it was put off.

        Raises:
            RestError: there is no such interaction any more, or the answer breaks a rule.
        """
        interaction = self._find(token)
        if interaction.original is None:
            flags = body.get("flags")
            kept = flags if isinstance(flags, int) else 0
            whole = body | {"flags": kept | (EPHEMERAL if interaction.ephemeral else 0)}
            interaction.original = self._say(interaction, whole, files)
        else:
            former = self._answer(interaction, None)
            draft = edited(former.draft, body, files)
            interaction.original = self.world.edit(former, draft)
        return payloads.message(interaction.original)

    def delete(self, token: str, message_id: int | None) -> None:
        """Take one of the answers away; no id: the first one.

        Raises:
            RestError: there is none.
        """
        interaction = self._find(token)
        self.world.remove(self._answer(interaction, message_id))
        if message_id is None:
            interaction.original = None

    def _say(self, interaction: Interaction, body: JsonObject, files: Attachments) -> Message:
        draft = replace(read_draft(body, files), heard=not is_ephemeral(body), answers_slash=True)
        return self.world.say(BOT, draft, interaction.place, used=interaction)

    def _find(self, token: str) -> Interaction:
        interaction = self.interactions.kept(token)
        if interaction is None or time.monotonic() - interaction.at > TOKEN_VALID_S:
            raise RestError(404, UNKNOWN_WEBHOOK, "Unknown Webhook")
        if not interaction.acknowledged:
            raise RestError(404, UNKNOWN_WEBHOOK, "Unknown Webhook")
        return interaction

    def _answer(self, interaction: Interaction, message_id: int | None) -> Message:
        original = interaction.original
        if message_id is None and original is not None:
            return self.world.find(original.id) or original
        message = self.world.find(message_id)
        is_its_own = message is not None and (
            message.used is interaction or (original is not None and message.id == original.id)
        )
        if message is None or not is_its_own:
            raise RestError(404, UNKNOWN_MESSAGE, "Unknown Message")
        return message


def _acknowledged(interaction: Interaction, kind: object) -> JsonObject:
    original = interaction.original
    callback: JsonObject = {
        "id": str(interaction.id),
        "type": interaction.kind,
        "response_message_loading": original is None,
        "response_message_ephemeral": interaction.ephemeral,
    }
    if original is None or kind == Answer.DEFERRED_UPDATE:
        return {"interaction": callback, "resource": {"type": kind}}
    callback["response_message_id"] = str(original.id)
    resource = {"type": kind, "message": payloads.message(original)}
    return {"interaction": callback, "resource": resource}
