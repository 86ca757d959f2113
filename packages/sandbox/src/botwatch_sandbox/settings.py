"""Settings from the environment (prefix SANDBOX_) and the secrets they point to."""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from yarl import URL

PREFIX = "SANDBOX_"
SECRET_MAX_BYTES = 4096
# A hook of Slack: workspace, webhook and key.
WEBHOOK_PATH = re.compile(r"/services/T[A-Za-z0-9]+/B[A-Za-z0-9]+/[A-Za-z0-9]+")


class SettingsError(Exception):
    """A setting that cannot be used: one sentence with the thing, the cause and the remedy."""

    def __init__(self, thing: str, cause: str, remedy: str) -> None:
        super().__init__(f"{thing} {cause}; {remedy}.")


def _base_url(value: str) -> str:
    url = URL(value)
    if url.scheme not in {"http", "https"} or not url.host or url.query_string or url.fragment:
        raise ValueError(value)
    return value.rstrip("/")


BaseUrl = Annotated[str, AfterValidator(_base_url)]


class Settings(BaseSettings):
    """What the environment may set; each description is the remedy in an error message."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True)

    listen_address: Annotated[
        IPv4Address | IPv6Address,
        Field(description="give it an IP address of this machine, as in 127.0.0.1"),
    ] = IPv4Address("127.0.0.1")
    listen_port: Annotated[
        int, Field(ge=1, le=65535, description="give it a port from 1 to 65535")
    ] = 8008
    discord_token_file: Path = Field(
        default=..., description="give it the file that holds the bot's Discord token"
    )
    slack_webhook_url_file: Path = Field(
        default=..., description="give it the file that holds the Slack webhook's URL"
    )
    drill_token_file: Annotated[
        Path | None, Field(description="give it the file that holds the bot's drill token")
    ] = None
    bot_url: Annotated[
        BaseUrl, Field(description="give it the bot's address, as in http://127.0.0.1:8000")
    ] = "http://127.0.0.1:8000"
    prometheus_url: Annotated[
        BaseUrl, Field(description="give it Prometheus' address, as in http://127.0.0.1:9090")
    ] = "http://127.0.0.1:9090"
    alertmanager_url: Annotated[
        BaseUrl, Field(description="give it Alertmanager's address, as in http://127.0.0.1:9093")
    ] = "http://127.0.0.1:9093"
    prometheus_public_url: Annotated[
        BaseUrl | None,
        Field(description="give it Prometheus' address for browsers, or leave it out"),
    ] = None
    alertmanager_public_url: Annotated[
        BaseUrl | None,
        Field(description="give it Alertmanager's address for browsers, or leave it out"),
    ] = None

    dashboards_dir: Annotated[
        Path | None, Field(description="give it the folder that holds the dashboards' JSON")
    ] = None

    guilds: Annotated[
        int, Field(ge=1, le=100_000, description="give it a number of servers from 1 to 100000")
    ] = 1
    members: Annotated[
        int, Field(ge=2, le=1_000_000, description="give it a number of members of each server")
    ] = 2
    shards: Annotated[
        int, Field(ge=1, le=16, description="give it a number of shards from 1 to 16")
    ] = 1

    @property
    def listen_url(self) -> str:
        """Where the stand-ins are reached."""
        return str(URL.build(scheme="http", host=str(self.listen_address), port=self.listen_port))


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the secret files hold; never part of a repr."""

    discord_token: str = field(repr=False)
    slack_path: str = field(repr=False)
    drill_token: str | None = field(repr=False)


def load_settings() -> Settings:
    """Read the environment.

    Raises:
        SettingsError: a SANDBOX_ variable is unknown, missing or invalid.
    """
    _refuse_unknown_names()
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0])
        cause = "is not set" if first["type"] == "missing" else "has a value that cannot be used"
        remedy = Settings.model_fields[name].description or ""
        raise SettingsError(PREFIX + name.upper(), cause, remedy) from error


def load_secrets(settings: Settings) -> Secrets:
    """Read the secret files.

    Raises:
        SettingsError: a file is missing, unreadable, empty, too large or of the wrong form.
    """
    drill = settings.drill_token_file
    return Secrets(
        discord_token=_read_secret("SANDBOX_DISCORD_TOKEN_FILE", settings.discord_token_file),
        slack_path=_webhook_path(settings.slack_webhook_url_file),
        drill_token=None if drill is None else _read_secret("SANDBOX_DRILL_TOKEN_FILE", drill),
    )


def _refuse_unknown_names() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), known, n=1)
            hint = (
                f"perhaps {near[0]} is meant"
                if near
                else "packages/sandbox/README.md lists all settings"
            )
            raise SettingsError(name, "is no setting", f"remove or rename it ({hint})")


def _read_secret(name: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(SECRET_MAX_BYTES + 1)
        text = raw.decode("ascii").strip()
    except OSError as error:
        cause = f"names {path}, which cannot be read ({error.strerror})"
        raise SettingsError(name, cause, "create the file or let this user read it") from error
    except UnicodeDecodeError as error:
        cause = f"names {path}, which does not hold plain text"
        raise SettingsError(name, cause, "write the secret alone into the file") from error
    if not text or len(raw) > SECRET_MAX_BYTES or len(text.split()) != 1:
        cause = f"names {path}, which does not hold exactly one word"
        raise SettingsError(name, cause, "write the secret alone into the file")
    return text


def _webhook_path(file: Path) -> str:
    name = "SANDBOX_SLACK_WEBHOOK_URL_FILE"
    text = _read_secret(name, file)
    try:
        path = URL(_base_url(text)).path
    except ValueError:
        path = ""
    if not WEBHOOK_PATH.fullmatch(path):
        cause = f"names {file}, which does not hold a webhook's URL"
        raise SettingsError(name, cause, "write http://HOST:PORT/services/T…/B…/… into it")
    return path
