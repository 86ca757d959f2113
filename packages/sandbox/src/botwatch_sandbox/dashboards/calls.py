"""The calls of the control API that the page of the dashboards makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from botwatch_sandbox.control.errors import ControlError
from botwatch_sandbox.dashboards.asking import MINUTES
from botwatch_sandbox.dashboards.board import BoardError
from botwatch_sandbox.fetch import FetchError
from botwatch_sandbox.jsonio import answer

if TYPE_CHECKING:
    from botwatch_sandbox.dashboards.asking import Dashboards

FRESH = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class DashboardCalls:
    """The calls."""

    dashboards: Dashboards

    def routes(self) -> list[web.RouteDef]:
        """Return the routes below /control."""
        return [
            web.get("/dashboards", self._names),
            web.get("/dashboards/{name:[a-z]{1,40}}", self._board),
        ]

    async def _names(self, _: web.Request) -> web.Response:
        try:
            return answer({"dashboards": self.dashboards.names()}, headers=FRESH)
        except BoardError as error:
            raise ControlError(500, str(error)) from error

    async def _board(self, request: web.Request) -> web.Response:
        minutes = request.query.get("minutes", str(MINUTES[0]))
        if minutes not in map(str, MINUTES):
            choice = ", ".join(map(str, MINUTES))
            raise ControlError(400, f"There is no view of '{minutes}' minutes; choose {choice}.")
        name = request.match_info["name"]
        try:
            board = await self.dashboards.view(name, int(minutes))
        except FetchError as error:
            raise ControlError(502, f"{error}; is it running?") from error
        except BoardError as error:
            raise ControlError(500, str(error)) from error
        if board is None:
            raise ControlError(404, f"There is no dashboard '{name}'.")
        return answer(board, headers=FRESH)
