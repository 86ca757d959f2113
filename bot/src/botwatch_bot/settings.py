"""Settings from the environment (prefix BOT_), and the secrets in the files they name."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from botwatch_bot import zones
from botwatch_bot.exits import ExitCode, FatalError

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "BOT_"


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError
    return path


def _known_zone(name: str) -> str:
    zone = zones.find(name)
    if zone is None:
        raise ValueError
    return zone.key


def _short_and_visible(prefix: str) -> str:
    if prefix.isalnum() or not re.fullmatch(r"[^\s`\\@#<]{1,5}", prefix):
        raise ValueError
    return prefix


def _stand_in(secure: str, plain: str) -> AfterValidator:
    """Return a check of a stand-in's address: a token leaves this machine only under TLS."""

    def check(value: str) -> str:
        url = urlsplit(value)
        trusted = url.scheme == secure or (url.scheme == plain and _is_near(url.hostname))
        if not trusted or not url.hostname or url.query or url.fragment:
            raise ValueError
        return value.rstrip("/")

    return AfterValidator(check)


def _is_near(host: str | None) -> bool:
    """Says whether the token may go there in clear: to this machine, or within its network."""
    try:
        return ip_address(host or "").is_private
    except ValueError:
        return host == "localhost"


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]
CommandPrefix = Annotated[str, AfterValidator(_short_and_visible)]
ZoneName = Annotated[str, AfterValidator(_known_zone)]
ApiUrl = Annotated[str, _stand_in("https", "http")]
GatewayUrl = Annotated[str, _stand_in("wss", "ws")]


class Settings(BaseSettings):
    """Everything that can be configured; each description completes "it must be …"."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True
    )

    discord_token_file: AbsolutePath = Field(
        description="the absolute path of a file that holds the bot's token"
    )
    drill_token_file: AbsolutePath | None = Field(
        default=None, description="the absolute path of a file that holds the token for drills"
    )
    prefix: CommandPrefix = Field(
        default="?",
        description="1 to 5 visible characters, not all letters and none of ` \\ @ # <, such as ?",
    )
    timezone: ZoneName = Field(
        default="Asia/Seoul", description="the name of a time zone, such as Asia/Seoul"
    )
    listen_address: IPv4Address | IPv6Address = Field(
        default=IPv4Address("127.0.0.1"), description="an IP address, such as 127.0.0.1"
    )
    listen_port: int = Field(
        default=8000, ge=1, le=65535, description="a port number from 1 to 65535, such as 8000"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="debug, info, warning or error"
    )
    log_format: Literal["console", "json"] = Field(default="console", description="console or json")
    # These two only to be checked: runs.py reads them before the settings, which may be wrong.
    state_folder: AbsolutePath | None = Field(
        default=None,
        description="the absolute path of a folder in which a run of the bot leaves word for the "
        "next",
    )
    termination_log: AbsolutePath | None = Field(
        default=None,
        description="the absolute path of a file for the reason why the bot ends, such as "
        "/dev/termination-log",
    )
    discord_api_url: ApiUrl | None = Field(
        default=None,
        description="a stand-in's https address, or an http address on this machine or in its "
        "private network, such as http://127.0.0.1:8008/api/v10",
    )
    discord_gateway_url: GatewayUrl | None = Field(
        default=None,
        description="a stand-in's wss address, or a ws address on this machine or in its "
        "private network, such as ws://127.0.0.1:8008/gateway",
    )

    @model_validator(mode="after")
    def _one_stand_in_serves_both(self) -> Self:
        # With one address alone, a token meant for the stand-in would reach Discord, or the other
        # way round.
        if (self.discord_api_url is None) != (self.discord_gateway_url is None):
            message = (
                f"{PREFIX}DISCORD_API_URL and {PREFIX}DISCORD_GATEWAY_URL belong together; "
                "set both or neither"
            )
            raise ValueError(message)
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The zone of `timezone`."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True)
class Secrets:
    """The contents of the secret files; never shown in a representation."""

    discord_token: str = field(repr=False)
    drill_token: str | None = field(repr=False)

    def texts(self) -> list[str]:
        """Return every secret text, for masking."""
        return [text for text in (self.discord_token, self.drill_token) if text]


def load() -> Settings:
    """Return the settings in the environment.

    Raises:
        FatalError: a variable is unknown, missing or invalid; one problem for each of them.
    """
    problems = [*_unknown_variables(os.environ)]
    try:
        settings = Settings.model_validate({})
    except ValidationError as error:
        problems += _explain(error, os.environ)
        settings = None
    if problems or settings is None:
        raise FatalError(ExitCode.BAD_SETTINGS, *problems)
    return settings


def load_secrets(settings: Settings) -> Secrets:
    """Return the secrets in the files that the settings name.

    Raises:
        FatalError: a file cannot be read, or does not hold exactly one word.
    """
    drill_file = settings.drill_token_file
    return Secrets(
        discord_token=_read_secret("DISCORD_TOKEN_FILE", settings.discord_token_file),
        drill_token=None if drill_file is None else _read_secret("DRILL_TOKEN_FILE", drill_file),
    )


def _read_secret(name: str, path: Path) -> str:
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError as error:
        problem = f"{error.strerror or error}; let the file exist and the bot's user read it"
    except UnicodeDecodeError:
        problem = "it holds more than plain ASCII; put the token alone in the file"
    else:
        if re.fullmatch(r"[!-~]+", text):
            return text
        what = "several words or lines" if text else "nothing"
        problem = f"it holds {what}; put the token alone in the file"
    message = f"{PREFIX}{name}: {path} cannot be used: {problem}"
    raise FatalError(ExitCode.BAD_SETTINGS, message)


def _variables() -> dict[str, str]:
    return {f"{PREFIX}{name.upper()}": name for name in Settings.model_fields}


def _unknown_variables(environment: Mapping[str, str]) -> list[str]:
    known = _variables()
    return [
        f"{name} is not a setting{_remedy(name, list(known))}"
        for name in sorted(environment)
        if name.startswith(PREFIX) and name not in known
    ]


def _remedy(name: str, known: list[str]) -> str:
    if f"{name}_FILE" in known:
        return f"; put the value in a file and name the file in {name}_FILE"
    bare = [variable.removeprefix(PREFIX) for variable in known]
    close = get_close_matches(name.removeprefix(PREFIX), bare, n=1)
    return f"; did you mean {PREFIX}{close[0]}?" if close else "; remove it from the environment"


def _explain(error: ValidationError, environment: Mapping[str, str]) -> list[str]:
    problems = {}
    for detail in error.errors(include_url=False, include_context=False):
        name = str(detail["loc"][0]) if detail["loc"] else ""
        problems[name] = (
            _explain_field(name, environment) if name else detail["msg"].partition(", ")[2]
        )
    return list(problems.values())


def _explain_field(name: str, environment: Mapping[str, str]) -> str:
    variable = f"{PREFIX}{name.upper()}"
    must = f"it must be {Settings.model_fields[name].description}"
    value = environment.get(variable)
    if not value:
        return f"{variable} is not set; {must}"
    if name.endswith("_file"):
        # Someone may have put the secret itself here: do not repeat it.
        return f"{variable} is not valid; {must}"
    return f"{variable} is {value!r}; {must}"
