"""The JSON objects of Discord's API version 10, with the fields that discord.py reads."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botwatch_sandbox.discord.bodies import EPHEMERAL
from botwatch_sandbox.discord.guilds import HOME
from botwatch_sandbox.discord.intents import application_flags
from botwatch_sandbox.discord.roster import ALL_PERMISSIONS, EVERYONE, everyone
from botwatch_sandbox.discord.state import BOT, OWNER, Channel, Message, User

if TYPE_CHECKING:
    from botwatch_sandbox.discord.guilds import Guild
    from botwatch_sandbox.discord.roster import Roster
    from botwatch_sandbox.discord.state import Draft, Interaction, Languages, World
    from botwatch_sandbox.jsonio import JsonObject

TEXT_CHANNEL = 0
# What channels of a type have besides: those for voice, and for a stage.
VOICE: JsonObject = {"bitrate": 64000, "user_limit": 0, "rtc_region": None}
KINDS: dict[object, JsonObject] = {2: VOICE, 13: VOICE}
ROLE_MENTION = re.compile(r"<@&(\d{1,20})>")
DIRECT_MESSAGES = 1
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


def application(granted: frozenset[str]) -> JsonObject:
    """Return the bot's application object, with these privileged intents."""
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
        "flags": application_flags(granted),
        "rpc_origins": [],
        "approximate_guild_count": 1,
        "bot": current_user(),
    }


def member() -> JsonObject:
    """Return a member object without its user, as it comes with a message."""
    return {"roles": [], "flags": 0, "joined_at": timestamp(0), "deaf": False, "mute": False}


def full_member(who: User, roster: Roster | None = None) -> JsonObject:
    """Return a member object with its user; the roster is that of the first guild."""
    found = member() | {"user": user(who)}
    if roster is None:
        return found
    return found | {
        "roles": [str(role) for role in roster.held.get(who.id, [])],
        "nick": roster.nicks.get(who.id),
        "communication_disabled_until": roster.timeouts.get(who.id),
    }


def channel(which: Channel) -> JsonObject:
    """Return a channel object."""
    found: JsonObject = {"id": str(which.id), "last_message_id": None}
    if which.guild is None or which.recipient is not None:
        recipients = [] if which.recipient is None else [user(which.recipient)]
        return found | {"type": DIRECT_MESSAGES, "recipients": recipients, "flags": 0}
    return (
        found
        | {
            "type": TEXT_CHANNEL,
            "guild_id": str(which.guild.id),
            "name": which.name,
            "position": 0,
            "topic": None,
            "nsfw": False,
            "parent_id": None,
            "permission_overwrites": [],
            "rate_limit_per_user": 0,
            "flags": 0,
        }
        | KINDS.get(which.extra.get("type"), {})
        | which.extra
    )


def guild(which: Guild, world: World) -> JsonObject:
    """Return a guild as REST answers it."""
    home = which == HOME
    return {
        "id": str(which.id),
        "name": which.name,
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "banner": None,
        "description": None,
        "owner_id": str(OWNER.id),
        "afk_channel_id": None,
        "afk_timeout": 300,
        "roles": world.roster.all() if home else [everyone(which.id)],
        "emojis": [],
        "stickers": [],
        "features": [],
        "preferred_locale": "en-US",
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "premium_progress_bar_enabled": False,
        "application_id": None,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "vanity_url_code": None,
        "system_channel_id": None,
        "system_channel_flags": 0,
    }


def guild_create(which: Guild, world: World) -> JsonObject:
    """Return a guild as GUILD_CREATE carries it."""
    people, roster = ([BOT, OWNER], None) if which != HOME else (world.everybody(), world.roster)
    return guild(which, world) | {
        "joined_at": timestamp(0),
        "large": False,
        "unavailable": False,
        "member_count": world.scale.members,
        "members": [full_member(who, roster) for who in people],
        "channels": [channel(found) for found in world.channels_of(which)],
        "threads": [channel(found) for found in world.threads_of(which)],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
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
        "channel_id": str(sent.channel_id),
        "author": user(sent.author),
        "content": draft.content,
        "timestamp": timestamp(sent.at),
        "edited_timestamp": None if sent.edited_at is None else timestamp(sent.edited_at),
        "tts": False,
        "mention_everyone": draft.mention_everyone,
        "mentions": [user(who) for who in sent.mentions],
        "mention_roles": ROLE_MENTION.findall(draft.content),
        "attachments": list(draft.attachments),
        "embeds": list(draft.embeds),
        "components": list(draft.components),
        "pinned": sent.pinned,
        "flags": draft.flags | (0 if draft.heard else EPHEMERAL),
        "reactions": [
            {
                "emoji": emoji(name),
                "count": len(users),
                "count_details": {"normal": len(users), "burst": 0},
                "burst_colors": [],
                "me": BOT in users,
                "me_burst": False,
            }
            for name, users in sent.reactions
        ],
    }
    if sent.author == BOT:
        found["application_id"] = str(BOT.id)
    if sent.webhook_id is not None:
        found["webhook_id"] = str(sent.webhook_id)
    if sent.used is not None:
        found["interaction_metadata"] = _used(sent.used)
    if draft.nonce is not None:
        found["nonce"] = draft.nonce
    if draft.reply_to is not None:
        reference: JsonObject = {
            "type": 0,
            "message_id": str(draft.reply_to),
            "channel_id": str(sent.channel_id),
        }
        if not sent.is_direct:
            reference["guild_id"] = str(sent.guild.id)
        found["message_reference"] = reference
        found["referenced_message"] = None if answered is None else message(answered)
    return found


def emoji(name: str) -> JsonObject:
    """Return the emoji object of a Unicode emoji, or of a custom one that is written `name:id`."""
    word, _, emoji_id = name.rpartition(":")
    return {"id": emoji_id, "name": word} if word else {"id": None, "name": name}


def _used(used: Interaction) -> JsonObject:
    return {
        "id": str(used.id),
        "type": used.kind,
        "user": user(used.author),
        "name": used.name,
        "authorizing_integration_owners": {"0": str(used.guild.id)},
    }


def interaction(
    used: Interaction, data: JsonObject, languages: Languages, world: World
) -> JsonObject:
    """Return the use of a command or component as INTERACTION_CREATE carries it."""
    place = used.channel or world.channels_of(used.guild)[0]
    permissions = str(ALL_PERMISSIONS if used.author == OWNER else EVERYONE)
    found: JsonObject = {
        "id": str(used.id),
        "application_id": str(BOT.id),
        "type": used.kind,
        "token": used.token,
        "version": 1,
        "locale": languages.locale,
        "channel_id": str(place.id),
        "channel": channel(place) | {"permissions": permissions},
        "app_permissions": str(ALL_PERMISSIONS),
        "entitlements": [],
        "attachment_size_limit": ATTACHMENT_MAX_BYTES,
        "data": data,
    }
    if used.source is not None:
        found["message"] = message(used.source)
    if place.guild is None:
        direct = {"authorizing_integration_owners": {"0": "0"}, "context": 1}
        return found | direct | {"user": user(used.author)}
    guild_id = str(used.guild.id)
    return found | {
        "guild_id": guild_id,
        "guild": {"id": guild_id, "locale": languages.guild_locale, "features": []},
        "guild_locale": languages.guild_locale,
        "member": full_member(used.author, world.roster) | {"permissions": permissions},
        "authorizing_integration_owners": {"0": guild_id},
        "context": 0,
    }


def _member_of(sent: Message, roster: Roster) -> JsonObject:
    found = full_member(sent.author, roster if sent.guild == HOME else None)
    del found["user"]
    return found


def message_event(
    sent: Message, answered: Message | None, roster: Roster, *, hidden: bool
) -> JsonObject:
    """Return a message as MESSAGE_CREATE carries it; `hidden` empties what was said."""
    event = message(sent, answered)
    if not sent.is_direct:
        event |= {"guild_id": str(sent.guild.id)}
        if sent.webhook_id is None:
            event |= {"member": _member_of(sent, roster)}
    secret: JsonObject = {"content": "", "embeds": [], "attachments": [], "components": []}
    return event | secret if hidden else event
