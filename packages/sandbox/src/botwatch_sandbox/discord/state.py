"""What is said in the stand-in: the bot, its visitors and their messages."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from botwatch_sandbox.discord.guilds import CHANNEL_NAME, GUILD_NAME, HOME, Guild, Scale
from botwatch_sandbox.discord.snowflake import Snowflakes, id_of_name
from botwatch_sandbox.jsonio import JsonObject, is_list, is_object, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch_sandbox.changes import Changes

MESSAGES_KEPT = 200
CONTENT_MAX = 2000
AUTHOR_MAX = 32
DEFAULT_LOCALE = "en-US"


@dataclass(frozen=True, slots=True)
class User:
    """A user of the stand-in."""

    id: int
    name: str
    bot: bool = False


BOT = User(1_100_000_000_000_000_003, "botwatch", bot=True)
OWNER = User(1_100_000_000_000_000_004, "owner")


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to say.

    Attributes:
        heard: whether it is a message of the channel. That somebody used a slash command is none,
            and an answer for that person alone is none either: the page shows them, no bot hears.
        answers_slash: whether it is the answer to a slash command.
    """

    content: str
    embeds: tuple[JsonObject, ...] = ()
    reply_to: int | None = None
    nonce: str | int | None = None
    mention_everyone: bool = False
    heard: bool = True
    answers_slash: bool = False

    def as_text(self) -> str:
        """Return the content and the embeds as plain text: the control room draws no embeds."""
        return "\n".join([self.content, *map(_embed_text, self.embeds)]).strip()


@dataclass(frozen=True, slots=True)
class Message:
    """A message in a guild's channel; `at` is Unix time in seconds."""

    id: int
    author: User
    at: float
    draft: Draft
    guild: Guild = HOME

    def view(self) -> JsonObject:
        """Return what the control room shows."""
        return {
            "id": str(self.id),
            "author": {
                "id": str(self.author.id),
                "name": self.author.name,
                "bot": self.author.bot,
            },
            "content": self.draft.as_text(),
            "at": self.at,
        }


@dataclass(slots=True)
class Interaction:
    """One use of a command.

    Attributes:
        at: when it was used (monotonic seconds).
        acknowledged: whether the bot has answered, or said that it will.
        ephemeral: whether the answer is for the person alone.
        original: the first answer, once it is there.
    """

    id: int
    token: str
    guild: Guild
    at: float
    acknowledged: bool = False
    ephemeral: bool = False
    original: Message | None = None


@dataclass(frozen=True, slots=True)
class Languages:
    """The languages that Discord tells a bot of: the person's, and the guild's."""

    locale: str = DEFAULT_LOCALE
    guild_locale: str = DEFAULT_LOCALE


MessageListener: TypeAlias = "Callable[[Message], None]"


@dataclass(slots=True)
class World:
    """The guilds' channels and everything said in them.

    Attributes:
        changes: notified when something was said.
        scale: how many guilds there are.
        listeners: called with every message.
    """

    changes: Changes
    scale: Scale = field(default_factory=Scale)
    listeners: list[MessageListener] = field(default_factory=list)
    _messages: deque[Message] = field(default_factory=lambda: deque(maxlen=MESSAGES_KEPT))
    _ids: Snowflakes = field(default_factory=Snowflakes)

    def say(self, author: User, draft: Draft, guild: Guild = HOME) -> Message:
        """Put a message into a guild's channel and tell all listeners."""
        message = Message(self._ids.next(), author, time.time(), draft, guild)
        self._messages.append(message)
        for listener in self.listeners:
            listener(message)
        self.changes.touch("discord")
        return message

    def edit(self, former: Message, draft: Draft) -> Message:
        """Put other words into a message; no bot is notified."""
        message = replace(former, draft=draft)
        if former in self._messages:
            self._messages[self._messages.index(former)] = message
        self.changes.touch("discord")
        return message

    def remove(self, message: Message) -> None:
        """Delete a message; no bot is notified."""
        if message in self._messages:
            self._messages.remove(message)
        self.changes.touch("discord")

    def find(self, message_id: int) -> Message | None:
        """Return a message that is still kept."""
        return next((message for message in self._messages if message.id == message_id), None)

    def view(self) -> JsonObject:
        """Return the `discord` part of the snapshot."""
        return {
            "guild": GUILD_NAME,
            "channel": CHANNEL_NAME,
            "bot_name": BOT.name,
            "messages": [found.view() for found in self._messages if found.guild == HOME],
        }


def visitor(name: str) -> User:
    """Return the visitor with a name; the bot's owner is known by theirs."""
    return OWNER if name == OWNER.name else User(id_of_name(name), name)


def _embed_text(embed: JsonObject) -> str:
    fields = embed.get("fields")
    lines = [text_of(embed.get("title")), text_of(embed.get("description"))]
    lines += [
        f"{text_of(entry.get('name'))}: {text_of(entry.get('value'))}"
        for entry in (fields if is_list(fields) else [])
        if is_object(entry)
    ]
    return "\n".join(line for line in lines if line)
