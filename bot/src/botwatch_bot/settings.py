"""Settings from the environment (prefix BOT_).

A reader of our own: a library for this costs 10 MB of memory for as long as the bot runs.
"""

from __future__ import annotations

import os
from dataclasses import MISSING, Field, dataclass, field, fields
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from botwatch.exits import ExitCode, FatalError
from botwatch_bot import values
from botwatch_bot.texts import LOCALES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

PREFIX = "BOT_"


def _about(read: Callable[[str], object], must_be: str) -> dict[str, object]:
    """Describe a setting.

    Args:
        read: from its text to its value; raises ValueError for what it refuses.
        must_be: completes "it must be …".
    """
    return {"read": read, "must_be": must_be}


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything that can be configured."""

    discord_token_file: Path = field(
        metadata=_about(
            values.absolute_path, "the absolute path of a file that holds the bot's token"
        )
    )
    drill_token_file: Path | None = field(
        default=None,
        metadata=_about(
            values.absolute_path, "the absolute path of a file that holds the token for drills"
        ),
    )
    proxy_file: Path | None = field(
        default=None,
        metadata=_about(
            values.absolute_path,
            "the absolute path of a file that holds the address of the HTTP proxy to Discord",
        ),
    )
    prefix: str = field(
        default="?",
        metadata=_about(
            values.command_prefix,
            "1 to 5 visible characters, not all letters and none of ` \\ @ # <, such as ?",
        ),
    )
    locale: str = field(
        default=LOCALES[0], metadata=_about(values.one_of(*LOCALES), " or ".join(LOCALES))
    )
    timezone: str = field(
        default="UTC",
        metadata=_about(values.zone_name, "the name of a time zone, such as Europe/Berlin"),
    )
    user_commands_per_minute: int = field(
        default=60,
        metadata=_about(
            values.number(1, 10_000, or_zero=True), "a number from 1 to 10000, or 0 for no limit"
        ),
    )
    operator_role: int | None = field(
        default=None,
        metadata=_about(
            values.role_id, "the number (ID) of a Discord role, such as 1042734857243561984"
        ),
    )
    prometheus_url: str | None = field(
        default=None,
        metadata=_about(
            values.monitoring_url, "an http or https address, such as http://127.0.0.1:9090"
        ),
    )
    alertmanager_url: str | None = field(
        default=None,
        metadata=_about(
            values.monitoring_url, "an http or https address, such as http://127.0.0.1:9093"
        ),
    )
    gateway_patience: int = field(
        default=600,
        metadata=_about(
            values.number(1, 86_400, or_zero=True),
            "a number of seconds from 1 to 86400, or 0 for no limit",
        ),
    )
    gateway_quiet: int = field(
        default=1800,
        metadata=_about(
            values.number(1, 86_400, or_zero=True),
            "a number of seconds from 1 to 86400, or 0 for no limit",
        ),
    )
    listen_address: IPv4Address | IPv6Address = field(
        default=IPv4Address("127.0.0.1"),
        metadata=_about(values.address, "an IP address, such as 127.0.0.1"),
    )
    listen_port: int = field(
        default=8000,
        metadata=_about(values.number(1, 65_535), "a port number from 1 to 65535, such as 8000"),
    )
    log_level: Literal["debug", "info", "warning", "error"] = field(
        default="info",
        metadata=_about(
            values.one_of("debug", "info", "warning", "error"), "debug, info, warning or error"
        ),
    )
    log_format: Literal["console", "json"] = field(
        default="console", metadata=_about(values.one_of("console", "json"), "console or json")
    )
    # These two only to be checked: runs.py reads them before the settings, which may be wrong.
    state_folder: Path | None = field(
        default=None,
        metadata=_about(
            values.absolute_path,
            "the absolute path of a folder in which a run of the bot leaves word for the next",
        ),
    )
    termination_log: Path | None = field(
        default=None,
        metadata=_about(
            values.absolute_path,
            "the absolute path of a file for the reason why the bot ends, "
            "such as /dev/termination-log",
        ),
    )
    discord_api_url: str | None = field(
        default=None,
        metadata=_about(
            values.stand_in("https", "http"),
            "a stand-in's https address, or an http address on this machine or in its private "
            "network, such as http://127.0.0.1:8008/api/v10",
        ),
    )
    discord_gateway_url: str | None = field(
        default=None,
        metadata=_about(
            values.stand_in("wss", "ws"),
            "a stand-in's wss address, or a ws address on this machine or in its private network, "
            "such as ws://127.0.0.1:8008/gateway",
        ),
    )

    @property
    def zone(self) -> ZoneInfo:
        """The zone of `timezone`."""
        return ZoneInfo(self.timezone)


def load() -> Settings:
    """Return the settings in the environment.

    Raises:
        FatalError: a variable is unknown, missing or invalid; one problem for each of them.
    """
    problems = [*_unknown_variables(os.environ)]
    found: dict[str, Any] = {}
    for variable, setting in variables().items():
        text = os.environ.get(variable, "")
        try:
            if text:
                found[setting.name] = setting.metadata["read"](text)
            elif setting.default is MISSING:
                problems.append(_explain(variable, setting, text))
        except ValueError:
            problems.append(_explain(variable, setting, text))
    # With one address alone, a token meant for the stand-in would reach Discord, or the other way
    # round.
    if not problems and ("discord_api_url" in found) != ("discord_gateway_url" in found):
        problems.append(
            f"{PREFIX}DISCORD_API_URL and {PREFIX}DISCORD_GATEWAY_URL belong together; "
            "set both or neither"
        )
    if problems:
        raise FatalError(ExitCode.BAD_SETTINGS, *problems)
    return Settings(**found)


def variables() -> dict[str, Field[Any]]:
    """Return each environment variable and the setting it sets."""
    return {f"{PREFIX}{setting.name.upper()}": setting for setting in fields(Settings)}


def _unknown_variables(environment: Mapping[str, str]) -> list[str]:
    known = list(variables())
    return [
        f"{name} is not a setting{_remedy(name, known)}"
        for name in sorted(environment)
        if name.startswith(PREFIX) and name not in known
    ]


def _remedy(name: str, known: list[str]) -> str:
    if f"{name}_FILE" in known:
        return f"; put the value in a file and name the file in {name}_FILE"
    bare = [variable.removeprefix(PREFIX) for variable in known]
    close = get_close_matches(name.removeprefix(PREFIX), bare, n=1)
    return f"; did you mean {PREFIX}{close[0]}?" if close else "; remove it from the environment"


def _explain(variable: str, setting: Field[Any], text: str) -> str:
    must = f"it must be {setting.metadata['must_be']}"
    if not text:
        return f"{variable} is not set; {must}"
    if variable.endswith("_FILE"):
        # Someone may have put the secret itself here: do not repeat it.
        return f"{variable} is not valid; {must}"
    return f"{variable} is {text!r}; {must}"
