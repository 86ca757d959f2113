"""Gateway intents: what a bot asks to hear, and what it may."""

from __future__ import annotations

GUILDS = 1 << 0
GUILD_MEMBERS = 1 << 1
GUILD_PRESENCES = 1 << 8
GUILD_MESSAGES = 1 << 9
MESSAGE_CONTENT = 1 << 15
# Discord defines bits 0 to 16, 20, 21, 24 and 25.
KNOWN = ((1 << 17) - 1) | (1 << 20) | (1 << 21) | (1 << 24) | (1 << 25)
# Of the three privileged intents the stand-in grants only MESSAGE_CONTENT, as a bot's owner does
# who switches on nothing that the bot can do without.
REFUSED = GUILD_MEMBERS | GUILD_PRESENCES
