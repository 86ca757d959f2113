"""Counts every answer of Discord's REST API.

The count is taken where the library decodes an answer, which is below its own retries. aiohttp's
tracing would see the same, but costs an eighth of a whole command.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import discord.http

from botwatch_bot.metrics import ApiResult, Metrics

if TYPE_CHECKING:
    from collections.abc import Coroutine

    import aiohttp

_decode = discord.http.json_or_text


def count_into(metrics: Metrics) -> None:
    """Count all answers from now on in these metrics; the library offers no hook for this."""
    counters = {result: metrics.api_responses.labels(result) for result in ApiResult}

    def count_and_decode(
        response: aiohttp.ClientResponse,
    ) -> Coroutine[Any, Any, dict[str, Any] | str]:
        counters[classify(response.status)].inc()
        return _decode(response)

    discord.http.json_or_text = count_and_decode


def classify(status: int) -> ApiResult:
    """Return the result that an HTTP status stands for."""
    if status < HTTPStatus.BAD_REQUEST:
        return ApiResult.OK
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ApiResult.RATE_LIMITED
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return ApiResult.CLIENT_ERROR
    return ApiResult.SERVER_ERROR
