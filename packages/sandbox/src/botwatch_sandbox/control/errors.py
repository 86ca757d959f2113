"""Errors of the control API: a status and `{"error": "one sentence"}`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from botwatch_sandbox.discord.slash import SlashError
from botwatch_sandbox.drills.runner import NoDrillTokenError
from botwatch_sandbox.drills.supervised import DrillConflictError, DrillTimeError
from botwatch_sandbox.jsonio import answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

STATUSES: dict[type[Exception], int] = {
    DrillTimeError: 400,
    SlashError: 400,
    DrillConflictError: 409,
    NoDrillTokenError: 503,
}
REMEDIES = {
    404: "There is nothing at this address; packages/sandbox/README.md lists the control API.",
    405: (
        "This address does not take this method; packages/sandbox/README.md lists the control API."
    ),
    413: "The body is too large; send less than 64 KiB.",
}


class ControlError(Exception):
    """A call is refused; the message is one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@web.middleware
async def errors_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Turn every refusal into JSON."""
    try:
        return await handler(request)
    except ControlError as error:
        return answer({"error": str(error)}, status=error.status)
    except tuple(STATUSES) as error:
        return answer({"error": str(error)}, status=STATUSES[type(error)])
    except web.HTTPException as error:
        sentence = REMEDIES.get(error.status, f"{error.reason}; see packages/sandbox/README.md.")
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        return answer({"error": sentence}, status=error.status, headers=headers)
