"""What of a user's own tree goes to the host."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from ansible.errors import AnsibleLookupError
from ansible.plugins.loader import lookup_loader
from plugins.plugin_utils import own_sources
from plugins.plugin_utils.own_sources import IgnoreFile, OwnSource

from monitoring.rendering import load_plugins


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    put(folder, "bot.py")
    return folder


def put(tree: Path, *names: str) -> None:
    for name in names:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(name)


def sent(tree: Path, *logs: str, hidden: bool = False) -> list[str]:
    return [str(path) for path in OwnSource(tree, hidden=hidden, logs=logs).files()]


def test_what_tools_leave_behind_stays(tree: Path) -> None:
    put(
        tree, "cogs/fun.py", "cogs/__pycache__/fun.pyc", "node_modules/x.js", ".venv/x", ".git/HEAD"
    )
    put(tree, "own.egg-info/PKG-INFO", "my-env/pyvenv.cfg", "my-env/lib/site.py", ".env", "venv/x")
    assert sent(tree) == ["bot.py", "cogs/fun.py"]


def test_a_directory_that_is_a_link_is_sent_like_another(tree: Path) -> None:
    put(tree, "shared/names.txt", "cogs/fun.py")
    (tree / "cogs/data").symlink_to("../shared", target_is_directory=True)
    (tree / "names.txt").symlink_to("shared/names.txt")
    (tree / "gone").symlink_to("nowhere")
    assert sent(tree) == [
        *("bot.py", "cogs/data/names.txt", "cogs/fun.py"),
        *("names.txt", "shared/names.txt"),
    ]


@pytest.mark.parametrize("target", ["other", "other/file"])
def test_a_link_to_another_place_is_refused(tree: Path, tmp_path: Path, target: str) -> None:
    put(tmp_path, "other/file")
    (tree / "linked").symlink_to(tmp_path / target)
    with pytest.raises(ValueError, match=r"own/linked is a link to .*, which is not in the bot's"):
        sent(tree)
    (tree / ".dockerignore").write_text("linked\n")
    assert sent(tree) == ["bot.py"]


def test_a_link_in_a_circle_is_refused(tree: Path) -> None:
    put(tree, "cogs/fun.py")
    (tree / "cogs/again").symlink_to("..")
    with pytest.raises(ValueError, match="cogs/again is a link to a directory that it is in"):
        sent(tree)


def test_logs_of_local_runs_stay(tree: Path) -> None:
    put(tree, "bot.log", "bot.log.1", "logs/x.log", "logs/x.log.2026-01-01", "other.log")
    put(tree, "bot.logic.py")
    assert sent(tree, "./bot.log", "logs/x.log") == ["bot.logic.py", "bot.py", "other.log"]
    assert "bot.py" in sent(tree, "bot")


def test_a_database_is_sent_without_what_sqlite_has_beside_it(tree: Path) -> None:
    database = sqlite3.connect(tree / "bot.db")
    database.execute("pragma journal_mode=wal")
    database.execute("create table t (n)")
    database.commit()
    put(tree, "a-journal")  # is not SQLite's
    assert {"bot.db-wal", "bot.db-shm"} <= {path.name for path in tree.iterdir()}
    source = OwnSource(tree)
    assert [str(path) for path in source.files()] == ["a-journal", "bot.db", "bot.py"]
    (note,) = source.notes
    assert "bot.db is in use on this machine: what is in bot.db-wal is not sent" in note
    database.close()


@pytest.mark.parametrize(
    ("lines", "ignored", "kept"),
    [
        ("models", ("models", "models/a/b.bin"), ("my/models", "models.py")),
        ("/models/", ("models/x",), ("my/models",)),
        ("*.bin", ("a.bin",), ("sub/a.bin",)),
        ("**/*.bin", ("a.bin", "sub/a.bin"), ("a.bin.py",)),
        ("data/**", ("data/x", "data/x/y"), ("datax",)),
        ("data/*\n!data/seed.json", ("data/x",), ("data/seed.json",)),
        ("# models\n\nlog?.txt", ("log1.txt",), ("models", "log.txt", "log/.txt")),
        ("[ab].txt", ("a.txt",), ("c.txt",)),
        ("a/../secret.json\ndata//x\n./y", ("secret.json", "data/x", "y"), ("a",)),
    ],
)
def test_patterns_of_a_dockerignore(
    lines: str, ignored: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    file = IgnoreFile(lines)
    assert all(Path(path) in file for path in ignored)
    assert not any(Path(path) in file for path in kept)


def test_exceptions_below_an_ignored_directory_are_sent(tree: Path) -> None:
    put(tree, "data/big.bin", "data/seed.json", "Dockerfile")
    (tree / ".dockerignore").write_text("*\n!bot.py\n!data/seed.json\n")
    assert sent(tree) == ["Dockerfile", "bot.py", "data/seed.json"]
    assert sent(tree, hidden=True) == [".dockerignore", "Dockerfile", "bot.py", "data/seed.json"]


def test_a_link_that_is_ignored_may_lead_anywhere(tree: Path, tmp_path: Path) -> None:
    put(tmp_path, "big/file", "environment/pyvenv.cfg")
    (tree / "data").symlink_to(tmp_path / "big")
    (tree / "env").symlink_to(tmp_path / "environment")
    (tree / ".dockerignore").write_text("*\n!bot.py\n")
    assert sent(tree) == ["bot.py"]
    (tree / ".dockerignore").write_text("data\n")
    assert sent(tree) == ["bot.py"]


def test_an_ignore_file_of_windows_is_read_and_a_broken_one_named(tree: Path) -> None:
    put(tree, "secret.json")
    ignore = tree / ".dockerignore"
    ignore.write_text("secret.json\n", encoding="utf-8-sig")
    assert sent(tree) == ["bot.py"]
    ignore.write_text("[z-a]\n")
    with pytest.raises(ValueError, match="pattern '\\[z-a\\]', which is none"):
        sent(tree)
    ignore.write_text("secret.json\n", encoding="utf-16")
    with pytest.raises(ValueError, match="is not in UTF-8"):
        sent(tree)


def test_what_git_ignores_is_sent(tree: Path) -> None:
    put(tree, "config.json")
    (tree / ".gitignore").write_text("config.json\n")
    assert sent(tree) == ["bot.py", "config.json"]


def test_a_large_source_is_named_and_a_huge_one_refused(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_sources, "LARGE", 2_000_000)
    monkeypatch.setattr(own_sources, "MOST", 4_000_000)
    (tree / "models").mkdir()
    with (tree / "models/big").open("wb") as file:
        file.truncate(3_000_000)
    source = OwnSource(tree)
    source.files()
    (note,) = source.notes
    assert "own has 3 MB (models alone 3 MB)" in note
    with (tree / "models/big").open("wb") as file:
        file.truncate(5_000_000)
    with pytest.raises(ValueError, match="more than 4 MB cannot be sent"):
        sent(tree)


def test_the_lookup_refuses_in_words(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    put(tmp_path, "other/file")
    (tree / "data").symlink_to(tmp_path / "other")
    load_plugins()
    with pytest.raises(AnsibleLookupError, match="own/data is a link to"):
        lookup_loader.get("botwatch.stack.source_archive").run([str(tree)], foreign=True)
