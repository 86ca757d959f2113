"""Tells the bots what happens, each what its shard and its intents let it hear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botwatch_sandbox.discord import intents, payloads
from botwatch_sandbox.discord.guilds import HOME
from botwatch_sandbox.discord.state import BOT, Message, World

if TYPE_CHECKING:
    from botwatch_sandbox.discord.guilds import Guild
    from botwatch_sandbox.discord.session import Session, Sessions
    from botwatch_sandbox.discord.state import Fate, User
    from botwatch_sandbox.jsonio import JsonObject


@dataclass(frozen=True, slots=True)
class Spreader:
    """Sends events to sessions.

    Attributes:
        world: where it happens.
        sessions: the bots' sessions.
    """

    world: World
    sessions: Sessions

    def listen(self) -> None:
        """Spread everything that happens to messages from now on."""
        self.world.listeners.append(self._said)
        self.world.fates.append(self._changed)
        self.world.arrivals.append(self._joined)

    def announce(
        self, event: str, data: JsonObject, intent: int, guild: Guild | None = HOME
    ) -> None:
        """Send an event to who has asked for its kind; no guild: about direct messages."""
        for session in self._hearing(guild, intent):
            session.dispatch(event, data)

    def interact(self, guild: Guild | None, interaction: JsonObject) -> bool:
        """Tell the bots of a guild of an interaction; say whether there is one."""
        hearing = self._hearing(guild, 0)
        for session in hearing:
            session.dispatch("INTERACTION_CREATE", interaction)
        return bool(hearing)

    def reacted(self, event: str, message: Message, data: JsonObject) -> None:
        """Tell of a reaction, or of the end of one."""
        if message.is_direct:
            self.announce(event, data, intents.DIRECT_MESSAGE_REACTIONS, None)
        else:
            about = data | {"guild_id": str(message.guild.id)}
            self.announce(event, about, intents.GUILD_MESSAGE_REACTIONS, message.guild)

    def _hearing(self, guild: Guild | None, intent: int) -> list[Session]:
        return [
            session
            for session in self.sessions.all()
            if session.intents & intent == intent and _reaches(guild, session)
        ]

    def _joined(self, user: User) -> None:
        data = payloads.full_member(user, self.world.roster) | {"guild_id": str(HOME.id)}
        self.announce("GUILD_MEMBER_ADD", data, intents.GUILD_MEMBERS)

    def _said(self, message: Message) -> None:
        if message.draft.heard:
            reply_to = message.draft.reply_to
            answered = None if reply_to is None else self.world.find(reply_to)
            self._send("MESSAGE_CREATE", message, answered)

    def _changed(self, fate: Fate, message: Message) -> None:
        if not message.draft.heard:
            return
        if fate == "edited":
            self._send("MESSAGE_UPDATE", message, None)
            return
        gone: JsonObject = {"id": str(message.id), "channel_id": str(message.channel_id)}
        if message.is_direct:
            self.announce("MESSAGE_DELETE", gone, intents.DIRECT_MESSAGES, None)
        else:
            gone["guild_id"] = str(message.guild.id)
            self.announce("MESSAGE_DELETE", gone, intents.GUILD_MESSAGES, message.guild)

    def _send(self, event: str, message: Message, answered: Message | None) -> None:
        guild = None if message.is_direct else message.guild
        intent = intents.DIRECT_MESSAGES if message.is_direct else intents.GUILD_MESSAGES
        for session in self._hearing(guild, intent):
            data = payloads.message_event(
                message, answered, self.world.roster, hidden=_is_hidden(session, message)
            )
            session.dispatch(event, data)


def _reaches(guild: Guild | None, session: Session) -> bool:
    """Say whether a session is of the guild's shard; direct messages go to the first one."""
    return session.shard[0] == 0 if guild is None else guild.belongs_to(session.shard)


def _is_hidden(session: Session, message: Message) -> bool:
    """Say whether Discord empties a message for a bot: it lacks the intent and is not meant."""
    meant = message.author == BOT or message.is_direct or f"<@{BOT.id}>" in message.draft.content
    return not (session.intents & intents.MESSAGE_CONTENT or meant)
