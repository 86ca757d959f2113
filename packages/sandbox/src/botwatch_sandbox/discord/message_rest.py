"""The REST calls about messages: sending, history, edits, reactions and pins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aiohttp import web

from botwatch_sandbox.discord import intents, payloads, snowflake
from botwatch_sandbox.discord.bodies import RestError, edited, invalid, read_draft, read_object
from botwatch_sandbox.discord.state import BOT
from botwatch_sandbox.jsonio import answer, is_list

if TYPE_CHECKING:
    from botwatch_sandbox.discord.desk import Desk, Route
    from botwatch_sandbox.discord.state import Channel, Message, User
    from botwatch_sandbox.jsonio import JsonObject

HISTORY_MAX = 100
BULK = (2, 100)
CANNOT_EDIT_OTHERS = 50005
TOO_FEW_OR_MANY = 50016


@dataclass(frozen=True, slots=True)
class MessageRest:
    """Messages in channels."""

    desk: Desk

    def routes(self) -> list[Route]:
        """Return the calls."""
        messages, one = "/channels/{channel}/messages", "/channels/{channel}/messages/{message}"
        reactions = f"{one}/reactions"
        return [
            ("GET", "/channels/{channel}/messages/pins", self._pins),
            ("PUT", "/channels/{channel}/messages/pins/{message}", self._pin),
            ("DELETE", "/channels/{channel}/messages/pins/{message}", self._unpin),
            ("GET", "/channels/{channel}/pins", self._pinned),
            ("PUT", "/channels/{channel}/pins/{message}", self._pin),
            ("DELETE", "/channels/{channel}/pins/{message}", self._unpin),
            ("POST", f"{messages}/bulk-delete", self._bulk_delete),
            ("GET", messages, self._history),
            ("POST", messages, self._send),
            ("GET", one, self._message),
            ("PATCH", one, self._edit),
            ("DELETE", one, self._delete),
            ("DELETE", reactions, self._clear_reactions),
            ("GET", f"{reactions}/{{emoji}}", self._who_reacted),
            ("DELETE", f"{reactions}/{{emoji}}", self._clear_reactions),
            ("PUT", f"{reactions}/{{emoji}}/@me", self._react),
            ("DELETE", f"{reactions}/{{emoji}}/@me", self._unreact),
            ("DELETE", f"{reactions}/{{emoji}}/{{user}}", self._unreact),
            ("POST", "/channels/{channel}/typing", self._typing),
        ]

    async def _history(self, request: web.Request) -> web.Response:
        found = self.desk.world.messages_in(self.desk.channel(request).id)[::-1]
        ids = {key: snowflake.parse(value) for key, value in request.query.items()}
        before, after, around = ids.get("before"), ids.get("after"), ids.get("around")
        limit = min(ids.get("limit") or 50, HISTORY_MAX)
        if before is not None:
            found = [message for message in found if message.id < before]
        if after is not None:
            found = [message for message in found if message.id > after][-limit:]
        if around is not None:
            found = sorted(found, key=lambda message: abs(message.id - around))[:limit]
            found.sort(key=lambda message: -message.id)
        return answer([self._payload(message) for message in found[:limit]])

    async def _send(self, request: web.Request) -> web.Response:
        channel = self.desk.channel(request)
        body, attachments = await self.desk.files.read(request, channel.id)
        draft = read_draft(body, attachments)
        if draft.reply_to is not None and self.desk.world.find(draft.reply_to) is None:
            raise invalid(
                field="message_reference", code="UNKNOWN_MESSAGE", message="Unknown message"
            )
        return answer(self._payload(self.desk.world.say(BOT, draft, channel)))

    async def _message(self, request: web.Request) -> web.Response:
        return answer(self._payload(self.desk.message(request)))

    async def _edit(self, request: web.Request) -> web.Response:
        message = self.desk.message(request)
        body, attachments = await self.desk.files.read(request, message.channel_id)
        if message.author != BOT:
            words = "Cannot edit a message authored by another user"
            raise RestError(403, CANNOT_EDIT_OTHERS, words)
        draft = edited(message.draft, body, attachments)
        return answer(self._payload(self.desk.world.edit(message, draft)))

    async def _delete(self, request: web.Request) -> web.Response:
        self.desk.world.remove(self.desk.message(request))
        return web.Response(status=204)

    async def _bulk_delete(self, request: web.Request) -> web.Response:
        channel, body = self.desk.channel(request), await read_object(request)
        ids = body.get("messages")
        least, most = BULK
        if not is_list(ids) or not least <= len(ids) <= most:
            words = "Provided too few or too many messages to delete. Must provide at least 2 and"
            raise RestError(400, TOO_FEW_OR_MANY, f"{words} at most 100 messages to delete.")
        wanted = set(map(str, ids))
        for message in self.desk.world.messages_in(channel.id):
            if str(message.id) in wanted:
                self.desk.world.remove(message)
        return web.Response(status=204)

    async def _react(self, request: web.Request) -> web.Response:
        message, name = self.desk.message(request), request.match_info["emoji"]
        react(self.desk, message, name, BOT)
        return web.Response(status=204)

    async def _unreact(self, request: web.Request) -> web.Response:
        message, name = self.desk.message(request), request.match_info["emoji"]
        user = self.desk.user(request) if "user" in request.match_info else BOT
        unreact(self.desk, message, name, user)
        return web.Response(status=204)

    async def _who_reacted(self, request: web.Request) -> web.Response:
        name = request.match_info["emoji"]
        users = dict(self.desk.message(request).reactions).get(name, ())
        after = snowflake.parse(request.query.get("after", "")) or 0
        limit = min(snowflake.parse(request.query.get("limit", "")) or 25, HISTORY_MAX)
        found = sorted((user for user in users if user.id > after), key=lambda user: user.id)
        return answer([payloads.user(user) for user in found[:limit]])

    async def _clear_reactions(self, request: web.Request) -> web.Response:
        message, name = self.desk.message(request), request.match_info.get("emoji")
        kept = tuple(found for found in message.reactions if name not in (None, found[0]))
        self.desk.world.change(message, replace(message, reactions=kept))
        event = "MESSAGE_REACTION_REMOVE_ALL" if name is None else "MESSAGE_REACTION_REMOVE_EMOJI"
        data = _place(message) | ({} if name is None else {"emoji": payloads.emoji(name)})
        self.desk.spreader.reacted(event, message, data)
        return web.Response(status=204)

    async def _pins(self, request: web.Request) -> web.Response:
        found = self._pinned_in(self.desk.channel(request))
        items = [
            {"pinned_at": payloads.timestamp(message.at), "message": self._payload(message)}
            for message in found
        ]
        return answer({"items": items, "has_more": False})

    async def _pinned(self, request: web.Request) -> web.Response:
        found = self._pinned_in(self.desk.channel(request))
        return answer([self._payload(message) for message in found])

    async def _pin(self, request: web.Request) -> web.Response:
        return self._set_pinned(request, pinned=True)

    async def _unpin(self, request: web.Request) -> web.Response:
        return self._set_pinned(request, pinned=False)

    def _set_pinned(self, request: web.Request, *, pinned: bool) -> web.Response:
        message = self.desk.message(request)
        self.desk.world.change(message, replace(message, pinned=pinned))
        data: JsonObject = {"channel_id": str(message.channel_id), "last_pin_timestamp": None}
        if message.is_direct:
            self.desk.spreader.announce("CHANNEL_PINS_UPDATE", data, intents.DIRECT_MESSAGES, None)
        else:
            data["guild_id"] = str(message.guild.id)
            self.desk.spreader.announce("CHANNEL_PINS_UPDATE", data, intents.GUILDS, message.guild)
        return web.Response(status=204)

    def _pinned_in(self, channel: Channel) -> list[Message]:
        return [found for found in self.desk.world.messages_in(channel.id)[::-1] if found.pinned]

    async def _typing(self, request: web.Request) -> web.Response:
        self.desk.channel(request)
        return web.Response(status=204)

    def _payload(self, message: Message) -> JsonObject:
        return payloads.message(message, self.desk.world.find(message.draft.reply_to))


def react(desk: Desk, message: Message, name: str, user: User) -> None:
    """Let a user react to a message."""
    reactions = dict(message.reactions)
    if user in reactions.get(name, ()):
        return
    reactions[name] = (*reactions.get(name, ()), user)
    desk.world.change(message, replace(message, reactions=tuple(reactions.items())))
    data = _place(message) | _reaction(name, user) | {"message_author_id": str(message.author.id)}
    if not message.is_direct:
        data["member"] = payloads.full_member(user, desk.world.roster)
    desk.spreader.reacted("MESSAGE_REACTION_ADD", message, data)


def unreact(desk: Desk, message: Message, name: str, user: User) -> None:
    """Take a user's reaction back."""
    reactions = dict(message.reactions)
    if user not in reactions.get(name, ()):
        return
    left = tuple(who for who in reactions.pop(name) if who != user)
    kept = reactions | ({name: left} if left else {})
    desk.world.change(message, replace(message, reactions=tuple(kept.items())))
    data = _place(message) | _reaction(name, user)
    desk.spreader.reacted("MESSAGE_REACTION_REMOVE", message, data)


def _place(message: Message) -> JsonObject:
    return {"message_id": str(message.id), "channel_id": str(message.channel_id)}


def _reaction(name: str, user: User) -> JsonObject:
    emoji = payloads.emoji(name)
    return {"user_id": str(user.id), "emoji": emoji, "burst": False, "type": 0}
