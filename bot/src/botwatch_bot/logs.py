"""Logging: one handler on standard error for our own lines and every library's."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Iterable

    from structlog.typing import EventDict, Processor, WrappedLogger

_MASK = "[secret]"
_LIBRARIES = ("discord", "aiohttp", "asyncio", "waitress")
_NETWORK = {"discord", "aiohttp"}

_BEFORE: list[Processor] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(level: str, style: str, secrets: Iterable[str]) -> None:
    """Send all logging to standard error.

    Args:
        level: debug, info, warning or error. Libraries stay at info: discord.py's debug lines
            hold what people write.
        style: "json" for one object a line, "console" for people.
        secrets: texts that are masked wherever they appear.
    """
    structlog.configure(
        processors=[*_BEFORE, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(MaskingFormatter(style, secrets))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for library in _LIBRARIES:
        logging.getLogger(library).setLevel(max(logging.INFO, logging.root.level))


class MaskingFormatter(structlog.stdlib.ProcessorFormatter):
    """Renders a line and replaces secrets in it, wherever they come from."""

    def __init__(self, style: str, secrets: Iterable[str]) -> None:
        super().__init__(
            foreign_pre_chain=_BEFORE,
            processors=[self.remove_processors_meta, shorten_network_errors, *_renderers(style)],
        )
        self._secrets = list(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """Return the finished line."""
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, _MASK)
        return line


def shorten_network_errors(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace the traceback of a failure between us and Discord by its type and text."""
    error = event.get("exc_info")
    if isinstance(error, tuple):
        error = error[1]
    if error is not None and _says_everything(error):
        del event["exc_info"]
        event["error"] = f"{type(error).__name__}: {error}"
    return event


def _says_everything(error: BaseException) -> bool:
    # By name, because logging starts long before these libraries are loaded.
    return isinstance(error, OSError) or type(error).__module__.partition(".")[0] in _NETWORK


def _renderers(style: str) -> list[Processor]:
    if style == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
