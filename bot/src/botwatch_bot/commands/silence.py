"""`silence`: keeps an alert from sending messages for a while, for the bot's operators."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING

from botwatch_bot.commands.monitored import alertmanager_of
from botwatch_bot.commands.spec import Command, Request, UserError
from botwatch_bot.commands.text import did_you_mean, quote, shorten
from botwatch_bot.texts import phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS: Mapping[str, int] = {"m": 60, "h": 3600, "d": 86_400}
_SHORTEST = _SECONDS["m"]
_LONGEST = 7 * _SECONDS["d"]
_LIMITS = {"lowest": "`1m`", "highest": "`7d`"}
_NAME = re.compile(r"[a-zA-Z][\w-]{0,99}", re.ASCII)
_REASON = 200
_CHECK_SECONDS = 0.8


async def answer(request: Request) -> str:
    """Silence the alert, and answer until when."""
    alert, seconds, reason = parse(request.text)
    alertmanager = alertmanager_of(request)
    await _check_that_there_is(alert, request)
    comment = reason or request.texts("silence.comment")
    name = await alertmanager.silence(alert, seconds, request.author, comment)
    until = round(time.time() + seconds)
    return request.texts("silence.done", alert=quote(alert), until=until, id=quote(name))


def parse(text: str) -> tuple[str, int, str]:
    """Return the alert's name, for how many seconds, and the reason, which may be empty.

    Raises:
        UserError: one of the first two is missing or no such thing.
    """
    alert, _, rest = text.partition(" ")
    length, _, reason = rest.strip().partition(" ")
    if not alert or not length:
        raise UserError(phrase("silence.how"))
    if not _NAME.fullmatch(alert):
        raise UserError(phrase("silence.name", text=quote(alert)))
    return alert, _duration(length), shorten(" ".join(reason.split()), _REASON)


def _duration(text: str) -> int:
    match = re.fullmatch(r"([0-9]{1,6})([mhd])", text, re.ASCII)
    seconds = int(match[1]) * _SECONDS[match[2]] if match else 0
    if not _SHORTEST <= seconds <= _LONGEST:
        raise UserError(phrase("silence.duration", text=quote(text), **_LIMITS))
    return seconds


async def _check_that_there_is(alert: str, request: Request) -> None:
    """Find a mistyped name; where Prometheus cannot tell, the user is believed.

    Raises:
        UserError: there is no such alert.
    """
    if request.bot.prometheus is None:
        return
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            known = await request.bot.prometheus.alert_names()
    except (TimeoutError, UserError):
        return
    if known and alert not in known:
        hint = did_you_mean(alert, known)
        raise UserError(phrase("silence.unknown", text=quote(alert), hint=hint))


COMMAND = Command(
    "silence",
    answer,
    takes="alert",
    limits=_LIMITS,
    examples=("DiscordBotDown 30m deploying",),
    operators_only=True,
)
