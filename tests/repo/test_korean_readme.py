"""README.ko.md keeps step with README.md: the same headings, commands and links."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest

from repo.roles import REPOSITORY

ENGLISH = "README.md"
KOREAN = "README.ko.md"
COMMENT = re.compile(r"(^|\s+)#.*")
INLINE_COMMAND = re.compile(r"`((?:ansible[\w-]*|apt-get|make|openssl|sh|ssh|\(umask) [^`]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@dataclass
class Section:
    """A heading and what follows it, up to the next one."""

    heading: str
    prose: str = ""
    code: list[str] = field(default_factory=list)

    @property
    def level(self) -> int:
        """How deep its heading is."""
        return len(self.heading) - len(self.heading.lstrip("#"))

    @property
    def commands(self) -> set[str]:
        """The lines of its code blocks without comments, and the commands in its text."""
        return {*self.code, *INLINE_COMMAND.findall(self.prose)}

    @property
    def links(self) -> set[str]:
        """Where its links and pictures lead, but for the one to the other language."""
        return {*LINK.findall(self.prose)} - {ENGLISH, KOREAN}


def read(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def sections(text: str) -> list[Section]:
    """Split a page at its headings; a `#` in a code block starts a comment."""
    found: list[Section] = []
    is_code = False
    for line in text.splitlines():
        if line.startswith("```"):
            is_code = not is_code
        elif is_code:
            found[-1].code += filter(None, [COMMENT.sub("", line)])
        elif line.startswith("#"):
            found.append(Section(line))
        else:
            found[-1].prose += f"{line}\n"
    return found


def differences(english: str, korean: str) -> list[str]:
    """Say what one page has and the other has not, and in which section."""
    pages = {ENGLISH: sections(english), KOREAN: sections(korean)}
    if len({tuple(section.level for section in page) for page in pages.values()}) > 1:
        # Sections of different subjects would be compared.
        return [
            f"{name} has these headings: {', '.join(section.heading for section in page)}"
            for name, page in pages.items()
        ]
    return [
        f"{page}, section `{lacking.heading}`: the {kind} `{item}` is missing"
        for ours, theirs in zip(*pages.values(), strict=True)
        for page, lacking, full in ((KOREAN, theirs, ours), (ENGLISH, ours, theirs))
        for kind in ("command", "link")
        for item in sorted(getattr(full, f"{kind}s") - getattr(lacking, f"{kind}s"))
    ]


def test_both_have_the_same_headings_commands_and_links() -> None:
    assert differences(read(ENGLISH), read(KOREAN)) == []


@pytest.mark.parametrize(("page", "other"), [(ENGLISH, KOREAN), (KOREAN, ENGLISH)])
def test_each_links_to_the_other_at_its_top(page: str, other: str) -> None:
    assert f"]({other})" in read(page).split("\n\n")[1]


@pytest.mark.parametrize(
    ("english", "korean", "difference"),
    [
        ("## Use\n", "", "README.ko.md has these headings: # 봇"),
        ("## Use\n", "### 사용\n", "README.ko.md has these headings: # 봇, ### 사용"),
        (
            "Run `make demo`.\n",
            "`make test`\n",
            "README.ko.md, section `# 봇`: the command `make demo` is missing",
        ),
        (
            "```\nmake demo\n```\n",
            "```\nmake demo X=1  # 설명\n```\n",
            "README.md, section `# A`: the command `make demo X=1` is missing",
        ),
        ("See [it](a.md).\n", "", "README.ko.md, section `# 봇`: the link `a.md` is missing"),
        ("", "![그림](b.png)\n", "README.md, section `# A`: the link `b.png` is missing"),
    ],
)
def test_a_difference_is_named_with_its_place(english: str, korean: str, difference: str) -> None:
    assert difference in differences(f"# A\n{english}", f"# 봇\n{korean}")


def test_comments_and_words_may_differ() -> None:
    english = "# A\nRun `make demo`, then:\n```\n# a comment\nmake test  # all tests\n```\n"
    korean = "# 봇\n```\nmake test  # 모든 테스트\n```\n먼저 `make demo`를 실행하세요.\n"
    assert differences(english, korean) == []
