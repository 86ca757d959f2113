"""The command `discord-bot`: reads the settings and runs the bot."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

import botwatch
from botwatch_bot import version
from botwatch_bot.bot import Bot
from botwatch_bot.secret_files import load_secrets
from botwatch_bot.settings import Settings, load

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; it ends with one of the library's exit codes."""
    if _parse(arguments).check:
        sys.exit(check())
    discord.utils.setup_logging()  # replaced where BOTWATCH_LOG_FORMAT is set
    botwatch.run(make_bot, token, version=version())


def check() -> botwatch.ExitCode:
    """Check the settings and the secret files, and say what is wrong with them."""
    code = botwatch.ExitCode.OK
    for checked in (botwatch.check, token):
        try:
            checked()
        except botwatch.FatalError as error:
            code = error.code
            sys.stderr.writelines(f"discord-bot: {problem}\n" for problem in error.problems)
    return code


def make_bot() -> Bot:
    """Return a bot with the settings in the environment.

    Raises:
        FatalError: a setting or a secret file is invalid.
    """
    settings = load()
    secrets = load_secrets(settings)
    if secrets.proxy_password:
        botwatch.mask(secrets.proxy_password)
    # It has no voice, and discord.py warns of each library for it that is missing.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    _point_to_stand_in(settings)
    return Bot(settings, secrets.proxy)


def token() -> str:
    """Return the bot's token.

    Raises:
        FatalError: a setting or a secret file is invalid.
    """
    return load_secrets(load()).discord_token


def _point_to_stand_in(settings: Settings) -> None:
    if settings.discord_api_url and settings.discord_gateway_url:
        Route.BASE = settings.discord_api_url
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.discord_gateway_url)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="discord-bot",
        description="A Discord bot. Its settings are environment variables that start with BOT_ "
        "or BOTWATCH_; its README lists them.",
    )
    parser.add_argument("--version", action="version", version=version())
    parser.add_argument(
        "--check", action="store_true", help="check the settings and secret files, then exit"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
