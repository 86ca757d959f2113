"""How often the bot crashed lately, as Prometheus counted."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from botwatch_sandbox.fetch import fetch
from botwatch_sandbox.jsonio import is_list, is_object, text_of

if TYPE_CHECKING:
    import aiohttp

    from botwatch_sandbox.fetch import Answer

# As long as the alert about crash loops looks back.
WINDOW = "10m"
# A bot without botwatch counts none; systemd counts its restarts then.
QUERY = (
    f"sum(increase(discord_bot_crashes_total[{WINDOW}]))"
    f' or max(increase(node_systemd_service_restart_total{{job="discord-bot-unit"}}[{WINDOW}]))'
    " or vector(0)"
)


async def count(session: aiohttp.ClientSession, prometheus: str) -> int | None:
    """Return the crashes within the window, None where Prometheus does not say.

    Raises:
        FetchError: Prometheus does not answer.
    """
    url = f"{prometheus}/api/v1/query?query={quote(QUERY)}"
    return _number(await fetch(session, "Prometheus", url))


def _number(answer: Answer) -> int | None:
    """Read an instant vector of one sample."""
    body = answer.json()
    data = body.get("data") if is_object(body) else None
    result = data.get("result") if is_object(data) else None
    first = result[0] if is_list(result) and result else None
    sample = first.get("value") if is_object(first) else None
    if answer.status != HTTPStatus.OK or not is_list(sample):
        return None
    try:
        value = float(text_of(sample[-1]))
    except (ValueError, IndexError):
        return None
    return round(value) if math.isfinite(value) else None
