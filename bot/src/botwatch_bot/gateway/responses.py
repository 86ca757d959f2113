"""Counts every answer of Discord's REST API.

The count is taken where the library decodes an answer, which is below its own retries. aiohttp's
tracing would see the same, but costs an eighth of a whole command.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import discord.http
import discord.webhook.async_

from botwatch_bot.metrics import HTTP_STATUSES, OTHER, ApiResult, Metrics, Scope

if TYPE_CHECKING:
    from collections.abc import Coroutine

    import aiohttp

_decode = discord.http.json_or_text


def count_into(metrics: Metrics) -> None:
    """Count all answers from now on in these metrics; the library offers no hook for this."""
    results = {result: metrics.api_responses.labels(result) for result in ApiResult}
    other = metrics.http_responses.labels(OTHER)
    statuses = {status: metrics.http_responses.labels(status) for status in HTTP_STATUSES}

    def count_and_decode(
        response: aiohttp.ClientResponse,
    ) -> Coroutine[Any, Any, dict[str, Any] | str]:
        status = response.status
        statuses.get(status, other).inc()
        results[classify(status)].inc()
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            metrics.rate_limits.labels(scope_of(response)).inc()
        return _decode(response)

    discord.http.json_or_text = count_and_decode
    # Answers to slash commands go another way through the library.
    vars(discord.webhook.async_)["json_or_text"] = count_and_decode


def classify(status: int) -> ApiResult:
    """Return the result that an HTTP status stands for."""
    if status < HTTPStatus.BAD_REQUEST:
        return ApiResult.OK
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ApiResult.RATE_LIMITED
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return ApiResult.CLIENT_ERROR
    return ApiResult.SERVER_ERROR


def scope_of(response: aiohttp.ClientResponse) -> Scope:
    """Return whose limit a 429 is about; Discord itself always answers `Via` a proxy of its own."""
    if "Via" not in response.headers:
        return Scope.EDGE
    scope = response.headers.get("X-RateLimit-Scope", "")
    return Scope(scope) if scope in {Scope.SHARED, Scope.GLOBAL} else Scope.USER
