"""What the files of this repository may contain, and what they must."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from repo.roles import REPOSITORY

# Where packages come from is a matter of the machine, not of the repository.
PACKAGE_HOSTS = re.compile(
    r"(pypi|pythonhosted|npmjs)\.(org|com)|\b(deb|ftp|security|archive|snapshot)\.(debian|ubuntu)\b"
    r"|registry(-1)?\.(npmjs|docker|hub)|--(extra-)?index-url|^\s*(extra-)?index-url\s*=",
    re.MULTILINE,
)
SOMEBODYS_HOME = re.compile(r"(?<![\w.])/(home|Users)/\w+")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@cache
def files() -> tuple[Path, ...]:
    """All files that are, or are about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [REPOSITORY / name for name in listed.stdout.split("\0") if name]
    return tuple(path for path in paths if path.is_file() and not path.is_symlink())


@cache
def texts() -> dict[str, str]:
    """The text files among them."""
    contents = {str(path.relative_to(REPOSITORY)): path.read_bytes() for path in files()}
    return {name: data.decode() for name, data in contents.items() if b"\0" not in data}


def pages() -> list[str]:
    return [name for name in texts() if name.endswith(".md")]


def named_in(pattern: re.Pattern[str]) -> list[str]:
    """Say where a pattern is found."""
    return [
        f"{name}: {found.group()}"
        for name, text in texts().items()
        for found in pattern.finditer(text)
    ]


def anchors(text: str) -> set[str]:
    """The names by which a page's headings can be linked."""
    words = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(text)]
    return {heading.replace(" ", "-") for heading in words}


def test_no_package_index_or_mirror_is_named() -> None:
    assert named_in(PACKAGE_HOSTS) == []


def test_no_directory_of_a_developer_is_named() -> None:
    here = re.compile(re.escape(str(REPOSITORY)) + r"\b")
    assert named_in(here) == []
    assert named_in(SOMEBODYS_HOME) == []


@pytest.mark.parametrize("page", pages())
def test_links_between_pages_lead_somewhere(page: str) -> None:
    for target in LINK.findall(texts()[page]):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (REPOSITORY / page).parent / path if path else REPOSITORY / page
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors(linked.read_text(encoding="utf-8")), target


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "LICENSE"]
)
def test_what_a_repository_needs_is_there(name: str) -> None:
    assert texts()[name].strip()


def test_the_licence_is_the_one_that_the_packages_name() -> None:
    assert texts()["LICENSE"].startswith("MIT License")


def test_programs_are_executable_and_nothing_else_is() -> None:
    for path in files():
        program = path.read_bytes().startswith(b"#!")
        assert os.access(path, os.X_OK) is program, path.relative_to(REPOSITORY)


def test_every_file_is_text_of_whole_lines() -> None:
    for name, text in texts().items():
        assert "\r" not in text, name
        assert not text or text.endswith("\n"), name
