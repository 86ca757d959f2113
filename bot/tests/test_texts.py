"""The catalogues: every language says everything, and nothing that nobody asks for."""

from __future__ import annotations

import ast
import asyncio
import string
from pathlib import Path

import pytest

from botwatch_bot.bot import Bot
from botwatch_bot.settings import Settings
from botwatch_bot.texts import LOCALES, best, catalogue, phrase, texts

SOURCE = Path(__file__).parents[1] / "src"
PACKAGE = SOURCE / "botwatch_bot"

DESCRIPTION = 100
"""Discord's limit for the description of a slash command."""

BOT = Bot(Settings(discord_token_file=Path("unused")))
asyncio.run(BOT.setup_hook())
COMMANDS = BOT.all_commands


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def keys_in_the_source() -> set[str]:
    """Return every string constant that is a key of a catalogue."""
    sections = {key.partition(".")[0] for key in catalogue(LOCALES[0])}
    return {
        node.value
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.count(".") == 1
        and node.value.partition(".")[0] in sections
        and node.value.replace(".", "").replace("_", "").isalnum()
    }


def keys_of_commands() -> set[str]:
    """Return the keys that each command has by its name."""
    keys = {f"{name}.summary" for name in COMMANDS}
    keys |= {f"{command.name}.arguments" for command in COMMANDS.values() if command.clean_params}
    return keys | {f"{name}.details" for name in COMMANDS if f"{name}.details" in texts("en")}


def test_there_is_a_file_for_each_language() -> None:
    files = {path.stem for path in (PACKAGE / "locales").iterdir()}
    assert files == set(LOCALES)


@pytest.mark.parametrize("locale", LOCALES)
def test_no_key_is_missing_and_none_is_left_over(locale: str) -> None:
    assert catalogue(locale).keys() == keys_in_the_source() | keys_of_commands()


@pytest.mark.parametrize("key", catalogue(LOCALES[0]))
def test_every_language_names_the_same_values(key: str) -> None:
    names = {locale: names_in(catalogue(locale)[key]) for locale in LOCALES}
    assert len({frozenset(found) for found in names.values()}) == 1, names


@pytest.mark.parametrize("locale", LOCALES)
def test_what_discord_shows_of_a_command_is_short_enough(locale: str) -> None:
    for key in keys_of_commands():
        if not key.endswith(".details"):
            assert 0 < len(texts(locale)(key)) <= DESCRIPTION


def test_values_are_put_in_as_they_are_and_phrases_are_translated() -> None:
    hint = phrase("answer.did_you_mean", word="{x}")
    assert texts("en").say(phrase("help.unknown", word="{y}", hint=hint)) == (
        "I have no command {y}. Did you mean {x}?"
    )
    assert str(hint) == " Did you mean {x}?"


@pytest.mark.parametrize(
    ("wanted", "locale"),
    [(("ko",), "ko"), (("en-GB", "ko"), "en"), (("fr", "ko"), "ko"), (("fr", None), "xx")],
)
def test_the_first_language_that_the_bot_speaks_is_best(
    wanted: tuple[str | None, ...], locale: str
) -> None:
    assert best(*wanted, otherwise="xx") == locale
