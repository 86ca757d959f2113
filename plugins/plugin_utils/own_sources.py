"""What of a user's own source goes to a host: no leftovers of tools, secrets or local logs."""

from __future__ import annotations

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
MEANINGS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


class IgnoreFile:
    """The patterns of a .dockerignore, of which the last one that matches counts."""

    def __init__(self, text: str) -> None:
        lines = (line.strip() for line in text.splitlines())
        self._patterns = [
            (line.startswith("!"), re.compile(expression(line.lstrip("!").strip())))
            for line in lines
            if line and not line.startswith("#")
        ]
        self.has_exceptions = any(is_exception for is_exception, _ in self._patterns)

    def __contains__(self, path: Path) -> bool:
        """Say whether a path, relative to the source, is ignored, or a directory that it is in."""
        found = [
            is_exception
            for is_exception, pattern in self._patterns
            if pattern.fullmatch(path.as_posix())
        ]
        return bool(found) and not found[-1]


def expression(pattern: str) -> str:
    """Translate a pattern of a .dockerignore; the result also matches what is below."""
    plain = pattern.removeprefix("./").strip("/")
    pieces = [
        MEANINGS.get(piece) or (piece if PARTS.fullmatch(piece) else re.escape(piece))
        for piece in PARTS.split(plain)
    ]
    return "".join(pieces) + "(?:/.*)?"


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
        text = ignore_file.read_text(encoding="utf-8") if ignore_file.is_file() else ""
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
                place = self._place(path, above)
                if not (entry / ENVIRONMENT).is_file():
                    yield from self._walk(path, (*above, place))
            elif entry.is_file() and not self._is_side_file(path):
                self._place(path, above)
                yield path

    def _is_left_out(self, path: Path, *, is_directory: bool) -> bool:
        if any(fnmatch(path.name, pattern) for pattern in self._patterns):
            return True
        if any(path == log or path.as_posix().startswith(f"{log}.") for log in self._logs):
            return True
        if is_directory and self._ignored.has_exceptions:
            return False  # what is below it may be an exception
        return path in self._ignored and not ALWAYS_SENT.fullmatch(path.name)

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
