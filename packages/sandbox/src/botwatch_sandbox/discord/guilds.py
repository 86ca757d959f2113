"""The guilds of the stand-in: one that people see, and on request thousands beside it.

A guild is nothing but its number: everything else follows from it, so that ten thousand of them
cost no memory. Their ids differ in the bits by which Discord divides guilds among shards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

GUILD_ID = 1_100_000_000_000_000_001
GUILD_NAME = "botwatch"
CHANNEL_ID = 1_100_000_000_000_000_002
CHANNEL_NAME = "general"
SHARD_SHIFT = 22


@dataclass(frozen=True, slots=True)
class Guild:
    """One guild with one text channel.

    Attributes:
        number: 0 for the one that the control room shows.
    """

    number: int

    @property
    def id(self) -> int:
        """The guild's id."""
        return GUILD_ID + (self.number << SHARD_SHIFT)

    @property
    def channel_id(self) -> int:
        """The id of its channel."""
        return CHANNEL_ID + (self.number << SHARD_SHIFT)

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{GUILD_NAME} {self.number}" if self.number else GUILD_NAME

    def belongs_to(self, shard: tuple[int, int]) -> bool:
        """Say whether a shard (number, count) hears of it."""
        number, count = shard
        return (self.id >> SHARD_SHIFT) % count == number


HOME = Guild(0)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much there is.

    Attributes:
        guilds: how many guilds.
        members: how many members each is said to have; only two of them are ever seen.
        shards: into how many shards Discord advises to divide them.
        granted: the privileged intents that the bot's owner has switched on.
    """

    guilds: int = 1
    members: int = 2
    shards: int = 1
    granted: frozenset[str] = frozenset({"message_content"})

    def all(self) -> Iterator[Guild]:
        """Yield every guild."""
        return map(Guild, range(self.guilds))

    def find(self, guild_id: int | None) -> Guild | None:
        """Return the guild with an id."""
        return None if guild_id is None else self._find(guild_id - GUILD_ID)

    def find_by_channel(self, channel_id: int | None) -> Guild | None:
        """Return the guild of a channel."""
        return None if channel_id is None else self._find(channel_id - CHANNEL_ID)

    def _find(self, distance: int) -> Guild | None:
        number, rest = divmod(distance, 1 << SHARD_SHIFT)
        return Guild(number) if rest == 0 and 0 <= number < self.guilds else None
