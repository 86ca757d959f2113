"""The secrets in the files that the settings name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botwatch.exits import ExitCode, FatalError
from botwatch_bot.settings import PREFIX

if TYPE_CHECKING:
    from pathlib import Path

    from botwatch_bot.settings import Settings


@dataclass(frozen=True)
class Secrets:
    """The contents of the secret files; never shown in a representation."""

    discord_token: str = field(repr=False)
    drill_token: str | None = field(repr=False)
    proxy: str | None = field(default=None, repr=False)

    def texts(self) -> list[str]:
        """Return every secret text, for masking."""
        password = urlsplit(self.proxy).password if self.proxy else None
        return [text for text in (self.discord_token, self.drill_token, password) if text]


def load_secrets(settings: Settings) -> Secrets:
    """Return the secrets in the files that the settings name.

    Raises:
        FatalError: a file cannot be read, or does not hold exactly one word.
    """
    drill_file, proxy_file = settings.drill_token_file, settings.proxy_file
    return Secrets(
        discord_token=_read_secret("DISCORD_TOKEN_FILE", settings.discord_token_file),
        drill_token=None if drill_file is None else _read_secret("DRILL_TOKEN_FILE", drill_file),
        proxy=None if proxy_file is None else _read_proxy("PROXY_FILE", proxy_file),
    )


def _read_proxy(name: str, path: Path) -> str:
    """Return a proxy's address; it may hold a password, so no message repeats it."""
    text = _read_secret(name, path)
    try:
        url = urlsplit(text)
        valid = url.scheme == "http" and bool(url.hostname) and url.port is not None
    except ValueError:
        valid = False
    if not valid:
        problem = "it holds no address of an HTTP proxy, such as http://proxy.example.com:3128"
        message = f"{PREFIX}{name}: {path} cannot be used: {problem}"
        raise FatalError(ExitCode.BAD_SETTINGS, message)
    return text


def _read_secret(name: str, path: Path) -> str:
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError as error:
        problem = f"{error.strerror or error}; let the file exist and the bot's user read it"
    except UnicodeDecodeError:
        problem = "it holds more than plain ASCII; put it alone in the file"
    else:
        if re.fullmatch(r"[!-~]+", text):
            return text
        what = "several words or lines" if text else "nothing"
        problem = f"it holds {what}; put it alone in the file"
    message = f"{PREFIX}{name}: {path} cannot be used: {problem}"
    raise FatalError(ExitCode.BAD_SETTINGS, message)
