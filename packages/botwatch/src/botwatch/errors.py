"""The last distinct exceptions: what an operator asks for first."""

from __future__ import annotations

import sys
import sysconfig
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from botwatch.masking import masked
from botwatch.text import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client.core import Metric

MOST = 10
"""So many different errors are kept; each is a series."""
KEPT_SECONDS = 3600.0
"""An error that has not been seen for so long is forgotten."""

_MESSAGE_LENGTH = 200
_LABEL_LENGTH = 120
_INSTALLED = ("site-packages", "dist-packages")
_NOT_THEIRS = {"discord", "aiohttp", "asyncio", "botwatch"}
_LIBRARY = Path(sysconfig.get_path("stdlib"))
_SEEN = "_botwatch_seen"


@dataclass(frozen=True, slots=True)
class RecentError:
    """An exception that was seen lately.

    Attributes:
        type: the name of its class, with its module unless that is builtins.
        where: the file and line in the bot's own code, such as `cogs/fun.py:42`.
        message: its text when it was last seen, masked and shortened.
        count: how often it was seen since it was first.
        last_seen: when, in Unix time.
    """

    type: str
    where: str
    message: str
    count: int
    last_seen: float


class RecentErrors(Collector):
    """Keeps the last errors, by type and place; any thread may add to them or read them."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        # Collecting garbage reports lost exceptions, also in a thread that has this already.
        self._lock = threading.RLock()
        self._known: dict[tuple[str, str], RecentError] = {}

    def see(self, error: BaseException) -> bool:
        """Remember an error; return whether this very exception was not seen before."""
        if getattr(error, _SEEN, False):
            return False
        with suppress(AttributeError):  # a class with slots: counted as often as it is seen
            setattr(error, _SEEN, True)
        kind, where = type_of(error), place_of(error)
        message = shorten(" ".join(masked(_text_of(error)).split()), _MESSAGE_LENGTH)
        new = RecentError(kind, where, message, 1, self._clock())
        with self._lock:
            known = self._known.pop((kind, where), None)
            if known is not None:
                new = replace(new, count=known.count + 1)
            self._known[kind, where] = new
            if len(self._known) > MOST:
                del self._known[next(iter(self._known))]
        return True

    def top(self, number: int = MOST) -> list[RecentError]:
        """Return the most frequent errors of the last hour, the most frequent first."""
        horizon = self._clock() - KEPT_SECONDS
        with self._lock:
            self._known = {
                key: error for key, error in self._known.copy().items() if error.last_seen > horizon
            }
            known = list(self._known.values())
        known.sort(key=lambda error: (error.count, error.last_seen), reverse=True)
        # Again: a secret may have become known since.
        return [replace(error, message=masked(error.message)) for error in known[:number]]

    def report(self) -> list[dict[str, Any]]:
        """Return what `/health` shows of them."""
        return [
            {
                "type": error.type,
                "where": error.where,
                "message": error.message,
                "count": error.count,
                "last_seen": round(error.last_seen),
            }
            for error in self.top()
        ]

    def collect(self) -> Iterator[Metric]:
        """Return the metrics."""
        labels = ["error", "where"]
        info = GaugeMetricFamily(
            "discord_bot_recent_error_info",
            "How often a recent exception was seen, by type and place in the bot's code.",
            labels=labels,
        )
        seen = GaugeMetricFamily(
            "discord_bot_recent_error_timestamp_seconds",
            "When a recent exception was last seen (Unix time).",
            labels=labels,
        )
        for error in self.top():
            info.add_metric([error.type, error.where], error.count)
            seen.add_metric([error.type, error.where], error.last_seen)
        yield from (info, seen)


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as broken:  # noqa: BLE001 - a class of the bot's; its error counts all the same
        return f"(no text: {type(broken).__name__})"


def type_of(error: BaseException) -> str:
    """Return the name of an error's class."""
    kind = type(error)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return shorten(f"{module}{kind.__qualname__}", _LABEL_LENGTH)


def place_of(error: BaseException) -> str:
    """Return the file and line of the bot's own code that an error came from."""
    frames = [
        (Path(frame.f_code.co_filename), str(frame.f_globals.get("__name__", "")), line)
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    frames.reverse()
    for belongs in (_is_their_own, _is_installed):
        for path, module, line in frames:
            if belongs(path, module):
                return shorten(f"{_shown(path)}:{line}", _LABEL_LENGTH)
    if not frames:
        return "unknown"
    path, _, line = frames[0]
    return shorten(f"{_shown(path)}:{line}", _LABEL_LENGTH)


def _is_their_own(path: Path, module: str) -> bool:
    return _is_installed(path, module) and not any(part in _INSTALLED for part in path.parts)


def _is_installed(path: Path, module: str) -> bool:
    """Say whether it may be the bot's code: a bot that is a package is installed as well."""
    if module.partition(".")[0] in _NOT_THEIRS or path.name.startswith("<"):
        return False
    inside = path.is_relative_to(_LIBRARY)
    return not inside or any(part in _INSTALLED for part in path.parts)


def _shown(path: Path) -> str:
    places = [Path(place) for place in sys.path if place]
    with suppress(OSError):  # a deployment may have removed the directory
        places.append(Path.cwd())
    inside = [place for place in places if path.is_relative_to(place)]
    if not inside:
        return path.name
    return str(path.relative_to(max(inside, key=lambda place: len(place.parts))))
