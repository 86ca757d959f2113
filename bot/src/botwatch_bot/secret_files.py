"""The secrets in the files that the settings name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botwatch import ExitCode, FatalError
from botwatch.environment import read_secret
from botwatch_bot.settings import PREFIX

if TYPE_CHECKING:
    from pathlib import Path

    from botwatch_bot.settings import Settings


@dataclass(frozen=True)
class Secrets:
    """The contents of the secret files; never shown in a representation."""

    discord_token: str = field(repr=False)
    proxy: str | None = field(default=None, repr=False)

    @property
    def proxy_password(self) -> str | None:
        """The password in the proxy's address, if there is one."""
        return urlsplit(self.proxy).password if self.proxy else None


def load_secrets(settings: Settings) -> Secrets:
    """Return the secrets in the files that the settings name.

    Raises:
        FatalError: a file cannot be read, or does not hold exactly one word.
    """
    return Secrets(
        discord_token=read_secret(f"{PREFIX}DISCORD_TOKEN_FILE", settings.discord_token_file),
        proxy=None if settings.proxy_file is None else _read_proxy(settings.proxy_file),
    )


def _read_proxy(path: Path) -> str:
    """Return a proxy's address; it may hold a password, so no message repeats it."""
    variable = f"{PREFIX}PROXY_FILE"
    text = read_secret(variable, path)
    try:
        url = urlsplit(text)
        valid = url.scheme == "http" and bool(url.hostname) and url.port is not None
    except ValueError:
        valid = False
    if not valid:
        problem = "it holds no address of an HTTP proxy, such as http://proxy.example.com:3128"
        message = f"{variable}: {path} cannot be used: {problem}"
        raise FatalError(ExitCode.BAD_SETTINGS, message)
    return text
