"""Counts every answer of Discord's REST API, and the messages among them, by aiohttp's tracing."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

import aiohttp

from botwatch.metrics import Metrics, Scope

if TYPE_CHECKING:
    from types import SimpleNamespace

_CREATES = re.compile(r"/channels/\d+/messages$|/webhooks/\d+/[^/]+$")
_INTERACTS = re.compile(r"/interactions/\d+/[^/]+/callback$")
# A message, or one that is filled in later.
_REPLIES = re.compile(rb'"type": ?[45]\b')
_BEGINNING = 200
_ATTRIBUTE = "botwatch_reply"


def config(metrics: Metrics) -> aiohttp.TraceConfig:
    """Return what to trace a session with."""
    traced = aiohttp.TraceConfig()

    async def sent(
        _: aiohttp.ClientSession,
        context: SimpleNamespace,
        params: aiohttp.TraceRequestChunkSentParams,
    ) -> None:
        # The path of an interaction's answer does not tell whether it is a message.
        if _INTERACTS.search(params.url.path) and _REPLIES.search(params.chunk[:_BEGINNING]):
            setattr(context, _ATTRIBUTE, True)

    async def answered(
        _: aiohttp.ClientSession,
        context: SimpleNamespace,
        params: aiohttp.TraceRequestEndParams,
    ) -> None:
        response = params.response
        if response.status == HTTPStatus.SWITCHING_PROTOCOLS:
            return  # a connection to the gateway, which uses the same session
        metrics.responses.count(response.status)
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            metrics.rate_limits.labels(scope_of(response)).inc()
        elif response.status < HTTPStatus.BAD_REQUEST and (
            (params.method == "POST" and _CREATES.search(params.url.path))
            or getattr(context, _ATTRIBUTE, False)
        ):
            metrics.messages_sent.inc()

    traced.on_request_chunk_sent.append(sent)
    traced.on_request_end.append(answered)
    return traced


def scope_of(response: aiohttp.ClientResponse) -> Scope:
    """Return whose limit a 429 is about; Discord itself always answers `Via` a proxy of its own."""
    if "Via" not in response.headers:
        return Scope.EDGE
    scope = response.headers.get("X-RateLimit-Scope", "")
    return Scope(scope) if scope in {Scope.SHARED, Scope.GLOBAL} else Scope.USER
