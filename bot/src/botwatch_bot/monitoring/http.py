"""One request to a server of the monitoring, and what to say when it fails."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import aiohttp

from botwatch_bot.mistakes import Unavailable
from botwatch_bot.texts import phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 1.8
"""How long a server may take: Discord wants the answer to a slash command within 3 s."""


class MonitoringError(Unavailable):
    """A server of the monitoring cannot be asked; the message says which and why."""


class Server:
    """One server, known by its name and its address."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._url = url

    async def get(self, path: str, parameters: Mapping[str, str]) -> Any:  # noqa: ANN401 - it is JSON
        """Return the JSON behind a path.

        Raises:
            MonitoringError: the server is away, slow, or answers with an error.
        """
        return await self._ask("GET", path, params=parameters)

    async def post(self, path: str, body: object) -> Any:  # noqa: ANN401 - it is JSON
        """Send JSON to a path, and return the JSON that comes back.

        Raises:
            MonitoringError: the server is away, slow, or answers with an error.
        """
        return await self._ask("POST", path, json=body)

    async def _ask(self, method: str, path: str, **what: Any) -> Any:  # noqa: ANN401 - aiohttp's
        # A session for each: operators ask rarely, and an idle connection would only grow stale.
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.request(method, self._url + path, **what) as response,
            ):
                if response.status != HTTPStatus.OK:
                    raise MonitoringError(
                        phrase("monitoring.refused", service=self.name, status=response.status)
                    )
                return await response.json(content_type=None)
        except TimeoutError:
            raise MonitoringError(phrase("monitoring.timeout", service=self.name)) from None
        except (aiohttp.ClientError, OSError) as error:
            raise MonitoringError(phrase("monitoring.away", service=self.name)) from error
        except ValueError as error:
            raise self.nonsense() from error

    def nonsense(self) -> MonitoringError:
        """Return the error about an answer that is not what it should be."""
        return MonitoringError(phrase("monitoring.nonsense", service=self.name))
