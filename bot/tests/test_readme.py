"""The steps of README.md for a new command, followed word for word in a copy of the bot."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

BOT = Path(__file__).resolve().parents[1]
LIBRARY = BOT.parent / "packages" / "botwatch" / "src"
USE = """
import asyncio
from dataclasses import replace
from types import SimpleNamespace

import botwatch_bot
from botwatch_bot.bot import Bot, Context
from botwatch_bot.cogs import helping, shout
from botwatch_bot.mistakes import Mistake
from botwatch_bot.settings import Settings
from botwatch_bot.texts import texts

print(botwatch_bot.__file__)


class Asked(SimpleNamespace):
    async def answer(self, text):
        print(text)


async def main():
    bot = Bot(Settings(discord_token_file="unused"))
    await bot.setup_hook()
    print("slash commands:", *[command.name for command in bot.tree.get_commands()])
    for locale in ("en", "ko"):
        for line in ("help", "help shout", "shout hello", "shout"):
            name, _, text = line.partition(" ")
            command = bot.get_command(name)
            (parameter,) = command.clean_params
            ctx = Asked(bot=bot, texts=texts(locale), typed_prefix="?")
            try:
                await command.callback(command.cog, ctx, **{parameter: text})
            except Exception as error:
                print(texts(locale).say(error.phrase))


asyncio.run(main())
"""


def section() -> str:
    """The README's section about a new command."""
    text = (BOT / "README.md").read_text(encoding="utf-8")
    return text.split("\n## Add a command\n")[1].split("\n## ")[0]


def blocks(kind: str) -> list[str]:
    """The section's blocks of code of one kind."""
    found = re.findall(rf"^   ```{kind}\n(.*?)^   ```$", section(), re.MULTILINE | re.DOTALL)
    return [dedent(block) for block in found]


def follow_the_steps(package: Path) -> None:
    """Do what the section says."""
    (module,) = blocks("python")
    name, *locales = re.findall(r"`((?:cogs|locales)/\w+\.\w+)`", section())
    (package / name).write_text(module, encoding="utf-8")
    (entry,) = re.findall(r"`(\"\w+\",)`", section())
    bot = package / "bot.py"
    text = bot.read_text(encoding="utf-8")
    extended = text.replace("EXTENSIONS = (", f"EXTENSIONS = (\n    {entry}", 1)
    assert extended != text
    bot.write_text(extended, encoding="utf-8")
    for locale, texts in zip(locales, blocks("toml"), strict=True):
        with (package / locale).open("a", encoding="utf-8") as file:
            file.write(f"\n{texts}")


def run(folder: Path, *command: str) -> str:
    """Run Python with the copy of the bot; return what it printed."""
    environment = {**os.environ, "PYTHONPATH": f"{folder / 'src'}{os.pathsep}{LIBRARY}"}
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_command_that_is_added_as_written_works(tmp_path: Path) -> None:
    shutil.copytree(BOT / "src", tmp_path / "src")
    follow_the_steps(tmp_path / "src/botwatch_bot")
    said = run(tmp_path, "-c", USE)
    assert str(tmp_path) in said
    for line in (
        "`?shout <words>` says it louder",
        "`?shout <단어>` 더 크게 말합니다",
        "HELLO!",
        "I have nothing to shout.",
        "외칠 말이 없습니다.",
    ):
        assert line in said.splitlines(), said
    assert re.search("^slash commands: .*shout", said, re.MULTILINE)


def test_the_bots_own_tests_know_the_command_as_well(tmp_path: Path) -> None:
    shutil.copytree(BOT / "src", tmp_path / "src")
    follow_the_steps(tmp_path / "src/botwatch_bot")
    shutil.copytree(BOT / "tests", tmp_path / "tests")
    run(
        tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--override-ini=pythonpath=",
        "--rootdir", str(tmp_path), "--import-mode=importlib", "tests/test_texts.py",
    )  # fmt: skip
