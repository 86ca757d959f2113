"""Clones of git repositories on the controller, one for each version."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp


class CloneError(Exception):
    """A repository cannot be cloned; the message says why, and what to do."""


def clone_of(source: str, version: str) -> Path:
    """Name the directory in the user's cache for a version of a repository."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    digest = hashlib.sha256(f"{source} {version}".encode()).hexdigest()[:16]
    return Path(base) / "botwatch" / "sources" / digest


def cloned(source: str, version: str) -> Path:
    """Return the clone of a version of a repository, made now unless it is there.

    Args:
        source: the address of the repository.
        version: a tag, branch or commit; empty for the default branch.

    Raises:
        CloneError: it cannot be cloned, or has no such version.
    """
    if version.startswith("-"):
        message = (
            f"discord_bot_version is {version}, which is no tag, branch or commit: correct it."
        )
        raise CloneError(message)
    tree = clone_of(source, version)
    if tree.is_dir():
        return tree
    tree.parent.mkdir(parents=True, exist_ok=True)
    # Another process may clone it at the same time.
    new = Path(mkdtemp(prefix=f"{tree.name}-", dir=tree.parent))
    try:
        _clone(source, version, new)
        with suppress(OSError):
            new.rename(tree)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return tree


def _clone(source: str, version: str, place: Path) -> None:
    address = source.removeprefix("git+")
    commands = [["clone", "--quiet", "--", address, str(place)]]
    if version:
        commands.append(["-C", str(place), "checkout", "--quiet", version, "--"])
    for command in commands:
        try:
            # Without a terminal, ssh fails where it would ask, unseen, and wait.
            done = subprocess.run(
                ["git", *command],  # noqa: S607 # wherever the user has it
                env={**os.environ, "GIT_TERMINAL_PROMPT": "0"}, capture_output=True, text=True,
                stdin=subprocess.DEVNULL, start_new_session=True, check=False,
            )  # fmt: skip
        except FileNotFoundError as error:
            message = "This machine has no git, which discord_bot_source needs: install it."
            raise CloneError(message) from error
        if done.returncode:
            what = f"{source} {version}".strip()
            message = (
                f"discord_bot_source ({what}) cannot be cloned: {done.stderr.strip()}. Correct "
                "discord_bot_source or discord_bot_version, or let this machine reach it."
            )
            raise CloneError(_without_password(message))


def _without_password(text: str) -> str:
    return re.sub(r"://[^/\s]*@", "://", text)
