"""The command: what it checks, and what it hands to the library."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import discord
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

import botwatch
from botwatch_bot import __main__ as command
from botwatch_bot import version
from botwatch_bot.bot import Bot

pytestmark = pytest.mark.usefixtures("settings")


@pytest.fixture
def _restored_logging() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def test_check_names_what_is_wrong_with_our_settings_and_the_librarys(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BOT_LOCALE", "fr")
    monkeypatch.setenv("BOTWATCH_DRILL_TOKEN_FILE", "/nowhere/at/all")
    with pytest.raises(SystemExit) as ended:
        command.main(["--check"])
    assert ended.value.code == botwatch.ExitCode.BAD_SETTINGS
    theirs, ours = capsys.readouterr().err.splitlines()
    assert theirs.startswith("discord-bot: BOTWATCH_DRILL_TOKEN_FILE: /nowhere/at/all cannot be")
    assert ours == "discord-bot: BOT_LOCALE is 'fr'; it must be en or ko"


def test_check_of_good_settings_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["--check"])
    assert ended.value.code == botwatch.ExitCode.OK
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("_restored_logging")
def test_without_options_the_library_runs_the_bot(
    monkeypatch: pytest.MonkeyPatch, token_file: Path
) -> None:
    given: list[tuple[Bot, str, str]] = []

    def run(make_bot: Callable[[], Bot], token: Callable[[], str], *, version: str) -> None:
        given.append((make_bot(), token(), version))

    monkeypatch.setattr(botwatch, "run", run)
    command.main([])
    ((bot, token, named),) = given
    assert (token, named) == (token_file.read_text().strip(), version())
    assert bot.settings.prefix == "?"
    assert discord.VoiceClient.warn_nacl is False


def test_a_stand_in_and_a_proxy_are_used_and_its_password_is_masked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
    masked: list[str] = []
    monkeypatch.setattr(botwatch, "mask", masked.append)
    (tmp_path / "proxy").write_text("http://bot:ses%40me@proxy.example.test:3128")
    monkeypatch.setenv("BOT_PROXY_FILE", str(tmp_path / "proxy"))
    monkeypatch.setenv("BOT_DISCORD_API_URL", "http://127.0.0.1:8008/api/v10")
    monkeypatch.setenv("BOT_DISCORD_GATEWAY_URL", "ws://127.0.0.1:8008/gateway")
    bot = command.make_bot()
    assert bot.http.proxy == "http://bot:ses%40me@proxy.example.test:3128"
    assert masked == ["ses%40me"]
    assert Route.BASE == "http://127.0.0.1:8008/api/v10"
    assert yarl.URL("ws://127.0.0.1:8008/gateway") == DiscordWebSocket.DEFAULT_GATEWAY
