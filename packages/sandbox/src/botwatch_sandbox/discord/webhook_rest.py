"""The REST calls about webhooks of channels."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aiohttp import web

from botwatch_sandbox.discord import payloads, snowflake
from botwatch_sandbox.discord.bodies import RestError, edited, read_draft, read_object
from botwatch_sandbox.discord.guilds import HOME
from botwatch_sandbox.discord.interactions import UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK
from botwatch_sandbox.discord.state import AUTHOR_MAX, BOT, Channel, User
from botwatch_sandbox.jsonio import JsonObject, answer, text_of

if TYPE_CHECKING:
    from botwatch_sandbox.discord.desk import Desk, Route
    from botwatch_sandbox.discord.state import Message

WEBHOOKS_MAX = 15
TOO_MANY_WEBHOOKS = 30007
TRUE = {"1", "true", "True"}


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook of a channel."""

    id: int
    token: str
    name: str
    channel: Channel

    def payload(self) -> JsonObject:
        """Return the webhook object."""
        guild = HOME if self.channel.guild is None else self.channel.guild
        return {
            "id": str(self.id),
            "type": 1,
            "guild_id": str(guild.id),
            "channel_id": str(self.channel.id),
            "name": self.name,
            "avatar": None,
            "token": self.token,
            "application_id": str(BOT.id),
            "user": payloads.user(BOT),
        }


@dataclass(frozen=True, slots=True)
class WebhookRest:
    """Webhooks: created by the bot, executed by who has the token."""

    desk: Desk
    _all: dict[int, Webhook] = field(default_factory=dict)

    def open_routes(self) -> list[Route]:
        """Return the calls that need nothing but the webhook's token."""
        hook, message = "/webhooks/{webhook}/{token}", "/webhooks/{webhook}/{token}/messages"
        return [
            ("GET", hook, self._get),
            ("POST", hook, self._execute),
            ("PATCH", hook, self._rename),
            ("DELETE", hook, self._delete),
            ("GET", f"{message}/{{message}}", self._message),
            ("PATCH", f"{message}/{{message}}", self._edit_message),
            ("DELETE", f"{message}/{{message}}", self._delete_message),
        ]

    def routes(self) -> list[Route]:
        """Return the calls of the bot."""
        return [
            ("GET", "/channels/{channel}/webhooks", self._of_channel),
            ("POST", "/channels/{channel}/webhooks", self._create),
            ("GET", "/guilds/{guild}/webhooks", self._of_guild),
            ("GET", "/webhooks/{webhook}", self._get),
            ("PATCH", "/webhooks/{webhook}", self._rename),
            ("DELETE", "/webhooks/{webhook}", self._delete),
        ]

    async def _create(self, request: web.Request) -> web.Response:
        channel, body = self.desk.channel(request), await read_object(request)
        if len(self._all) >= WEBHOOKS_MAX:
            words = f"Maximum number of webhooks reached ({WEBHOOKS_MAX})"
            raise RestError(400, TOO_MANY_WEBHOOKS, words)
        name = text_of(body.get("name"))[:80] or "webhook"
        token = secrets.token_urlsafe(51)
        webhook = Webhook(self.desk.world.ids.next(), token, name, channel)
        self._all[webhook.id] = webhook
        return answer(webhook.payload())

    async def _of_channel(self, request: web.Request) -> web.Response:
        channel = self.desk.channel(request)
        found = [hook for hook in self._all.values() if hook.channel.id == channel.id]
        return answer([webhook.payload() for webhook in found])

    async def _of_guild(self, request: web.Request) -> web.Response:
        guild = self.desk.guild(request)
        found = [hook for hook in self._all.values() if hook.channel.guild == guild]
        return answer([webhook.payload() for webhook in found])

    async def _get(self, request: web.Request) -> web.Response:
        return answer(self._webhook(request).payload())

    async def _rename(self, request: web.Request) -> web.Response:
        webhook, body = self._webhook(request), await read_object(request)
        changed = replace(webhook, name=text_of(body.get("name"))[:80] or webhook.name)
        self._all[webhook.id] = changed
        return answer(changed.payload())

    async def _delete(self, request: web.Request) -> web.Response:
        del self._all[self._webhook(request).id]
        return web.Response(status=204)

    async def _execute(self, request: web.Request) -> web.Response:
        webhook, world = self._webhook(request), self.desk.world
        body, attachments = await self.desk.files.read(request, webhook.channel.id)
        name = text_of(body.get("username"))[:AUTHOR_MAX] or webhook.name
        author, draft = User(webhook.id, name, bot=True), read_draft(body, attachments)
        message = world.say(author, draft, webhook.channel, webhook_id=webhook.id)
        if request.query.get("wait") in TRUE:
            return answer(payloads.message(message))
        return web.Response(status=204)

    async def _message(self, request: web.Request) -> web.Response:
        return answer(payloads.message(self._sent(request)))

    async def _edit_message(self, request: web.Request) -> web.Response:
        message = self._sent(request)
        body, attachments = await self.desk.files.read(request, message.channel_id)
        draft = edited(message.draft, body, attachments)
        return answer(payloads.message(self.desk.world.edit(message, draft)))

    async def _delete_message(self, request: web.Request) -> web.Response:
        self.desk.world.remove(self._sent(request))
        return web.Response(status=204)

    def _webhook(self, request: web.Request) -> Webhook:
        found = self._all.get(snowflake.parse(request.match_info["webhook"]) or 0)
        token = request.match_info.get("token")
        if found is None or (token is not None and token != found.token):
            raise RestError(404, UNKNOWN_WEBHOOK, "Unknown Webhook")
        return found

    def _sent(self, request: web.Request) -> Message:
        webhook = self._webhook(request)
        message = self.desk.world.find(snowflake.parse(request.match_info["message"]))
        if message is None or message.webhook_id != webhook.id:
            raise RestError(404, UNKNOWN_MESSAGE, "Unknown Message")
        return message
