"""The control API's calls for what people do in Discord: speak, use commands, press buttons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from botwatch_sandbox.control.bodies import (
    Complete,
    Press,
    React,
    Say,
    Submit,
    UseSlash,
    read_body,
)
from botwatch_sandbox.control.errors import ControlError
from botwatch_sandbox.discord.message_rest import react, unreact
from botwatch_sandbox.discord.state import Draft, Languages, visitor
from botwatch_sandbox.jsonio import answer

if TYPE_CHECKING:
    from botwatch_sandbox.discord.desk import Desk
    from botwatch_sandbox.discord.interactions import Interactions
    from botwatch_sandbox.discord.state import User


@dataclass(frozen=True, slots=True)
class People:
    """What people do.

    Attributes:
        desk: where they do it.
        interactions: their uses of commands, buttons and modals.
    """

    desk: Desk
    interactions: Interactions

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        return [
            web.post("/discord/messages", self._say),
            web.post("/discord/slash", self._use),
            web.post("/discord/complete", self._complete),
            web.post("/discord/press", self._press),
            web.post("/discord/submit", self._submit),
            web.post("/discord/reactions", self._react),
        ]

    def _person(self, name: str) -> User:
        """Return a person, who must not be banned."""
        person = visitor(name)
        if person.id in self.desk.world.banned:
            raise ControlError(409, f"The bot has banned '{name}'; use another name.")
        return person

    async def _say(self, request: web.Request) -> web.Response:
        body = await read_body(request, Say)
        author, world = self._person(body.author), self.desk.world
        draft = Draft(world.with_mentions(body.content))
        if body.direct:
            return answer(world.say(author, draft, world.direct(author)).view(), status=201)
        message = self.interactions.type_in(author, body.content)
        message = message or world.say(author, draft)
        return answer(message.view(), status=201)

    async def _use(self, request: web.Request) -> web.Response:
        body = await read_body(request, UseSlash)
        languages = Languages(body.locale, body.guild_locale)
        author = self._person(body.author)
        message = self.interactions.use(author, body.name, body.options, languages)
        return answer(message.view(), status=201)

    async def _complete(self, request: web.Request) -> web.Response:
        body = await read_body(request, Complete)
        author = self._person(body.author)
        choices = await self.interactions.complete(author, body.name, body.options, body.focused)
        return answer({"choices": choices})

    async def _press(self, request: web.Request) -> web.Response:
        body = await read_body(request, Press)
        author = self._person(body.author)
        self.interactions.press(author, int(body.message), body.custom_id, body.values)
        return answer({}, status=201)

    async def _submit(self, request: web.Request) -> web.Response:
        body = await read_body(request, Submit)
        self.interactions.submit(self._person(body.author), body.values)
        return answer({}, status=201)

    async def _react(self, request: web.Request) -> web.Response:
        body = await read_body(request, React)
        message, author = self.desk.world.find(int(body.message)), self._person(body.author)
        if message is None:
            raise ControlError(404, "There is no such message any more.")
        self.desk.world.meet(author)
        change = unreact if body.remove else react
        change(self.desk, message, body.emoji, author)
        return answer({}, status=201)
