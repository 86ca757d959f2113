"""Logging: the last lines at hand, secrets masked, and lines for people or machines if wanted.

Every record is seen by the factory that makes it. A handler would see it, too, but a handler on the
root logger turns the bot's own `logging.basicConfig` off.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from collections import deque
from typing import TYPE_CHECKING, Any

from botwatch.masking import masked
from botwatch.text import shorten

if TYPE_CHECKING:
    from botwatch.errors import RecentErrors

LINES = 200
"""So many lines are kept."""

_LONGEST = 2000
_LIBRARIES = ("discord", "aiohttp", "asyncio", "waitress")
_NETWORK = {"discord", "aiohttp"}
_NOT_THEIRS = {"discord", "aiohttp", "asyncio", "botwatch", "waitress"}


class LogTail:
    """Keeps the last log lines, and hands the exceptions in the bot's own lines on."""

    def __init__(self, errors: RecentErrors) -> None:
        self._errors = errors
        self._lines: deque[str] = deque(maxlen=LINES)
        self._make: Any = None

    def tail(self, number: int = 20) -> list[str]:
        """Return the last lines, masked, the newest last."""
        return [masked(line) for line in list(self._lines)[-number:]] if number > 0 else []

    def install(self) -> None:
        """See every record that is made from now on."""
        if self._make is None:
            self._make = logging.getLogRecordFactory()
            logging.setLogRecordFactory(self._see)

    def remove(self) -> None:
        """See no more records, unless somebody has built upon this in the meantime."""
        if self._make is not None and logging.getLogRecordFactory() == self._see:
            logging.setLogRecordFactory(self._make)
            self._make = None

    def _see(self, *given: Any, **named: Any) -> logging.LogRecord:  # noqa: ANN401 - as logging has it
        record: logging.LogRecord = self._make(*given, **named)
        try:
            self._keep(record)
        except Exception:  # noqa: BLE001 - a line with wrong arguments: its handler says so
            line = f"{_moment(record)} {record.levelname} {record.name}: {record.msg}"
            self._lines.append(shorten(masked(line), _LONGEST))
        return record

    def _keep(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        clean = masked(message)
        if clean != message:
            record.msg, record.args = clean, None
        if record.stack_info:
            record.stack_info = masked(record.stack_info)
        line = f"{_moment(record)} {record.levelname} {record.name}: {clean}"
        error = _error_of(record)
        if error is not None:
            line += f"\n{_trace_of(error)}"
            _hide_secrets(record, error)
            if record.levelno >= logging.ERROR and _root_of(record.name) not in _NOT_THEIRS:
                self._errors.see(error)
        self._lines.append(shorten(line, _LONGEST))


def configure(level: str, style: str) -> None:
    """Send all logging to standard error.

    Args:
        level: debug, info, warning or error. Libraries stay at info: discord.py's debug lines
            contain what people write.
        style: "json" for one object a line, "console" for people.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if style == "json" else ConsoleFormatter())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for library in _LIBRARIES:
        logging.getLogger(library).setLevel(max(logging.INFO, logging.root.level))


class ConsoleFormatter(logging.Formatter):
    """Writes a line for people."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, masked."""
        line = f"{_moment(record)} [{record.levelname.lower():<7}] {record.getMessage()}"
        line += f" [{record.name}]"
        error = _error_of(record)
        if error is not None:
            line += _ending(error)
        elif record.exc_text:
            line += f"\n{record.exc_text}"
        return masked(line)


class JsonFormatter(logging.Formatter):
    """Writes one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, masked."""
        line = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": _moment(record),
        }
        error = _error_of(record)
        if error is not None:
            line["error" if _says_everything(error) else "exception"] = _trace_of(error)
        elif record.exc_text:
            line["exception"] = record.exc_text
        return masked(json.dumps(line, ensure_ascii=False, default=str))


def _moment(record: logging.LogRecord) -> str:
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{seconds}.{int(record.msecs):03d}Z"


def _error_of(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if isinstance(record.exc_info, tuple) else None


def _ending(error: BaseException) -> str:
    return f" {_trace_of(error)}" if _says_everything(error) else f"\n{_trace_of(error)}"


def _trace_of(error: BaseException) -> str:
    """Return the masked traceback, or type and text for a failure between us and Discord."""
    if _says_everything(error):
        return masked(f"{type(error).__name__}: {error}")
    return masked("".join(traceback.format_exception(error)).rstrip())


def _says_everything(error: BaseException) -> bool:
    # discord.py wraps what a command of the bot raised, whose traceback is wanted.
    of_network = _root_of(type(error).__module__) in _NETWORK and not hasattr(error, "original")
    return isinstance(error, OSError) or of_network


def _hide_secrets(record: logging.LogRecord, error: BaseException) -> None:
    full = "".join(traceback.format_exception(error)).rstrip()
    clean = masked(full)
    if clean != full:
        # Formatters show this text. Those that make one of their own, as discord.py's for a
        # terminal does, must not find the exception.
        record.exc_text = clean
        record.exc_info = None


def _root_of(name: str) -> str:
    return name.partition(".")[0]
