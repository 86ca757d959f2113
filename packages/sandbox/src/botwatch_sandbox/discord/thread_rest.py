"""The REST calls about threads, and about the posts of a forum, which are threads."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from botwatch_sandbox.discord import payloads
from botwatch_sandbox.discord.bodies import RestError, invalid, read_draft, read_object
from botwatch_sandbox.discord.guilds import HOME
from botwatch_sandbox.discord.state import BOT, Channel
from botwatch_sandbox.jsonio import JsonObject, answer, inside, is_object, text_of

if TYPE_CHECKING:
    from botwatch_sandbox.discord.callbacks import Attachments
    from botwatch_sandbox.discord.desk import Desk, Route

THREADS_MAX = 50
THREADS_KEPT = 200
NAME_MAX = 100
PUBLIC, PRIVATE, FORUM = 11, 12, 15
DAY_MIN = 1440
THREAD_KEYS = frozenset({"rate_limit_per_user", "flags", "applied_tags"})
METADATA_KEYS = frozenset({"archived", "auto_archive_duration", "locked", "invitable"})
TOO_MANY_THREADS = 160006
ALREADY_HAS_THREAD = 160004


@dataclass(frozen=True, slots=True)
class ThreadRest:
    """Threads of the first guild's channels."""

    desk: Desk

    def routes(self) -> list[Route]:
        """Return the calls."""
        channel, members = "/channels/{channel}", "/channels/{channel}/thread-members"
        return [
            ("POST", f"{channel}/messages/{{message}}/threads", self._from_message),
            ("POST", f"{channel}/threads", self._create),
            ("GET", "/guilds/{guild}/threads/active", self._active),
            ("GET", f"{channel}/threads/archived/public", self._archived_public),
            ("GET", f"{channel}/threads/archived/private", self._archived_private),
            ("PUT", f"{members}/@me", self._take_part),
            ("DELETE", f"{members}/@me", self._take_part),
            ("PUT", f"{members}/{{user}}", self._take_part),
            ("DELETE", f"{members}/{{user}}", self._take_part),
        ]

    async def _from_message(self, request: web.Request) -> web.Response:
        parent, message = self.desk.home_channel(request), self.desk.message(request)
        if message.id in self.desk.world.channels:
            words = "A thread has already been created for this message"
            raise RestError(400, ALREADY_HAS_THREAD, words)
        body = await read_object(request)
        return answer(self._open(parent, message.id, body, PUBLIC), status=201)

    async def _create(self, request: web.Request) -> web.Response:
        parent = self.desk.home_channel(request)
        thread_id = self.desk.world.ids.next()
        body, attachments = await self.desk.files.read(request, thread_id)
        if parent.extra.get("type") == FORUM:
            return answer(self._post(parent, thread_id, body, attachments), status=201)
        kind = body.get("type", PRIVATE)
        if kind not in (PUBLIC, PRIVATE):  # a list cannot be looked up in a set
            raise invalid(field="type", code="BASE_TYPE_CHOICES", message="Not a thread's type.")
        return answer(self._open(parent, thread_id, body, kind), status=201)

    def _post(
        self, forum: Channel, thread_id: int, body: JsonObject, files: Attachments
    ) -> JsonObject:
        draft = read_draft(inside(body, "message"), files)
        data = self._open(forum, thread_id, body, PUBLIC)
        message = self.desk.world.say(BOT, draft, self.desk.world.channels[thread_id])
        return data | {"message": payloads.message(message)}

    def _open(self, parent: Channel, thread_id: int, body: JsonObject, kind: object) -> JsonObject:
        name = text_of(body.get("name")).strip()
        if not 1 <= len(name) <= NAME_MAX:
            message = f"Must be between 1 and {NAME_MAX} in length."
            raise invalid(field="name", code="BASE_TYPE_BAD_LENGTH", message=message)
        self._make_room()
        now = payloads.timestamp(time.time())
        extra: JsonObject = {
            "type": kind,
            "parent_id": str(parent.id),
            "owner_id": str(BOT.id),
            "message_count": 0,
            "member_count": 1,
            "rate_limit_per_user": 0,
            "member": {
                "id": str(thread_id),
                "user_id": str(BOT.id),
                "join_timestamp": now,
                "flags": 0,
            },
            "thread_metadata": {
                "archived": False,
                "auto_archive_duration": DAY_MIN,
                "archive_timestamp": now,
                "create_timestamp": now,
                "locked": False,
                "invitable": True,
            },
        }
        thread = Channel(thread_id, name, parent.guild, extra=extra)
        thread = Channel(thread_id, name, parent.guild, extra=edited_thread(thread, body))
        self.desk.world.channels[thread_id] = thread
        return self.desk.announce_channel(thread, "THREAD_CREATE", newly_created=True)

    def _make_room(self) -> None:
        world = self.desk.world
        threads = world.threads_of(HOME)
        archived = [found for found in threads if _is_archived(found)]
        if len(threads) - len(archived) >= THREADS_MAX:
            raise RestError(400, TOO_MANY_THREADS, "Maximum number of active threads reached")
        if archived and len(threads) >= THREADS_KEPT:
            world.forget_channel(archived[0])

    async def _active(self, request: web.Request) -> web.Response:
        threads = self.desk.world.threads_of(self.desk.guild(request))
        found = [payloads.channel(thread) for thread in threads if not _is_archived(thread)]
        return answer({"threads": found, "members": []})

    async def _archived_public(self, request: web.Request) -> web.Response:
        return self._archived(request, PUBLIC)

    async def _archived_private(self, request: web.Request) -> web.Response:
        return self._archived(request, PRIVATE)

    def _archived(self, request: web.Request, kind: int) -> web.Response:
        parent = self.desk.home_channel(request)
        found = [
            payloads.channel(thread)
            for thread in self.desk.world.channels.values()
            if thread.extra.get("type") == kind
            and thread.extra["parent_id"] == str(parent.id)
            and _is_archived(thread)
        ]
        return answer({"threads": found, "members": [], "has_more": False})

    async def _take_part(self, request: web.Request) -> web.Response:
        self.desk.home_channel(request)
        if "user" in request.match_info:
            self.desk.user(request)
        return web.Response(status=204)


def edited_thread(thread: Channel, body: JsonObject) -> JsonObject:
    """Return what else a thread has after an edit, which names only what changes."""
    metadata = thread.extra["thread_metadata"]
    former = metadata if is_object(metadata) else {}
    changed = {key: value for key, value in body.items() if key in METADATA_KEYS}
    kept = {key: value for key, value in body.items() if key in THREAD_KEYS and value is not None}
    return thread.extra | kept | {"thread_metadata": former | changed}


def _is_archived(thread: Channel) -> bool:
    return inside(thread.extra, "thread_metadata").get("archived") is True
