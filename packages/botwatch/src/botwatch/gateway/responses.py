"""Counts every answer of Discord's REST API.

The count is taken where the library decodes an answer, which is below its own retries. aiohttp's
tracing would see the same, but costs an eighth of a whole command.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import discord.http
import discord.webhook.async_

from botwatch.metrics import Metrics, Scope

if TYPE_CHECKING:
    from collections.abc import Coroutine

    import aiohttp

_decode = discord.http.json_or_text


def count_into(metrics: Metrics) -> None:
    """Count all answers from now on in these metrics; the library offers no hook for this."""
    count = metrics.responses.count

    def count_and_decode(
        response: aiohttp.ClientResponse,
    ) -> Coroutine[Any, Any, dict[str, Any] | str]:
        count(response.status)
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            metrics.rate_limits.labels(scope_of(response)).inc()
        return _decode(response)

    discord.http.json_or_text = count_and_decode
    # Answers to slash commands go another way through the library.
    vars(discord.webhook.async_)["json_or_text"] = count_and_decode


def scope_of(response: aiohttp.ClientResponse) -> Scope:
    """Return whose limit a 429 is about; Discord itself always answers `Via` a proxy of its own."""
    if "Via" not in response.headers:
        return Scope.EDGE
    scope = response.headers.get("X-RateLimit-Scope", "")
    return Scope(scope) if scope in {Scope.SHARED, Scope.GLOBAL} else Scope.USER
