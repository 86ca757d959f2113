"""Versions of the bots in `tests/bots`, and repositories of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

BOTS = Path(__file__).parent / "bots"


def write_version(source: Path, file: str, version: str) -> None:
    """Let a file of a copy, whose directory has the bot's name, say another version than one."""
    text = (BOTS / source.name / file).read_text()
    (source / file).write_text(text.replace('"one"', f'"{version}"'))


def git(directory: Path, *command: str) -> None:
    """Run git in a directory, as somebody."""
    settings = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", "-C", str(directory), *settings, *command], check=True)


def make_repository(source: Path, tag: str) -> None:
    """Make a directory a repository, in which a tag names what it has now."""
    git(source, "init", "--quiet")
    git(source, "add", ".")
    git(source, "commit", "--quiet", "--message", tag)
    git(source, "tag", tag)
