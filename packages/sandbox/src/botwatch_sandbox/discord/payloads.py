"""The JSON objects of Discord's API version 10, with the fields that discord.py reads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botwatch_sandbox.discord.bodies import EPHEMERAL
from botwatch_sandbox.discord.guilds import CHANNEL_NAME
from botwatch_sandbox.discord.state import BOT, OWNER, Message, User

if TYPE_CHECKING:
    from botwatch_sandbox.discord.guilds import Guild
    from botwatch_sandbox.discord.state import Draft, Interaction, Languages
    from botwatch_sandbox.jsonio import JsonObject

APPLICATION_FLAGS = 1 << 18  # the privileged intent "message content" is granted
PERMISSIONS = (1 << 6) | (1 << 10) | (1 << 11) | (1 << 14) | (1 << 15) | (1 << 16)
TEXT_CHANNEL = 0
DEFAULT_MESSAGE = 0
REPLY = 19
SLASH_ANSWER = 20
APPLICATION_COMMAND = 2
ATTACHMENT_MAX_BYTES = 10 * 1024 * 1024


def timestamp(at: float) -> str:
    """Return Unix time as Discord writes it."""
    return datetime.fromtimestamp(at, UTC).isoformat()


def user(who: User) -> JsonObject:
    """Return a user object."""
    return {
        "id": str(who.id),
        "username": who.name,
        "global_name": None,
        "discriminator": "0000" if who.bot else "0",
        "avatar": None,
        "bot": who.bot,
        "public_flags": 0,
    }


def current_user() -> JsonObject:
    """Return the bot's own user object."""
    return user(BOT) | {"verified": True, "mfa_enabled": False, "flags": 0}


def application() -> JsonObject:
    """Return the bot's application object."""
    return {
        "id": str(BOT.id),
        "name": BOT.name,
        "description": "",
        "icon": None,
        "bot_public": False,
        "bot_require_code_grant": False,
        "owner": user(OWNER),
        "team": None,
        "verify_key": "0" * 64,
        "flags": APPLICATION_FLAGS,
        "rpc_origins": [],
    }


def member() -> JsonObject:
    """Return a member object without its user, as it comes with a message."""
    return {"roles": [], "flags": 0, "joined_at": timestamp(0), "deaf": False, "mute": False}


def full_member(who: User) -> JsonObject:
    """Return a member object with its user."""
    return member() | {"user": user(who)}


def channel(of: Guild) -> JsonObject:
    """Return a guild's text channel."""
    return {
        "id": str(of.channel_id),
        "type": TEXT_CHANNEL,
        "guild_id": str(of.id),
        "name": CHANNEL_NAME,
        "position": 0,
        "topic": None,
        "nsfw": False,
        "permission_overwrites": [],
        "rate_limit_per_user": 0,
        "last_message_id": None,
    }


def guild(which: Guild, members: int) -> JsonObject:
    """Return a guild with so many members as GUILD_CREATE carries it."""
    everyone: JsonObject = {
        "id": str(which.id),
        "name": "@everyone",
        "permissions": str(PERMISSIONS),
        "color": 0,
        "hoist": False,
        "position": 0,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }
    return {
        "id": str(which.id),
        "name": which.name,
        "owner_id": str(OWNER.id),
        "joined_at": timestamp(0),
        "large": False,
        "unavailable": False,
        "member_count": members,
        "members": [full_member(BOT), full_member(OWNER)],
        "channels": [channel(which)],
        "roles": [everyone],
        "threads": [],
        "emojis": [],
        "stickers": [],
        "features": [],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
        "preferred_locale": "en-US",
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
        "system_channel_id": None,
        "system_channel_flags": 0,
    }


def _message_type(draft: Draft) -> int:
    if draft.answers_slash:
        return SLASH_ANSWER
    return DEFAULT_MESSAGE if draft.reply_to is None else REPLY


def message(sent: Message, answered: Message | None = None) -> JsonObject:
    """Return a message as REST answers it; `answered` is the message it replies to."""
    draft = sent.draft
    found: JsonObject = {
        "id": str(sent.id),
        "type": _message_type(draft),
        "channel_id": str(sent.guild.channel_id),
        "author": user(sent.author),
        "content": draft.content,
        "timestamp": timestamp(sent.at),
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": draft.mention_everyone,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": list(draft.embeds),
        "components": [],
        "pinned": False,
        "flags": 0 if draft.heard else EPHEMERAL,
    }
    if draft.nonce is not None:
        found["nonce"] = draft.nonce
    if draft.reply_to is not None:
        found["message_reference"] = {
            "type": 0,
            "message_id": str(draft.reply_to),
            "channel_id": str(sent.guild.channel_id),
            "guild_id": str(sent.guild.id),
        }
        found["referenced_message"] = None if answered is None else message(answered)
    return found


def interaction(
    used: Interaction, author: User, data: JsonObject, languages: Languages
) -> JsonObject:
    """Return the use of a slash command as INTERACTION_CREATE carries it."""
    guild_id = str(used.guild.id)
    return {
        "id": str(used.id),
        "application_id": str(BOT.id),
        "type": APPLICATION_COMMAND,
        "token": used.token,
        "version": 1,
        "guild_id": guild_id,
        "guild": {"id": guild_id, "locale": languages.guild_locale, "features": []},
        "guild_locale": languages.guild_locale,
        "locale": languages.locale,
        "channel_id": str(used.guild.channel_id),
        "channel": channel(used.guild) | {"permissions": str(PERMISSIONS)},
        "member": full_member(author) | {"permissions": str(PERMISSIONS)},
        "app_permissions": str(PERMISSIONS),
        "entitlements": [],
        "authorizing_integration_owners": {"0": guild_id},
        "context": 0,
        "attachment_size_limit": ATTACHMENT_MAX_BYTES,
        "data": data,
    }


def message_create(sent: Message, answered: Message | None, *, hidden: bool) -> JsonObject:
    """Return a message as MESSAGE_CREATE carries it; `hidden` empties what was said."""
    event = message(sent, answered) | {
        "guild_id": str(sent.guild.id),
        "member": member(),
    }
    return event | {"content": "", "embeds": []} if hidden else event
