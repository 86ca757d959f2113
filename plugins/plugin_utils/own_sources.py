"""What of a user's own source goes to a host: no leftovers of tools, secrets or local logs."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

IGNORE_FILE = ".dockerignore"
LEFT_OUT = ("__pycache__", "*.pyc", "*.egg-info", "venv", "node_modules")
HIDDEN = (".*",)
# If hidden files are wanted: what holds the history or secrets, and what tools leave behind.
HIDDEN_LEFT_OUT = (".git", ".hg", ".svn", ".env", ".env.*", ".venv", ".tox", ".nox", ".*_cache")
# Docker takes these, whatever the ignore file says.
ALWAYS_SENT = re.compile(r"(.*\.)?Dockerfile(\..*)?|\.dockerignore")
# What marks a virtual environment, whatever its name is.
ENVIRONMENT = "pyvenv.cfg"
# What SQLite keeps beside a database that is in use.
SIDE_FILE = re.compile(r"(.+)-(wal|shm|journal)")
MEGABYTE = 1_000_000
LARGE = 50 * MEGABYTE
MOST = 1000 * MEGABYTE
PARTS = re.compile(r"(\*\*/|\*\*|\*|\?|\[[^]/]+\])")
WILD = re.compile(r"[*?\[]")
MEANINGS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


class IgnoreFile:
    """The patterns of a .dockerignore, of which the last one that matches counts."""

    def __init__(self, text: str) -> None:
        lines = (line.strip() for line in text.splitlines() if not line.startswith("#"))
        rules = [(line.startswith("!"), cleaned(line.removeprefix("!"))) for line in lines if line]
        self._patterns = [
            (is_exception, compiled(pattern)) for is_exception, pattern in rules if pattern
        ]
        self._exceptions = [pattern for is_exception, pattern in rules if is_exception]

    def __contains__(self, path: Path) -> bool:
        """Say whether a path, relative to the source, is ignored, or a directory that it is in."""
        found = [
            is_exception
            for is_exception, pattern in self._patterns
            if pattern.fullmatch(path.as_posix())
        ]
        return bool(found) and not found[-1]

    def may_except_below(self, directory: Path) -> bool:
        """Say whether an exception may be below a directory that is ignored."""
        place = f"{directory.as_posix()}/"
        return any(
            WILD.search(pattern) or f"{pattern}/".startswith(place) for pattern in self._exceptions
        )


def cleaned(pattern: str) -> str:
    """Return a pattern as Docker reads it: relative, without . and .. in it."""
    plain = posixpath.normpath(pattern.strip()).lstrip("/")
    return "" if plain == "." else plain


def compiled(pattern: str) -> re.Pattern[str]:
    """Translate a pattern.

    Raises:
        ValueError: it is none.
    """
    try:
        return re.compile(expression(pattern))
    except re.error as error:
        message = f"{IGNORE_FILE} has the pattern {pattern!r}, which is none ({error}): correct it."
        raise ValueError(message) from error


def expression(plain: str) -> str:
    """Translate a pattern of a .dockerignore; the result also matches what is below."""
    pieces = [
        MEANINGS.get(piece) or (piece if PARTS.fullmatch(piece) else re.escape(piece))
        for piece in PARTS.split(plain)
    ]
    return "".join(pieces) + "(?:/.*)?"


def is_rotated(path: Path, log: Path) -> bool:
    """Say whether a path is an older file of a log: bot.log.1, bot.log.2026-01-01."""
    return path.parent == log.parent and bool(
        re.fullmatch(re.escape(log.name) + r"\.\d.*", path.name)
    )


class OwnSource:
    """A user's own source tree.

    Attributes:
        tree: its directory.
        notes: what the user should know of the files.
    """

    def __init__(self, tree: Path, *, hidden: bool = False, logs: Iterable[str] = ()) -> None:
        """Look at a tree.

        Args:
            tree: its directory.
            hidden: whether hidden files are wanted, but those with secrets.
            logs: the paths of log files, which are those of local runs.
        """
        self.tree = tree
        self.notes: list[str] = []
        self._root = tree.resolve()
        self._patterns = LEFT_OUT + (HIDDEN_LEFT_OUT if hidden else HIDDEN)
        self._logs = {Path(path) for path in logs}
        ignore_file = tree / IGNORE_FILE
        try:  # Windows' editors begin it with a mark
            text = ignore_file.read_text(encoding="utf-8-sig") if ignore_file.is_file() else ""
        except UnicodeDecodeError as error:
            message = f"{ignore_file} is not in UTF-8 ({error.reason}): save it in that encoding."
            raise ValueError(message) from error
        self._ignored = IgnoreFile(text)

    def files(self) -> list[Path]:
        """List the files to send, relative to the tree, in a fixed order.

        Raises:
            ValueError: a link leads out of the tree or in a circle, or the files are too large.
        """
        found = sorted(self._walk(Path(), (self._root,)))
        self._weigh(found)
        return found

    def _walk(self, directory: Path, above: tuple[Path, ...]) -> Iterator[Path]:
        for entry in (self.tree / directory).iterdir():
            path = directory / entry.name
            is_directory = entry.is_dir()
            if self._is_left_out(path, is_directory=is_directory):
                continue
            if is_directory:
                if not (entry / ENVIRONMENT).is_file():
                    yield from self._walk(path, (*above, self._place(path, above)))
            elif entry.is_file() and not self._is_side_file(path):
                self._place(path, above)
                yield path

    def _is_left_out(self, path: Path, *, is_directory: bool) -> bool:
        if any(fnmatch(path.name, pattern) for pattern in self._patterns):
            return True
        if any(path == log or is_rotated(path, log) for log in self._logs):
            return True
        if path not in self._ignored or ALWAYS_SENT.fullmatch(path.name):
            return False
        is_link = (self.tree / path).is_symlink()  # Docker sends links as they are
        return is_link or not (is_directory and self._ignored.may_except_below(path))

    def _place(self, path: Path, above: tuple[Path, ...]) -> Path:
        """Return where a path leads.

        Raises:
            ValueError: out of the tree, or in a circle.
        """
        place = (self.tree / path).resolve()
        remedy = f"copy what the bot needs to that place, or name it in {IGNORE_FILE}."
        if not place.is_relative_to(self._root):
            message = f"{self.tree / path} is a link to {place}, which is not in the bot's source: "
            raise ValueError(message + remedy)
        if place in above:
            message = f"{self.tree / path} is a link to a directory that it is in: remove it."
            raise ValueError(message)
        return place

    def _is_side_file(self, path: Path) -> bool:
        match = SIDE_FILE.fullmatch(path.name)
        database = self.tree / path.with_name(match[1]) if match else None
        if database is None or not database.is_file():
            return False
        if not path.name.endswith("-shm") and (self.tree / path).stat().st_size:
            self.notes.append(
                f"{database} is in use on this machine: what is in {path.name} is not sent. If the "
                "host needs it, stop the program that uses it, and run this again."
            )
        return True

    def _weigh(self, files: list[Path]) -> None:
        sizes: Counter[str] = Counter()
        for path in files:
            sizes[path.parts[0]] += (self.tree / path).stat().st_size
        total = sizes.total()
        if total <= LARGE:
            return
        ((largest, size),) = sizes.most_common(1)
        message = (
            f"{self.tree} has {total // MEGABYTE} MB ({largest} alone {size // MEGABYTE} MB), all "
            f"of which go to the host with each version. Name in {IGNORE_FILE} what the bot does "
            "not need, or can download to its data directory"
        )
        if total > MOST:
            message = f"{message}: more than {MOST // MEGABYTE} MB cannot be sent."
            raise ValueError(message)
        self.notes.append(f"{message}.")
