"""Settings from the environment (prefix BOT_); those of the library have the prefix BOTWATCH_."""

from __future__ import annotations

import os
from dataclasses import Field, dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from botwatch import ExitCode, FatalError, environment
from botwatch.environment import about, absolute_path, number, one_of
from botwatch_bot.texts import LOCALES
from botwatch_bot.values import command_prefix, monitoring_url, role_id, stand_in, zone_name

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = "BOT_"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything that can be configured."""

    discord_token_file: Path = field(
        metadata=about(absolute_path, "the absolute path of a file that holds the bot's token")
    )
    proxy_file: Path | None = field(
        default=None,
        metadata=about(
            absolute_path,
            "the absolute path of a file that holds the address of the HTTP proxy to Discord",
        ),
    )
    prefix: str = field(
        default="?",
        metadata=about(
            command_prefix,
            "1 to 5 visible characters, not all letters and none of ` \\ @ # <, such as ?",
        ),
    )
    locale: str = field(default=LOCALES[0], metadata=about(one_of(*LOCALES), " or ".join(LOCALES)))
    timezone: str = field(
        default="UTC", metadata=about(zone_name, "the name of a time zone, such as Europe/Berlin")
    )
    user_commands_per_minute: int = field(
        default=60,
        metadata=about(
            number(1, 10_000, or_zero=True), "a number from 1 to 10000, or 0 for no limit"
        ),
    )
    operator_role: int | None = field(
        default=None,
        metadata=about(role_id, "the number (ID) of a Discord role, such as 1042734857243561984"),
    )
    prometheus_url: str | None = field(
        default=None,
        metadata=about(monitoring_url, "an http or https address, such as http://127.0.0.1:9090"),
    )
    alertmanager_url: str | None = field(
        default=None,
        metadata=about(monitoring_url, "an http or https address, such as http://127.0.0.1:9093"),
    )
    discord_api_url: str | None = field(
        default=None,
        metadata=about(
            stand_in("https", "http"),
            "a stand-in's https address, or an http address on this machine or in its private "
            "network, such as http://127.0.0.1:8008/api/v10",
        ),
    )
    discord_gateway_url: str | None = field(
        default=None,
        metadata=about(
            stand_in("wss", "ws"),
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
    settings = environment.load(Settings, PREFIX, os.environ)
    # With one address alone, a token meant for the stand-in would reach Discord, or the other way
    # round.
    if (settings.discord_api_url is None) != (settings.discord_gateway_url is None):
        problem = (
            f"{PREFIX}DISCORD_API_URL and {PREFIX}DISCORD_GATEWAY_URL belong together; "
            "set both or neither"
        )
        raise FatalError(ExitCode.BAD_SETTINGS, problem)
    return settings


def variables() -> dict[str, Field[Any]]:
    """Return each environment variable and the setting it sets."""
    return environment.variables(Settings, PREFIX)
