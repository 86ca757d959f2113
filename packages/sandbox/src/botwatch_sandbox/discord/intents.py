"""Gateway intents: what a bot asks to hear, and what it may."""

from __future__ import annotations

GUILDS = 1 << 0
GUILD_MEMBERS = 1 << 1
GUILD_MODERATION = 1 << 2
GUILD_PRESENCES = 1 << 8
GUILD_MESSAGES = 1 << 9
GUILD_MESSAGE_REACTIONS = 1 << 10
DIRECT_MESSAGES = 1 << 12
DIRECT_MESSAGE_REACTIONS = 1 << 13
MESSAGE_CONTENT = 1 << 15
# Discord defines bits 0 to 16, 20, 21, 24 and 25.
KNOWN = ((1 << 17) - 1) | (1 << 20) | (1 << 21) | (1 << 24) | (1 << 25)
# The privileged ones, which a bot's owner switches on, with the flags of an application that has
# them.
PRIVILEGED = {
    "members": (GUILD_MEMBERS, 1 << 14),
    "presences": (GUILD_PRESENCES, 1 << 12),
    "message_content": (MESSAGE_CONTENT, 1 << 18),
}


def refused(granted: frozenset[str]) -> int:
    """Return the privileged intents that are not granted."""
    return sum(bit for name, (bit, _) in PRIVILEGED.items() if name not in granted)


def application_flags(granted: frozenset[str]) -> int:
    """Return the flags of an application that has these privileged intents."""
    return sum(flag for name, (_, flag) in PRIVILEGED.items() if name in granted)
