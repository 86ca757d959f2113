from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ansible.errors import AnsibleLookupError
from ansible.plugins.loader import lookup_loader

from monitoring.rendering import load_plugins

if TYPE_CHECKING:
    from collections.abc import Callable

    from ansible.plugins.lookup import LookupBase

FILES = {
    "pyproject.toml": "[project]\n",
    "src/thing/__init__.py": "ONE = 1\n",
    "src/thing/static/page.html": "<p>한국어</p>\n",
}
LEFT_OUT = (
    ".venv/lib/thing.py",
    ".mypy_cache/x",
    ".coverage",
    "build/x",
    "dist/thing.whl",
    "src/thing.egg-info/PKG-INFO",
    "src/thing/__pycache__/x.pyc",
    "tests/test_thing.py",
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        put(tmp_path / "thing" / name, text)
    return tmp_path / "thing"


def lookup() -> LookupBase:
    load_plugins()
    return lookup_loader.get("botwatch.stack.source_archive")


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def pack(tree: Path, **options: object) -> dict[str, str]:
    packed: dict[str, str]
    (packed,) = lookup().run([str(tree)], **options)
    return packed


def names(*relative: str) -> list[str]:
    return sorted(f"source/{name}" for name in relative)


def entries(packed: dict[str, str]) -> list[tarfile.TarInfo]:
    with tarfile.open(packed["path"]) as archive:
        return archive.getmembers()


def test_all_source_files_are_packed_and_nothing_that_tools_leave_behind(tree: Path) -> None:
    for name in LEFT_OUT:
        put(tree / name, "left out")
    packed = pack(tree)
    assert [entry.name for entry in entries(packed) if entry.isfile()] == names(*FILES)
    with tarfile.open(packed["path"]) as archive:
        page = archive.extractfile("source/src/thing/static/page.html")
        assert page is not None
        assert page.read().decode() == FILES["src/thing/static/page.html"]


def test_equal_content_has_an_equal_digest_wherever_and_whenever_it_is(
    tree: Path, tmp_path: Path
) -> None:
    first = pack(tree)
    for name in LEFT_OUT:
        put(tree / name, "left out")
    moved = tmp_path / "elsewhere" / "thing"
    shutil.copytree(tree, moved)
    for path in moved.rglob("*"):
        os.utime(path, (1, 1))
    (moved / "pyproject.toml").chmod(0o600)
    assert pack(moved) == first


def test_the_digest_is_that_of_the_content_not_of_its_compression(tree: Path) -> None:
    packed = pack(tree)
    content = gzip.decompress(Path(packed["path"]).read_bytes())
    assert hashlib.sha256(content).hexdigest().startswith(packed["digest"])


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: put(tree / "src/thing/__init__.py", "ONE = 2\n"),
        lambda tree: put(tree / "src/thing/two.py", ""),
        lambda tree: (tree / "src/thing/__init__.py").rename(tree / "src/thing/other.py"),
        lambda tree: (tree / "src/thing/static/page.html").unlink(),
    ],
    ids=["changed", "added", "renamed", "removed"],
)
def test_other_content_has_another_digest(tree: Path, change: Callable[[Path], object]) -> None:
    before = pack(tree)
    change(tree)
    after = pack(tree)
    assert after["digest"] != before["digest"]
    assert after["path"] != before["path"]


def test_nothing_of_this_machine_is_in_the_archive(tree: Path) -> None:
    (tree / "pyproject.toml").chmod(0o777)
    for entry in entries(pack(tree)):
        assert (entry.mode, entry.mtime) == (0o755 if entry.isdir() else 0o644, 0)
        assert (entry.uid, entry.gid, entry.uname, entry.gname) == (0, 0, "", "")


def test_every_directory_has_its_mode_from_the_archive(tree: Path) -> None:
    (tree / "src").chmod(0o700)
    directories = [entry.name for entry in entries(pack(tree)) if entry.isdir()]
    assert directories == ["source", *names("src", "src/thing", "src/thing/static")]


def test_an_archive_that_is_there_is_not_written_again(tree: Path, cache: Path) -> None:
    path = Path(pack(tree)["path"])
    os.utime(path, (1, 1))
    pack(tree)
    assert path.stat().st_mtime == 1
    assert list((cache / "botwatch/archives").iterdir()) == [path]


def test_several_trees_are_packed_in_their_order(tree: Path, tmp_path: Path) -> None:
    other = shutil.copytree(tree, tmp_path / "other")
    packed = lookup().run([str(other), str(tree)])
    assert [Path(each["path"]).name.split("-")[0] for each in packed] == ["other", "thing"]


def test_a_directory_without_a_package_is_named(tmp_path: Path) -> None:
    with pytest.raises(AnsibleLookupError, match=f"{tmp_path} holds no pyproject.toml"):
        pack(tmp_path)


def test_a_library_and_files_are_packed_beside_the_tree(tree: Path, tmp_path: Path) -> None:
    put(tmp_path / "lib/pyproject.toml", "[project]\n")
    put(tmp_path / "lib/tests/test_lib.py", "left out")
    put(tmp_path / "program.py", "print()\n")
    alone = pack(tree)
    packed = pack(
        tree, library=str(tmp_path / "lib"), files={"run.py": str(tmp_path / "program.py")}
    )
    found = {entry.name for entry in entries(packed) if entry.isfile()}
    assert found == {*names(*FILES), "library/pyproject.toml", "run.py"}
    assert packed["digest"] != alone["digest"]


def test_a_users_own_tree_need_not_be_a_package(tmp_path: Path) -> None:
    shipped = ("bot.py", "dist/page.html", "tests/cog.py", "run.sh")
    for name in (*shipped, ".env", ".git/HEAD", "venv/bin/python", "node_modules/x.js"):
        put(tmp_path / "own" / name, "")
    (tmp_path / "own/run.sh").chmod(0o700)
    packed = entries(pack(tmp_path / "own", foreign=True))
    assert [entry.name for entry in packed if entry.isfile()] == names(*shipped)
    assert {entry.name for entry in packed if entry.isfile() and entry.mode == 0o755} == {
        "source/run.sh"
    }


def test_hidden_files_are_packed_on_request_but_for_secrets(tmp_path: Path) -> None:
    for name in ("Dockerfile", ".dockerignore", ".env", ".env.local", ".git/HEAD", ".venv/x"):
        put(tmp_path / "own" / name, "")
    packed = entries(pack(tmp_path / "own", foreign=True, hidden=True))
    found = [entry.name for entry in packed if entry.isfile()]
    assert found == names("Dockerfile", ".dockerignore")
