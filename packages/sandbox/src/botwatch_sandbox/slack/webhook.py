"""The incoming webhook."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from botwatch_sandbox.post_faults import SILENCE
from botwatch_sandbox.slack.payload import PayloadError, read_payload

if TYPE_CHECKING:
    from botwatch_sandbox.post_faults import PostFaults
    from botwatch_sandbox.slack.hook import Hook
    from botwatch_sandbox.slack.store import SlackStore

RETRY_AFTER_S = 1
FORM = "application/x-www-form-urlencoded"
# What Slack says with a status that is no refusal of the payload.
FAULT_WORDS = {429: "rate_limited", 500: "rollup_error", 503: "service_unavailable"}


@dataclass(slots=True)
class Webhook:
    """One hook; any other path under /services is unknown.

    Attributes:
        hook: the only path that is accepted.
        store: where messages go, and what was refused.
        faults: what is played on request.
    """

    hook: Hook
    store: SlackStore
    faults: PostFaults

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a post as Slack does: 200 `ok`, or a status and one word."""
        if not self.hook.is_at(request.path):
            word = "no_service" if self.hook.knows_workspace(request.path) else "no_team"
            return self._refuse(404, word)
        body = await request.read()
        # Who posts nothing only looks whether the hook is there: that uses up no fault.
        status = self.faults.take() if body else self.faults.current()
        if status == SILENCE:
            self.store.refuse(SILENCE, SILENCE)
            await self.faults.keep_silent(request)
            return _say(503, FAULT_WORDS[503])  # read by nobody: the connection is gone
        if status is not None:
            return self._refuse(status, FAULT_WORDS[status])
        try:
            post = read_payload(body, is_form=request.content_type == FORM)
        except PayloadError as error:
            return self._refuse(400, str(error))
        self.store.add(post)
        return _say(200, "ok")

    def _refuse(self, status: int, word: str) -> web.Response:
        self.store.refuse(status, word)
        return _say(status, word)


def _say(status: int, word: str) -> web.Response:
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status == HTTPStatus.TOO_MANY_REQUESTS else {}
    return web.Response(status=status, text=word, headers=headers)
