"""Prepare the directory in which a bot runs: its source, with places for its data in it.

Usage: working_tree.py code --source DIR --tree DIR --release NAME [--owner USER:GROUP]
                            [--writable PATH]... [--link PATH=TARGET]...
       working_tree.py data --source DIR --tree DIR [--writable PATH]...

The source of a release is read-only and goes away with it, but many bots write to files in their
own tree. So the bot runs in a copy that outlives releases. A new release replaces the files that
the previous one brought and leaves all others alone.

The code belongs to whoever runs this program. The directory that holds a writable file is open to
the bot's group, as SQLite and many programs need: they create other files beside it and move them
over it. Its sticky bit keeps the bot from deleting or replacing what is not its own: the code. A
directory that is writable itself is the bot's own.

What the bot has written to a path that is no longer writable is kept beside the tree, and comes
back if that is writable again, as it is after a rollback.

The bot's user runs the second form, which copies what the release brings at a writable path if
nothing is there yet. What the bot can write must not lead root to another place: the first form
never looks into directories of the bot, and follows no links.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Beside the tree: which release it is of, which files that has brought, and what was writable.
STATE = "tree.json"
# Beside the tree: what the bot has written to paths that are no longer writable.
KEPT = "kept"
OPEN = 0o1775
CLOSED = 0o755
DATA = 0o2770


class Tree:
    """A bot's working tree.

    Attributes:
        source: what the release brings.
        path: the tree.
        files: the writable files, relative to the tree.
        directories: the writable directories, relative to the tree.
        links: the links to make, relative to the tree, with their targets.

    Raises:
        ValueError: a writable path or a link is not in the tree.
    """

    def __init__(
        self, source: Path, path: Path, writable: list[str], links: dict[str, str]
    ) -> None:
        names = [*writable, *links]
        if outside := [name for name in names if name.startswith("/") or ".." in Path(name).parts]:
            message = f"{outside[0]} is not in it"
            raise ValueError(message)
        self.source, self.path = source, path
        self.directories = {Path(name) for name in writable if self._is_directory(name)}
        files = {Path(name) for name in writable} - self.directories
        # In a directory of the bot's own, root makes nothing; the bot does, see write_data.
        self.inner = {file for file in files if not self.directories.isdisjoint(file.parents)}
        self.files = files - self.inner
        self.links = {Path(name): target for name, target in links.items()}

    def _is_directory(self, name: str) -> bool:
        return name.endswith("/") or (self.source / name).is_dir()

    def is_data(self, relative: Path) -> bool:
        """Say whether a file is the bot's own."""
        return relative in self.files or not self.directories.isdisjoint(
            [relative, *relative.parents]
        )

    def brought(self, *, data: bool) -> Iterator[Path]:
        """Name the files that the release brings: its code, or what the bot may change."""
        for path in sorted(self.source.rglob("*")):
            relative = path.relative_to(self.source)
            is_linked = relative in self.links
            if not path.is_dir() and not is_linked and self.is_data(relative) == data:
                yield relative

    def write_code(self, release: str, owner: tuple[int, int] | None) -> None:
        """Put the release's files in place, unless they are, and open places for data."""
        state = self.path.parent / STATE
        files = {str(path) for path in [*self.brought(data=False), *self.links]}
        writable = sorted([*map(str, self.files), *(f"{name}/" for name in self.directories)])
        wanted = {"release": release, "files": sorted(files), "writable": writable}
        before: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            before = json.loads(state.read_text(encoding="utf-8"))
        self._retire({*before.get("writable", [])} - {*writable})
        is_whole = all(os.path.lexists(self.path / name) for name in files)
        if before != wanted or not is_whole:
            # If this is interrupted, the next run knows what both releases have brought.
            known = {*before.get("files", []), *files}
            write(state, {"release": "", "files": sorted(known)})
            self._replace(Path(name) for name in sorted(known - files))
            write(state, wanted)
        self._restore()
        self._set_modes(owner)

    @property
    def _opened(self) -> set[Path]:
        """The directories in which the bot may create files beside its own, relative."""
        return {relative.parent for relative in self.files}

    def _retire(self, dropped: Iterable[str]) -> None:
        """Keep what the bot may no longer write to in another place, so that it is no code."""
        code = {place for path in self.brought(data=False) for place in (path, *path.parents)}
        gone = {Path(name): name.endswith("/") for name in dropped}
        for top, inner, files in os.walk(self.path):
            directory = Path(top).relative_to(self.path)
            for name in [*inner, *files]:
                relative, place = directory / name, Path(top, name)
                may_stay = directory in self._opened and relative not in code
                is_gone = not may_stay or any(
                    relative == path or (not is_directory and is_beside(relative, path))
                    for path, is_directory in gone.items()
                )
                if is_gone and not is_own(place) and not self.is_data(relative):
                    self._keep(relative, is_code=relative in code)
            inner[:] = [
                name
                for name in inner
                if is_own(Path(top, name)) and directory / name not in self.directories
            ]

    def _keep(self, relative: Path, *, is_code: bool) -> None:
        target = free(self._kept_directory(relative.parent) / relative.name)
        try:
            (self.path / relative).rename(target)
        except PermissionError:
            # In a pod, only the bot can move a directory of its own to another one.
            if is_code:
                raise
            return
        sys.stderr.write(f"{relative} is not writable any more; its content is now {target}\n")

    def _kept_directory(self, relative: Path) -> Path:
        """Make a directory for what is kept; what the bot has there may lead elsewhere."""
        path = self.path.parent / KEPT
        path.mkdir(mode=0o700, exist_ok=True)
        for part in relative.parts:
            path /= part
            if os.path.lexists(path) and (path.is_symlink() or not is_own(path)):
                path.rename(free(path))
            path.mkdir(exist_ok=True)
        return path

    def _restore(self) -> None:
        """Take back what was kept of paths that are writable again."""
        kept = self.path.parent / KEPT
        for relative in [*self.directories, *self.files]:
            within = [kept / parent for parent in relative.parents]
            if any(path.is_symlink() or not path.is_dir() for path in within):
                continue  # the bot may have put a link there
            for path in sorted((kept / relative.parent).iterdir()):
                name = path.relative_to(kept)
                if name != relative and not (relative in self.files and is_beside(name, relative)):
                    continue
                place = self.path / path.relative_to(kept)
                self._make_directory(relative.parent)
                if is_own(place) and not place.is_symlink():
                    remove_empty(place)
                if not os.path.lexists(place):
                    path.rename(place)

    def _replace(self, gone: Iterable[Path]) -> None:
        for relative in gone:
            path = self.path / relative
            if not any(parent.is_symlink() for parent in self._within(relative)) and is_own(path):
                path.unlink()
        for relative in self.brought(data=False):
            self._make_directory(relative.parent)
            place(self.source / relative, self.path / relative)
        for relative, target in self.links.items():
            self._make_directory(relative.parent)
            clear(self.path / relative)
            (self.path / relative).symlink_to(target)

    def _within(self, relative: Path) -> list[Path]:
        """Name the directories of the tree that a path is in, the outermost first."""
        return [self.path / parent for parent in reversed(relative.parents[:-1])]

    def _make_directory(self, relative: Path) -> None:
        """Make a directory; nothing that the bot has put in its place stays."""
        for path in [*self._within(relative), self.path / relative]:
            if path.is_symlink() or not path.is_dir():
                clear(path)
                path.mkdir()

    def _set_modes(self, owner: tuple[int, int] | None) -> None:
        for relative in self.files:
            self._make_directory(relative.parent)
        for relative in self.directories:
            self._make_directory(relative)
        opened = {self.path / relative for relative in self._opened}
        data = {self.path / relative for relative in self.directories}
        for top, inner, _ in os.walk(self.path):
            inner[:] = [name for name in inner if Path(top, name) not in data]
            if is_own(Path(top)):
                set_mode(Path(top), OPEN if Path(top) in opened else CLOSED, owner)
        for path in data:
            if is_own(path):
                set_mode(path, DATA, owner)
        for path in data | {self.path / relative for relative in self.files}:
            give(path, owner)

    def write_data(self) -> None:
        """Copy what the release brings for the bot to change, if it is not there yet."""
        for relative in self.inner:
            (self.path / relative.parent).mkdir(parents=True, exist_ok=True)
        for relative in self.brought(data=True):
            path = self.path / relative
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                place(self.source / relative, path)


def is_beside(path: Path, file: Path) -> bool:
    """Say whether a path is what programs leave beside a file of theirs: bot.db-wal, bot.log.1."""
    return path.parent == file.parent and path.name.startswith((f"{file.name}-", f"{file.name}."))


def free(path: Path) -> Path:
    """Return a path, with a number if something is there."""
    found, number = path, 0
    while os.path.lexists(found):
        number += 1
        found = path.with_name(f"{path.name}.{number}")
    return found


def is_own(path: Path) -> bool:
    """Say whether something is there that belongs to whoever runs this."""
    return os.path.lexists(path) and path.lstat().st_uid == os.geteuid()


def set_mode(path: Path, mode: int, owner: tuple[int, int] | None) -> None:
    """Set a directory's mode, and let the bot's group in; in a pod, that is the group anyway."""
    if owner:
        os.chown(path, os.geteuid(), owner[1], follow_symlinks=False)
    path.chmod(mode)


def give(path: Path, owner: tuple[int, int] | None) -> None:
    """Give the bot what is its own; a restored backup may have another owner."""
    if not owner or not os.path.lexists(path) or path.lstat().st_uid == owner[0]:
        return
    os.chown(path, *owner, follow_symlinks=False)
    for top, directories, files in os.walk(path):
        for name in directories + files:
            os.chown(Path(top, name), *owner, follow_symlinks=False)


def remove_empty(path: Path) -> None:
    """Delete a directory in which there are only empty ones."""
    for top, _, _ in os.walk(path, topdown=False):
        with suppress(OSError):
            Path(top).rmdir()


def clear(path: Path) -> None:
    """Delete whatever is at a path."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def place(source: Path, path: Path) -> None:
    """Copy a file in one step, also over another one, which a program may have open."""
    new = path.with_name(f".{path.name}.new")
    clear(new)
    mode = 0o755 if os.access(source, os.X_OK) else 0o644
    # Whoever has put a link here meanwhile must not choose what is written.
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with source.open("rb") as content, os.fdopen(descriptor, "wb") as file:
        shutil.copyfileobj(content, file)
    if path.is_dir():
        clear(path)
    new.replace(path)


def write(path: Path, content: object) -> None:
    """Replace a file of this program in one step."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(content), encoding="utf-8")
    new.replace(path)


def owner_of(text: str) -> tuple[int, int] | None:
    """Read USER:GROUP; None if it is empty."""
    import grp  # noqa: PLC0415 # not in every image
    import pwd  # noqa: PLC0415

    user, _, group = text.partition(":")
    return (pwd.getpwnam(user).pw_uid, grp.getgrnam(group).gr_gid) if text else None


def main(arguments: list[str]) -> int:
    """Prepare the tree; return 1 after saying why it cannot be done."""
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=["code", "data"])
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--tree", type=Path, required=True)
    parser.add_argument("--release", default="")
    parser.add_argument("--owner", default="")
    parser.add_argument("--writable", action="append", default=[])
    parser.add_argument("--link", action="append", default=[])
    given = parser.parse_args(arguments)
    links = dict(link.split("=", 1) for link in given.link)
    try:
        tree = Tree(given.source, given.tree, given.writable, links)
        if given.part == "data":
            tree.write_data()
        else:
            os.umask(0o022)
            given.tree.mkdir(parents=True, exist_ok=True)
            tree.write_code(given.release, owner_of(given.owner))
    except (OSError, KeyError, ValueError) as error:
        sys.stderr.write(f"The working tree {given.tree} cannot be prepared: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
