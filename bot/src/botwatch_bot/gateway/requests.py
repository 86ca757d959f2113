"""Counts every request to Discord's REST API, and every message that it took.

This is below the library, so its own retries are seen, and a message counts whoever sent it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import aiohttp

from botwatch_bot.metrics import ApiResult, Metrics

if TYPE_CHECKING:
    from types import SimpleNamespace

    import yarl


def trace(metrics: Metrics) -> aiohttp.TraceConfig:
    """Return the trace to give to discord.py's HTTP client."""
    counters = {result: metrics.api_requests.labels(result) for result in ApiResult}

    async def answered(
        _: aiohttp.ClientSession, __: SimpleNamespace, answer: aiohttp.TraceRequestEndParams
    ) -> None:
        result = classify(answer.response.status)
        if answer.response.status != HTTPStatus.SWITCHING_PROTOCOLS:
            counters[result].inc()
        if result is ApiResult.OK and answer.method == "POST" and _is_message(answer.url):
            metrics.messages_sent.inc()

    async def failed(
        _: aiohttp.ClientSession, __: SimpleNamespace, ___: aiohttp.TraceRequestExceptionParams
    ) -> None:
        counters[ApiResult.NO_ANSWER].inc()

    config = aiohttp.TraceConfig()
    config.on_request_end.append(answered)
    config.on_request_exception.append(failed)
    return config


def _is_message(url: yarl.URL) -> bool:
    return url.path.endswith("/messages")


def classify(status: int) -> ApiResult:
    """Return the result that an HTTP status stands for."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ApiResult.RATE_LIMITED
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ApiResult.SERVER_ERROR
    if status >= HTTPStatus.BAD_REQUEST:
        return ApiResult.CLIENT_ERROR
    return ApiResult.OK
