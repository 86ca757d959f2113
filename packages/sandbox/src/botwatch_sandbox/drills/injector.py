"""Injects the fault of a drill into the bot, over its HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from botwatch_sandbox.fetch import FetchError, client, fetch

if TYPE_CHECKING:
    import aiohttp

    from botwatch_sandbox.drills.catalogue import OwnDrill


class InjectionError(Exception):
    """The fault could not be injected; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Injector:
    """Calls the bot's fault endpoints.

    Attributes:
        bot_url: the bot's address.
        token: the drill token that the bot asks for.
    """

    bot_url: str
    token: str = field(repr=False)

    async def inject(self, drill: OwnDrill) -> None:
        """Make the drill's calls, one after the other.

        Raises:
            InjectionError: the bot is away or refuses.
        """
        # A session of its own: a POST over a kept connection that the bot closed just now would
        # look as if the bot had died of it.
        async with client() as session:
            for _ in range(drill.calls):
                await self._call(session, drill)

    async def _call(self, session: aiohttp.ClientSession, drill: OwnDrill) -> None:
        url = self.bot_url + drill.path
        try:
            answer = await fetch(session, "The bot", url, method="POST", token=self.token)
        except FetchError as error:
            if drill.dies and error.connected:  # it ended before it could answer, as it should
                return
            message = f"{error}; start the bot and run the drill again."
            raise InjectionError(message) from error
        if answer.status == HTTPStatus.NOT_FOUND:
            message = (
                f"The bot refuses {drill.path} with 404; give the bot and the sandbox the same "
                "drill token."
            )
            raise InjectionError(message)
        if answer.status != HTTPStatus.OK and not drill.dies:
            message = (
                f"The bot answers {drill.path} with {answer.status} instead of 200; look into "
                "its log."
            )
            raise InjectionError(message)
