"""What is said in the stand-in: the bot, its visitors and their messages."""

from __future__ import annotations

import re
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from botwatch_sandbox.discord.guilds import CHANNEL_NAME, GUILD_NAME, HOME, Guild, Scale
from botwatch_sandbox.discord.readable import as_text
from botwatch_sandbox.discord.roster import BOTS_ROLE_ID, Roster
from botwatch_sandbox.discord.snowflake import Snowflakes, id_of_name

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from botwatch_sandbox.changes import Changes
    from botwatch_sandbox.jsonio import JsonObject

MESSAGES_KEPT = 200
PEOPLE_KEPT = 200
DIRECT_BASE = 1 << 58
CONTENT_MAX = 2000
AUTHOR_MAX = 32
DEFAULT_LOCALE = "en-US"
THREADS = (10, 11, 12)  # of announcements, public, private
MENTION = re.compile(r"<@!?(\d{1,20})>")
AT_NAME = re.compile(r"(?<![\w<])@([\w.-]*\w)")


@dataclass(frozen=True, slots=True)
class User:
    """A user of the stand-in."""

    id: int
    name: str
    bot: bool = False


BOT = User(1_100_000_000_000_000_003, "botwatch", bot=True)
OWNER = User(1_100_000_000_000_000_004, "owner")


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of a guild, or the direct messages of one user with the bot.

    Attributes:
        guild: None for direct messages.
        recipient: the user of the direct messages.
        extra: what else a bot has set, such as the topic.
    """

    id: int
    name: str
    guild: Guild | None = HOME
    recipient: User | None = None
    extra: JsonObject = field(default_factory=dict, hash=False, compare=False)

    @property
    def is_thread(self) -> bool:
        """Whether it is a thread of another channel."""
        return self.extra.get("type") in THREADS


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to say.

    Attributes:
        components: buttons, selects and other components.
        attachments: the attachment objects of uploaded files.
        flags: Discord's message flags, without that of ephemeral responses.
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
    components: tuple[JsonObject, ...] = ()
    attachments: tuple[JsonObject, ...] = ()
    flags: int = 0

    def as_text(self) -> str:
        """Return all of it as plain text: the control room draws no embeds."""
        return as_text(self.content, self.embeds, self.components, self.attachments)


@dataclass(frozen=True, slots=True)
class Message:
    """A message in a channel; times are Unix seconds.

    Attributes:
        channel: None for the first channel of the guild.
        reactions: who reacted, by emoji.
        mentions: whom it mentions.
        webhook_id: the webhook that sent it.
        used: the use of a command or component that it responds to.
    """

    id: int
    author: User
    at: float
    draft: Draft
    guild: Guild = HOME
    channel: Channel | None = None
    edited_at: float | None = None
    pinned: bool = False
    reactions: tuple[tuple[str, tuple[User, ...]], ...] = ()
    mentions: tuple[User, ...] = ()
    webhook_id: int | None = None
    used: Interaction | None = field(default=None, compare=False, repr=False)

    @property
    def channel_id(self) -> int:
        """The id of the channel that it is in."""
        return self.guild.channel_id if self.channel is None else self.channel.id

    @property
    def is_direct(self) -> bool:
        """Whether it is a direct message."""
        return self.channel is not None and self.channel.guild is None

    @property
    def place(self) -> Guild | Channel:
        """Where it is."""
        return self.channel or self.guild

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
            "channel": None if self.channel is None else self.channel.name,
            "components": list(self.draft.components),
            "reactions": [{"emoji": emoji, "count": len(users)} for emoji, users in self.reactions],
        }


@dataclass(slots=True)
class Interaction:
    """One use of a command or of a component, or a modal that was submitted.

    Attributes:
        at: when it was used (monotonic seconds).
        kind: Discord's type of interaction.
        author: who used it.
        channel: where; None for the first channel of the guild.
        name: the command's name, or the component's custom id.
        source: the message whose component was used.
        acknowledged: whether the bot has answered, or said that it will.
        ephemeral: whether the answer is for the person alone.
        original: the first answer, once it is there.
        choices: what the bot proposes, if it was asked for an autocompletion.
    """

    id: int
    token: str
    guild: Guild
    at: float
    kind: int = 2
    author: User = OWNER
    channel: Channel | None = None
    name: str = ""
    source: Message | None = None
    acknowledged: bool = False
    ephemeral: bool = False
    original: Message | None = None
    choices: asyncio.Future[list[JsonObject]] | None = None

    @property
    def place(self) -> Guild | Channel:
        """Where it was used."""
        return self.channel or self.guild


@dataclass(frozen=True, slots=True)
class Languages:
    """The languages that Discord tells a bot of: the person's, and the guild's."""

    locale: str = DEFAULT_LOCALE
    guild_locale: str = DEFAULT_LOCALE


MessageListener: TypeAlias = "Callable[[Message], None]"
Fate: TypeAlias = Literal["edited", "removed"]


@dataclass(slots=True)
class World:
    """The guilds' channels and everything said in them.

    Attributes:
        changes: notified when something was said.
        scale: how many guilds there are.
        listeners: called with every message.
        fates: called with a message that was edited or removed.
        channels: the channels besides the first one of each guild, by id.
        people: everybody who said something or was sent a direct message, by id.
        gone: the ids of those who are no members any more; who says something joins again.
        banned: who may not join again, and why, by their ids; they are not forgotten.
        arrivals: called with everybody who joins.
        roster: the roles of the first guild, and who has them.
        modal: what the control room asks a person to fill in for the bot.
    """

    changes: Changes
    scale: Scale = field(default_factory=Scale)
    listeners: list[MessageListener] = field(default_factory=list)
    fates: list[Callable[[Fate, Message], None]] = field(default_factory=list)
    channels: dict[int, Channel] = field(default_factory=dict)
    people: OrderedDict[int, User] = field(default_factory=OrderedDict)
    gone: set[int] = field(default_factory=set)
    banned: dict[int, tuple[User, str]] = field(default_factory=dict)
    arrivals: list[Callable[[User], None]] = field(default_factory=list)
    roster: Roster = field(default_factory=Roster)
    modal: JsonObject | None = None
    ids: Snowflakes = field(default_factory=Snowflakes)
    _messages: deque[Message] = field(default_factory=lambda: deque(maxlen=MESSAGES_KEPT))

    def __post_init__(self) -> None:
        self.roster.held[BOT.id] = [BOTS_ROLE_ID]

    def say(
        self,
        author: User,
        draft: Draft,
        place: Guild | Channel = HOME,
        *,
        webhook_id: int | None = None,
        used: Interaction | None = None,
    ) -> Message:
        """Put a message into a channel, of a guild its first one, and tell all listeners."""
        guild, channel = located(place)
        if webhook_id is None:
            self.meet(author)
        message = Message(
            self.ids.next(), author, time.time(), draft, guild, channel,
            mentions=self.mentioned(draft.content), webhook_id=webhook_id, used=used,
        )  # fmt: skip
        self._messages.append(message)
        for listener in self.listeners:
            listener(message)
        self.changes.touch("discord")
        return message

    def edit(self, former: Message, draft: Draft) -> Message:
        """Put other words into a message."""
        mentions = self.mentioned(draft.content)
        message = self.change(
            former, replace(former, draft=draft, mentions=mentions, edited_at=time.time())
        )
        for listener in self.fates:
            listener("edited", message)
        return message

    def change(self, former: Message, message: Message) -> Message:
        """Replace a message by what it is now."""
        if former in self._messages:
            self._messages[self._messages.index(former)] = message
        self.changes.touch("discord")
        return message

    def remove(self, message: Message) -> None:
        """Delete a message."""
        if message in self._messages:
            self._messages.remove(message)
        for listener in self.fates:
            listener("removed", message)
        self.changes.touch("discord")

    def find(self, message_id: int | None) -> Message | None:
        """Return a message that is still kept."""
        return next((message for message in self._messages if message.id == message_id), None)

    def messages_in(self, channel_id: int) -> list[Message]:
        """Return the messages of a channel that are still kept, the oldest first."""
        return [
            found
            for found in self._messages
            if found.channel_id == channel_id and found.draft.heard
        ]

    def messages_by(self, author: User) -> list[Message]:
        """Return the messages of a person that are still kept."""
        return [found for found in self._messages if found.author == author]

    def channel(self, channel_id: int | None) -> Channel | None:
        """Return the channel with an id."""
        guild = self.scale.find_by_channel(channel_id)
        changed = None if channel_id is None else self.channels.get(channel_id)
        if guild is not None and changed is None:
            return Channel(guild.channel_id, CHANNEL_NAME, guild)
        return changed

    def channels_of(self, guild: Guild) -> list[Channel]:
        """Return the channels of a guild, its first one first."""
        first = self.channels.get(guild.channel_id) or Channel(
            guild.channel_id, CHANNEL_NAME, guild
        )
        others = [
            found
            for found in self.channels.values()
            if found.guild == guild and found.id != first.id and not found.is_thread
        ]
        return [first, *others]

    def threads_of(self, guild: Guild) -> list[Channel]:
        """Return the threads of a guild."""
        return [
            found for found in self.channels.values() if found.is_thread and found.guild == guild
        ]

    def forget_channel(self, channel: Channel) -> None:
        """Delete a channel, and its threads; bots know that these are deleted, too."""
        threads = [
            found.id
            for found in self.channels.values()
            if found.is_thread and found.extra.get("parent_id") == str(channel.id)
        ]
        for deleted in (channel.id, *threads):
            del self.channels[deleted]

    def direct(self, user: User) -> Channel:
        """Return the channel of the direct messages with a user."""
        self.meet(user)
        channel_id = DIRECT_BASE + user.id % DIRECT_BASE
        channel = Channel(channel_id, f"direct message to {user.name}", None, user)
        return self.channels.setdefault(channel_id, channel)

    def meet(self, user: User) -> None:
        """Remember a person, who joins; of too many, the first ones are forgotten."""
        if user in (BOT, OWNER) or (self.people.get(user.id) == user and user.id not in self.gone):
            return
        self.people[user.id] = user
        self.gone.discard(user.id)
        if len(self.people) > PEOPLE_KEPT:
            self.people.popitem(last=False)
        for listener in self.arrivals:
            listener(user)

    def mentioned(self, content: str) -> tuple[User, ...]:
        """Return the users whom a text mentions."""
        found = [self.user(int(user_id)) for user_id in MENTION.findall(content)]
        return tuple(dict.fromkeys(user for user in found if user is not None))

    def with_mentions(self, text: str) -> str:
        """Return what Discord's window sends for a text: mentions in the place of `@name`."""
        ids = {who.name: who.id for who in self.everybody()}
        return AT_NAME.sub(
            lambda found: f"<@{ids[found[1]]}>" if found[1] in ids else found[0], text
        )

    def everybody(self) -> list[User]:
        """Return who is a member of the first guild: the bot, its owner, and who spoke."""
        return [BOT, OWNER, *(who for who in self.people.values() if who.id not in self.gone)]

    def user(self, user_id: int | None) -> User | None:
        """Return a user whom the bot may know."""
        known = {BOT.id: BOT, OWNER.id: OWNER}
        return None if user_id is None else known.get(user_id) or self.people.get(user_id)

    def view(self) -> JsonObject:
        """Return the `discord` part of the snapshot."""
        return {
            "guild": GUILD_NAME,
            "channel": CHANNEL_NAME,
            "bot_name": BOT.name,
            "messages": [found.view() for found in self._messages if found.guild == HOME],
            "modal": self.modal,
        }


def located(place: Guild | Channel) -> tuple[Guild, Channel | None]:
    """Return the guild of a place, and the channel unless it is the guild's first one."""
    if isinstance(place, Guild):
        return place, None
    guild = HOME if place.guild is None else place.guild
    return guild, None if place.id == guild.channel_id else place


def visitor(name: str) -> User:
    """Return the visitor with a name; the bot's owner is known by theirs."""
    return OWNER if name == OWNER.name else User(id_of_name(name), name)
