"""HTTP questions to the bot, Prometheus and Alertmanager: short, bounded, with clear errors."""

from __future__ import annotations

import json
from dataclasses import dataclass

import aiohttp

BODY_MAX_BYTES = 1024 * 1024
WITHIN_S = 2.0


class FetchError(Exception):
    """No usable answer; the message is one sentence without its remedy's end stop.

    Attributes:
        connected: whether the question reached the other side.
    """

    def __init__(self, who: str, url: str, cause: str, *, connected: bool) -> None:
        super().__init__(f"{who} at {url} {cause}")
        self.connected = connected


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes

    def json(self) -> object:
        """Return the decoded body, None when it is no JSON."""
        try:
            found: object = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return found


def client() -> aiohttp.ClientSession:
    """Return the session for all questions; proxies of the environment are never used."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=WITHIN_S),
        headers={"User-Agent": "botwatch-sandbox"},
        trust_env=False,
    )


async def fetch(
    session: aiohttp.ClientSession,
    who: str,
    url: str,
    *,
    method: str = "GET",
    token: str | None = None,
) -> Answer:
    """Ask once.

    Args:
        session: from `client`.
        who: the other side's name, for the error.
        url: the address.
        method: the HTTP method.
        token: sent as a bearer token.

    Raises:
        FetchError: there was no answer within 2 s, or it was larger than 1 MiB.
    """
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    try:
        async with session.request(method, url, headers=headers, allow_redirects=False) as response:
            body = bytearray()
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > BODY_MAX_BYTES:
                    raise FetchError(who, url, "answers more than 1 MiB", connected=True)
            return Answer(response.status, bytes(body))
    except aiohttp.ClientConnectorError as error:
        cause = f"cannot be reached ({error.os_error.strerror or 'no connection'})"
        raise FetchError(who, url, cause, connected=False) from error
    except TimeoutError as error:
        cause = f"gives no answer within {WITHIN_S:g} s"
        raise FetchError(who, url, cause, connected=False) from error
    except (aiohttp.ClientError, OSError) as error:
        raise FetchError(who, url, "breaks off the answer", connected=True) from error
