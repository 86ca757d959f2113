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
from types import SimpleNamespace

import botwatch_bot
from botwatch_bot.commands import COMMANDS, Request, UserError
from botwatch_bot.gateway.handlers import handlers
from botwatch_bot.texts import texts

print(botwatch_bot.__file__)


def ask(line, locale):
    name, _, text = line.partition(" ")
    request = Request(text, SimpleNamespace(prefix="?"), COMMANDS, texts(locale), "?")
    try:
        return asyncio.run(COMMANDS[name].answer(request))
    except UserError as error:
        return texts(locale).say(error.phrase)


print("slash commands:", *[handler.name for handler in handlers(None)])
for locale in ("en", "ko"):
    for line in ("help", "help shout", "shout hello", "shout"):
        print(ask(line, locale))
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
    name, listing, *locales = re.findall(r"`((?:commands|locales)/\w+\.\w+)`", section())
    (package / name).write_text(module, encoding="utf-8")
    (imported,) = re.findall(r"`(from [^`]+ import \w+)`", section())
    (entry,) = re.findall(r"`(\w+\.COMMAND,)`", section())
    commands = package / listing
    text = commands.read_text(encoding="utf-8")
    text = text.replace("\nfrom botwatch_bot", f"\n{imported}\nfrom botwatch_bot", 1)
    text = text.replace(
        "            ping.COMMAND,", f"            {entry}\n            ping.COMMAND,", 1
    )
    commands.write_text(text, encoding="utf-8")
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
