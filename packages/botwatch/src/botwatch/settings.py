"""The library's settings: environment variables that start with BOTWATCH_."""

from __future__ import annotations

import os
from dataclasses import Field, dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any

from botwatch import environment
from botwatch.environment import about, absolute_path, address, number, one_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PREFIX = "BOTWATCH_"
STATE_DIRECTORY = f"{PREFIX}STATE_DIRECTORY"
TERMINATION_LOG = f"{PREFIX}TERMINATION_LOG"
LOCALHOST = IPv4Address("127.0.0.1")

_SECONDS = about(
    number(1, 86_400, or_zero=True), "a number of seconds from 1 to 86400, or 0 for no limit"
)
_LEVELS = ("debug", "info", "warning", "error")


def _path_of(what: str) -> dict[str, object]:
    return about(absolute_path, f"the absolute path of {what}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything that can be configured."""

    listen_address: IPv4Address | IPv6Address = field(
        default=LOCALHOST, metadata=about(address, "an IP address, such as 127.0.0.1")
    )
    listen_port: int = field(
        default=8000, metadata=about(number(1, 65_535), "a number from 1 to 65535")
    )
    drill_token_file: Path | None = field(
        default=None, metadata=_path_of("a file with the token for drills")
    )
    # These two only to be checked: they are read before the settings, which may be wrong.
    state_directory: Path | None = field(
        default=None, metadata=_path_of("a directory in which each run records how it ended")
    )
    termination_log: Path | None = field(
        default=None,
        metadata=_path_of("a file for the reason of the exit, such as /dev/termination-log"),
    )
    gateway_patience: int = field(default=600, metadata=_SECONDS)
    gateway_quiet: int = field(default=1800, metadata=_SECONDS)
    log_level: str = field(
        default="info", metadata=about(one_of(*_LEVELS), "debug, info, warning or error")
    )
    log_format: str = field(
        default="", metadata=about(one_of("console", "json"), "console or json")
    )
    version: str = field(default="", metadata=about(str, "the version of the bot"))


def load(variables: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in the environment.

    Raises:
        FatalError: a variable is unknown or invalid; one problem for each of them.
    """
    return environment.load(Settings, PREFIX, os.environ if variables is None else variables)


def variables() -> dict[str, Field[Any]]:
    """Return each environment variable and the setting it sets."""
    return environment.variables(Settings, PREFIX)


def drill_token(settings: Settings) -> str | None:
    """Return the token for drills; None where there shall be none.

    Raises:
        FatalError: its file cannot be used.
    """
    path = settings.drill_token_file
    return None if path is None else environment.read_secret(f"{PREFIX}DRILL_TOKEN_FILE", path)


def check() -> None:
    """Check the settings in the environment and the files that they name; start nothing.

    Raises:
        FatalError: a setting or a file is invalid.
    """
    drill_token(load())
