"""Asks Prometheus what a dashboard shows."""

from __future__ import annotations

import asyncio
import math
import re
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from botwatch_sandbox.dashboards.board import Board, Panel, Query, read_boards
from botwatch_sandbox.dashboards.variables import fill, of_time
from botwatch_sandbox.fetch import FetchError, fetch
from botwatch_sandbox.jsonio import JsonObject, is_list, is_object, text_of

if TYPE_CHECKING:
    from pathlib import Path

    import aiohttp

AT_ONCE = 6
POINTS = 180
SERIES_MAX = 20
FRESH_S = 4.0
MINUTES = (15, 60, 180, 1440)
LABEL = re.compile(r"{{\s*(\w+)\s*}}")


@dataclass(frozen=True, slots=True)
class Span:
    """The time that is shown, in Unix seconds."""

    start: int
    end: int
    step: int

    @classmethod
    def until_now(cls, minutes: int, least_s: int) -> Span:
        """Return the last minutes in steps that fall on the same moments each time."""
        step = max(minutes * 60 // POINTS, least_s)
        end = int(time.time()) // step * step
        return cls(end - minutes * 60, end, step)


@dataclass(slots=True)
class Dashboards:
    """The dashboards of a directory, with what Prometheus says for them.

    What was asked less than 4 s ago is not asked again: several pages cost as much as one.

    Attributes:
        session: for all questions.
        prometheus: its address.
        directory: where the dashboards are; None where there are none.
    """

    session: aiohttp.ClientSession
    prometheus: str
    directory: Path | None
    _kept: dict[tuple[str, int], asyncio.Task[JsonObject]] = field(default_factory=dict)
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    def names(self) -> list[JsonObject]:
        """List the dashboards."""
        boards = read_boards(self.directory).values()
        return [{"name": board.name, "title": board.title} for board in boards]

    async def view(self, name: str, minutes: int) -> JsonObject | None:
        """Return a dashboard with its data; None where there is none of this name.

        Raises:
            FetchError: Prometheus does not answer.
        """
        key = (name, minutes)
        if key not in self._kept:
            board = read_boards(self.directory).get(name)
            if board is None:
                return None
            self._kept[key] = asyncio.create_task(self._ask(board, minutes))
            asyncio.get_running_loop().call_later(FRESH_S, self._kept.pop, key, None)
        return await asyncio.shield(self._kept[key])

    async def _ask(self, board: Board, minutes: int) -> JsonObject:
        least_s = max((q.least_s for panel in board.panels for q in panel.queries), default=10)
        span = Span.until_now(minutes, least_s)
        panels = await asyncio.gather(*(self._panel(board, panel, span) for panel in board.panels))
        return {
            "name": board.name,
            "title": board.title,
            "description": board.description,
            "start": span.start,
            "end": span.end,
            "step": span.step,
            "panels": panels,
        }

    async def _panel(self, board: Board, panel: Panel, span: Span) -> JsonObject:
        found = await asyncio.gather(*(self._series(board, query, span) for query in panel.queries))
        series = [one for part in found for one in part]
        return {**panel.look, "series": series[:SERIES_MAX], "left_out": len(series) > SERIES_MAX}

    async def _series(self, board: Board, query: Query, span: Span) -> list[JsonObject]:
        times = of_time(span.end - span.start, span.step, query.least_s)
        expr = fill(query.expr, {**board.values, **times})
        asked = {"query": expr}
        if not query.now:
            asked |= {"start": str(span.start), "end": str(span.end), "step": str(span.step)}
        kind = "query" if query.now else "query_range"
        url = f"{self.prometheus}/api/v1/{kind}?{urlencode(asked)}"
        async with self._gate:
            answer = await fetch(self.session, "Prometheus", url)
        body = answer.json()
        data = body.get("data") if is_object(body) else None
        result = data.get("result") if is_object(data) else None
        if answer.status != HTTPStatus.OK or not is_list(result):
            who, address = "Prometheus", f"{self.prometheus}/api/v1/{kind}"
            said = text_of(body.get("error")) if is_object(body) else ""
            cause = f"answers {answer.status} {said}".strip()
            raise FetchError(who, address, cause, connected=True)
        return [_one(entry, query, span) for entry in result if is_object(entry)]


def _one(entry: JsonObject, query: Query, span: Span) -> JsonObject:
    labels = entry.get("metric")
    known = {k: text_of(v) for k, v in labels.items()} if is_object(labels) else {}
    name = LABEL.sub(lambda found: known.get(found[1], ""), query.legend) or _all_of(known)
    samples = entry.get("values") if not query.now else [entry.get("value")]
    return {
        "name": name,
        "dashed": query.dashed,
        "points": _points(samples if is_list(samples) else [], span, now=query.now),
    }


def _all_of(labels: dict[str, str]) -> str:
    return ", ".join(value for label, value in labels.items() if label != "__name__")


def _points(samples: list[object], span: Span, *, now: bool) -> list[float | None]:
    """Put values at their steps, None where there is none."""
    points: list[float | None] = [None] * (1 if now else (span.end - span.start) // span.step + 1)
    for sample in samples:
        if is_list(sample) and len(sample) == 2 and isinstance(sample[0], int | float):  # noqa: PLR2004 # time and value
            place = 0 if now else round((sample[0] - span.start) / span.step)
            value = float(text_of(sample[1]))
            if 0 <= place < len(points) and math.isfinite(value):
                points[place] = value
    return points
