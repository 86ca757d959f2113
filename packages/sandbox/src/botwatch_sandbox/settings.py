"""Settings from the environment (prefix SANDBOX_) and the secrets they point to."""

from __future__ import annotations

import os
import re
import ssl
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from yarl import URL

from botwatch_sandbox.discord.intents import PRIVILEGED
from botwatch_sandbox.environment import SettingsError, about, load, number, refuse_unknown

PREFIX = "SANDBOX_"
SECRET_MAX_BYTES = 4096
# A hook of Slack: workspace, webhook and key.
WEBHOOK_PATH = re.compile(r"/services/T[A-Za-z0-9]+/B[A-Za-z0-9]+/[A-Za-z0-9]+")


def _base_url(value: str) -> str:
    url = URL(value)
    if url.scheme not in {"http", "https"} or not url.host or url.query_string or url.fragment:
        raise ValueError(value)
    return value.rstrip("/")


def _intents(value: str) -> frozenset[str]:
    names = frozenset(name.strip() for name in value.split(","))
    if not names <= set(PRIVILEGED):
        raise ValueError(value)
    return names


def _words(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


ADDRESS = about(ip_address, "an IP address of this machine, such as 127.0.0.1")
BASE_URL = about(_base_url, "an http or https address, such as http://127.0.0.1:9090")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the environment may set."""

    listen_address: IPv4Address | IPv6Address = field(
        default=IPv4Address("127.0.0.1"), metadata=ADDRESS
    )
    listen_port: int = field(
        default=8008, metadata=about(number(1, 65_535), "a port number from 1 to 65535")
    )
    discord_token_file: Path = field(
        metadata=about(Path, "the file that holds the bot's Discord token")
    )
    slack_webhook_url_file: Path = field(
        metadata=about(Path, "the file that holds the Slack webhook's URL")
    )
    drill_token_file: Path | None = field(
        default=None, metadata=about(Path, "the file that holds the bot's drill token")
    )
    tls_certificate_file: Path | None = field(
        default=None, metadata=about(Path, "the file that holds the certificate of Discord's names")
    )
    tls_key_file: Path | None = field(
        default=None, metadata=about(Path, "the file that holds the certificate's private key")
    )
    tls_port: int = field(
        default=443, metadata=about(number(1, 65_535), "a port number from 1 to 65535")
    )
    granted_intents: frozenset[str] = field(
        default=frozenset({"message_content"}),
        metadata=about(
            _intents, f"a comma-separated list of privileged intents: {', '.join(PRIVILEGED)}"
        ),
    )
    suggestions: tuple[str, ...] = field(
        default=(), metadata=about(_words, "messages to propose, separated by commas")
    )
    bot_url: str = field(default="http://127.0.0.1:8000", metadata=BASE_URL)
    prometheus_url: str = field(default="http://127.0.0.1:9090", metadata=BASE_URL)
    alertmanager_url: str = field(default="http://127.0.0.1:9093", metadata=BASE_URL)
    prometheus_public_url: str | None = field(default=None, metadata=BASE_URL)
    alertmanager_public_url: str | None = field(default=None, metadata=BASE_URL)
    dashboards_dir: Path | None = field(
        default=None, metadata=about(Path, "the directory that holds the dashboards' JSON")
    )
    guilds: int = field(
        default=1, metadata=about(number(1, 100_000), "a number of servers from 1 to 100000")
    )
    members: int = field(
        default=2,
        metadata=about(number(2, 1_000_000), "a number of members of each server up to 1000000"),
    )
    shards: int = field(default=1, metadata=about(number(1, 16), "a number of shards from 1 to 16"))

    @property
    def listen_url(self) -> str:
        """Where the stand-ins are reached."""
        return str(URL.build(scheme="http", host=str(self.listen_address), port=self.listen_port))

    def tls(self) -> ssl.SSLContext | None:
        """Return how Discord's names are served; None: not at all.

        Raises:
            SettingsError: only one of the two files is named, or they cannot be used.
        """
        certificate, key = self.tls_certificate_file, self.tls_key_file
        if certificate is None and key is None:
            return None
        names = "SANDBOX_TLS_CERTIFICATE_FILE and SANDBOX_TLS_KEY_FILE"
        remedy = "set both to the certificate of Discord's names and its private key"
        if certificate is None or key is None:
            raise SettingsError(names, "are set only in part", remedy)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(certificate, key)
        except OSError as error:
            cause = f"name files that cannot be used ({error.strerror or error})"
            raise SettingsError(names, cause, remedy) from error
        return context


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
    refuse_unknown(Settings, PREFIX, os.environ)
    return load(Settings, PREFIX, os.environ)


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
