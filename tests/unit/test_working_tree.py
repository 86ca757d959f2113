"""The directory in which a bot runs: code that it cannot change, data that outlive releases."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "roles/discord_bot/files/working_tree.py"
# One that every user may run.
PYTHON = "/usr/bin/python3"
BOT = 65534
WRITABLE = ("bot.log", "settings.json", "store/bot.db", "cache/")
LINKS = {"config.json": "/etc/bot/config.json"}
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@dataclass(frozen=True)
class Place:
    """A bot's tree, and the sources of its releases."""

    folder: Path

    @property
    def tree(self) -> Path:
        """The directory in which the bot runs."""
        return self.folder / "state/tree"

    def release(self, name: str, **files: str) -> Path:
        """Lay out a release."""
        source = self.folder / name
        given = {"bot.py": name, "cogs/fun.py": name, "settings.json": "{}", **files}
        for path, text in given.items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_text(text)
        return source

    def prepare(self, source: Path, *writable: str) -> None:
        """Prepare the tree as a unit does: the code as root, then the data as the bot."""
        given = [f"--source={source}", f"--tree={self.tree}"]
        given += [f"--writable={path}" for path in writable or WRITABLE]
        links = [f"--link={path}={target}" for path, target in LINKS.items()]
        command = [PYTHON, "-c", PROGRAM.read_text()]
        owner = "--owner=nobody:nogroup"
        code = [*command, "code", *given, *links, owner, f"--release={source.name}"]
        subprocess.run(code, check=True)
        as_bot(*command, "data", *given)


def as_bot(*command: str | Path, code: int = 0, folder: Path | None = None) -> None:
    """Run a command as the bot's user."""
    ran = subprocess.run(command, cwd=folder, user=BOT, group=BOT, extra_groups=[], check=False)
    assert ran.returncode == code


def by_bot(place: Place, program: str, code: int = 0) -> None:
    """Run a program as the bot does: as its user, in its tree."""
    as_bot(PYTHON, "-c", program, code=code, folder=place.tree)


@pytest.fixture
def place() -> Iterator[Place]:
    """A directory that another user can reach, unlike pytest's own."""
    with TemporaryDirectory(prefix="botwatch-tree-") as folder:
        Path(folder).chmod(0o755)
        yield Place(Path(folder))


REPLACE = "import os; open('new', 'w').write('{}'); os.replace('new', {!r})"


@needs_root
def test_data_outlive_releases_and_code_does_not(place: Place) -> None:
    place.prepare(place.release("one", **{"old.py": "old"}))
    by_bot(place, REPLACE.format("kept", "settings.json"))
    by_bot(place, "open('bot.log', 'a').write('line')")
    by_bot(place, "open('cache/x', 'w').write('x')")
    place.prepare(place.release("two"))
    assert (place.tree / "bot.py").read_text() == "two"
    assert (place.tree / "cogs/fun.py").read_text() == "two"
    assert not (place.tree / "old.py").exists()
    assert (place.tree / "settings.json").read_text() == "kept"
    assert (place.tree / "bot.log").read_text() == "line"
    assert (place.tree / "cache/x").read_text() == "x"
    place.prepare(place.folder / "one")
    assert (place.tree / "bot.py").read_text() == "one"
    assert (place.tree / "settings.json").read_text() == "kept"


@needs_root
def test_a_database_writes_its_other_files_beside_it(place: Place) -> None:
    source = place.release("one")
    program = (
        "import sqlite3; c = sqlite3.connect('store/bot.db'); c.execute('pragma journal_mode=wal');"
        "c.execute('create table if not exists t (n)'); c.execute('insert into t values (1)');"
        "c.commit(); import os; os._exit(0)"
    )
    for _ in range(2):
        place.prepare(source)
        by_bot(place, program)
    with sqlite3.connect(place.tree / "store/bot.db") as database:
        assert database.execute("select count(*) from t").fetchone() == (2,)


@needs_root
@pytest.mark.parametrize(
    "program",
    [
        "open('bot.py', 'w')",
        "open('cogs/new.py', 'w')",
        "import os; os.unlink('bot.py')",
        REPLACE.format("evil", "bot.py"),
        "import os; os.rename('cogs', 'gone')",
    ],
)
def test_the_code_cannot_be_changed(place: Place, program: str) -> None:
    place.prepare(place.release("one"))
    by_bot(place, program, code=1)
    assert (place.tree / "bot.py").read_text() == "one"


@needs_root
def test_root_follows_no_link_of_the_bot(place: Place) -> None:
    place.prepare(place.release("one"))
    outside = place.folder / "outside"
    outside.mkdir()
    for target, name in (
        (outside, "plugins"),
        (outside / "written", ".bot.py.new"),
        (outside / "log", "bot.log"),
    ):
        by_bot(place, f"import os; os.symlink({str(target)!r}, {name!r})")
    place.prepare(place.release("two", **{"plugins/p.py": "two"}))
    assert list(outside.iterdir()) == []
    assert (place.tree / "plugins/p.py").read_text() == "two"
    assert not (place.tree / "plugins").is_symlink()


@pytest.mark.parametrize("path", ["{}/", "../../elsewhere/"])
def test_what_is_elsewhere_is_left_alone(place: Place, path: str) -> None:
    elsewhere = place.folder / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    with pytest.raises(subprocess.CalledProcessError):
        place.prepare(place.release("one"), path.format(elsewhere))
    assert elsewhere.stat().st_mode & 0o7777 == 0o755
    assert elsewhere.stat().st_uid == os.geteuid()


@needs_root
def test_code_that_somebody_has_deleted_comes_back(place: Place) -> None:
    source = place.release("one")
    place.prepare(source)
    shutil.rmtree(place.tree)
    place.prepare(source)
    assert (place.tree / "cogs/fun.py").read_text() == "one"
    assert (place.tree / "config.json").is_symlink()


def test_a_file_of_the_code_that_becomes_writable_is_the_bots(place: Place) -> None:
    source = place.release("one")
    place.prepare(source, "bot.log")
    by_bot(place, REPLACE.format("new", "settings.json"), code=1)
    place.prepare(source)
    by_bot(place, REPLACE.format("new", "settings.json"))


@needs_root
def test_what_is_no_longer_writable_is_the_releases_again_and_is_kept(place: Place) -> None:
    source = place.release("one", **{"cache/seed.json": "seed", "cache/deep/x.py": "code"})
    place.prepare(source)
    by_bot(place, REPLACE.format("changed", "cache/seed.json"))
    by_bot(place, "open('cache/deep/own', 'w')")
    by_bot(place, REPLACE.format("kept", "settings.json"))
    by_bot(place, "open('bot.log', 'a').write('line'); open('bot.log.1', 'w')")
    place.prepare(source, "store/bot.db")
    assert (place.tree / "settings.json").read_text() == "{}"
    assert (place.tree / "cache/seed.json").read_text() == "seed"
    assert not (place.tree / "bot.log").exists()
    for program in (
        *("open('settings.json', 'a')", "open('bot.log', 'a')", "open('cache/seed.json', 'a')"),
        *("open('cache/new', 'w')", "open('cache/deep/new', 'w')"),
    ):
        by_bot(place, program, code=1)
    kept = place.tree.parent / "kept"
    assert (kept / "cache/seed.json").read_text() == "changed"
    assert (kept / "bot.log").read_text() == "line"
    place.prepare(source, "store/bot.db")  # the same again
    place.prepare(source)  # a rollback, say
    assert (place.tree / "settings.json").read_text() == "kept"
    assert (place.tree / "cache/seed.json").read_text() == "changed"
    assert (place.tree / "cache/deep/own").exists()
    assert (place.tree / "bot.log").read_text() == "line"
    assert (place.tree / "bot.log.1").exists()
    by_bot(place, "open('cache/deep/new', 'w'); open('bot.log', 'a')")
    assert [path for path in kept.rglob("*") if not path.is_dir()] == []


@needs_root
def test_a_log_that_is_no_longer_named_is_kept_where_other_files_are_writable(place: Place) -> None:
    source = place.release("one")
    place.prepare(source, "bot.log", "settings.json")
    by_bot(place, "open('bot.log', 'a').write('line'); open('bot.log.1', 'w'); open('new', 'w')")
    for _ in range(2):
        place.prepare(source, "settings.json")
        assert {path.name for path in place.tree.glob("bot.log*")} == set()
        assert (place.tree / "new").exists()
    place.prepare(source, "bot.log", "settings.json")
    assert (place.tree / "bot.log").read_text() == "line"
    assert (place.tree / "bot.log.1").exists()


@needs_root
def test_a_file_in_what_was_a_writable_directory_stays_the_bots(place: Place) -> None:
    source = place.release("one")
    place.prepare(source, "store/")
    by_bot(place, "open('store/bot.db', 'w').write('data'); open('store/bot.db-wal', 'w')")
    by_bot(place, "import os; os.mkdir('store/other')")
    place.prepare(source, "store/bot.db")
    assert (place.tree / "store/bot.db").read_text() == "data"
    assert (place.tree / "store/bot.db-wal").exists()
    by_bot(place, "open('store/bot.db', 'w')")
    assert (place.tree.parent / "kept/store/other").is_dir()


@needs_root
def test_root_follows_no_link_of_the_bot_in_what_is_kept(place: Place) -> None:
    source, victim = place.release("one"), place.folder / "victim"
    victim.mkdir()
    (victim / "bot.db").write_text("another's")
    place.prepare(source, "data/")
    by_bot(place, f"import os; os.symlink({str(victim)!r}, 'data/sub')")
    for writable, file in (("data/sub/bot.db", "data/sub/bot.db-wal"), ("bot.log", "bot.log")):
        place.prepare(source, writable)
        by_bot(place, f"open({file!r}, 'w')")
        assert [path.name for path in victim.iterdir()] == ["bot.db"]
        assert (victim / "bot.db").read_text() == "another's"
        assert (victim / "bot.db").stat().st_uid == os.geteuid()


@needs_root
def test_files_whose_names_only_begin_alike_stay(place: Place) -> None:
    source = place.release("one", **{"config": "", "config.py": "code"})
    place.prepare(source, "data/", "store.db", "config")
    by_bot(place, "open('database.db', 'w'); open('data/x', 'w')")
    place.prepare(source, "store.db", "config")
    assert (place.tree / "database.db").exists()
    assert not (place.tree / "data").exists()


@needs_root
def test_a_log_in_a_writable_directory_is_the_bots(place: Place) -> None:
    source = place.release("one")
    place.prepare(source, "data/")
    for _ in range(2):
        place.prepare(source, "data/", "data/logs/bot.log")
        by_bot(place, "open('data/logs/bot.log', 'a'); open('data/logs/x', 'w')")
    assert (place.tree / "data/logs/x").exists()


@needs_root
def test_what_is_kept_twice_has_two_places(place: Place) -> None:
    source = place.release("one")
    for text in ("first", "second"):
        place.prepare(source, "cache/", "bot.log")
        by_bot(place, f"open('cache/x', 'w').write({text!r})")
        place.prepare(source, "bot.log")
        (place.tree / "cache").mkdir()  # somebody has, so that it does not come back
        (place.tree / "cache/by-hand").touch()
    kept = place.tree.parent / "kept"
    assert [(kept / name / "x").read_text() for name in ("cache", "cache.1")] == ["first", "second"]


@needs_root
def test_a_secret_file_is_linked_where_the_bot_looks_for_it(place: Place) -> None:
    place.prepare(place.release("one", **{"config.json": "shipped by mistake"}))
    assert str((place.tree / "config.json").readlink()) == LINKS["config.json"]
    place.prepare(place.release("two"))
    assert str((place.tree / "config.json").readlink()) == LINKS["config.json"]


@needs_root
def test_what_was_interrupted_is_made_up_for(place: Place) -> None:
    place.prepare(place.release("one", **{"old.py": "old"}))
    two = place.release("two")
    (two / "bot.py").unlink()
    (two / "bot.py").symlink_to("nowhere")
    with pytest.raises(subprocess.CalledProcessError):
        place.prepare(two)
    (two / "bot.py").unlink()
    (two / "bot.py").write_text("two")
    place.prepare(two)
    assert (place.tree / "bot.py").read_text() == "two"
    assert not (place.tree / "old.py").exists()


@needs_root
def test_data_of_another_owner_are_given_to_the_bot(place: Place) -> None:
    source = place.release("one")
    place.prepare(source)
    by_bot(place, "open('cache/x', 'w')")
    for path in (place.tree / "cache/x", place.tree / "cache", place.tree / "settings.json"):
        os.chown(path, 4711, 4711)
    place.prepare(source)
    by_bot(place, "open('cache/x', 'w')")
    by_bot(place, REPLACE.format("new", "settings.json"))


@needs_root
def test_in_a_pod_two_users_of_one_group_do_without_root(place: Place) -> None:
    volume = place.folder / "state"
    volume.mkdir()
    volume.chmod(0o777)
    source = place.release("one")
    given = [f"--source={source}", f"--tree={place.tree}"]
    given += [f"--writable={path}" for path in WRITABLE]
    command = [PYTHON, "-c", PROGRAM.read_text()]
    for _ in range(2):
        subprocess.run(
            [*command, "code", *given, "--release=one"],
            check=True, user=BOT - 1, group=BOT, extra_groups=[],
        )  # fmt: skip
        as_bot(*command, "data", *given)
        by_bot(place, REPLACE.format("kept", "settings.json"))
        by_bot(place, "open('cache/x', 'w'); open('store/bot.db', 'w'); open('bot.log', 'a')")
    by_bot(place, "import os; os.mkdir('own')")
    by_bot(place, REPLACE.format("evil", "bot.py"), code=1)
    assert (place.tree / "settings.json").read_text() == "kept"
    fewer = [word for word in given if not word.endswith(("cache/", "settings.json", "bot.log"))]
    for options in (fewer, given):
        subprocess.run(
            [*command, "code", *options, "--release=one"],
            check=True, user=BOT - 1, group=BOT, extra_groups=[],
        )  # fmt: skip
        by_bot(place, "open('cache/x', 'r+')", code=int(options is fewer))
