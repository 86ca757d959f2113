"""The incoming webhook."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from botwatch_sandbox.slack.payload import PayloadError, read_payload

if TYPE_CHECKING:
    from botwatch_sandbox.slack.faults import SlackFaults
    from botwatch_sandbox.slack.store import SlackStore

RETRY_AFTER_S = 1
FORM = "application/x-www-form-urlencoded"
# What Slack says with a status that is no refusal of the payload.
FAULT_WORDS = {429: "rate_limited", 500: "rollup_error", 503: "service_unavailable"}


@dataclass(slots=True)
class Webhook:
    """One hook; any other path under /services is unknown.

    Attributes:
        path: the only path that is accepted; a secret.
        store: where messages go.
        faults: what is played on request.
    """

    path: str = field(repr=False)
    store: SlackStore
    faults: SlackFaults

    async def handle(self, request: web.Request) -> web.Response:
        """Answers a post as Slack does: 200 `ok`, or a status and one word."""
        given = request.path.encode("utf-8", "replace")
        if not hmac.compare_digest(given, self.path.encode()):
            return _say(404, self._unknown(request.path))
        status = self.faults.take()
        if status is not None:
            return _say(status, FAULT_WORDS[status])
        try:
            post = read_payload(await request.read(), is_form=request.content_type == FORM)
        except PayloadError as error:
            return _say(400, str(error))
        self.store.add(post)
        return _say(200, "ok")

    def _unknown(self, path: str) -> str:
        """Says which part of the path Slack does not know: the workspace or the hook in it."""
        return "no_service" if path.split("/")[2:3] == self.path.split("/")[2:3] else "no_team"


def _say(status: int, word: str) -> web.Response:
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status == HTTPStatus.TOO_MANY_REQUESTS else {}
    return web.Response(status=status, text=word, headers=headers)
