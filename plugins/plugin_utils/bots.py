"""What a bot's source is: how it is installed and started, and what it reads its token from."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .paths import files_below

if TYPE_CHECKING:
    from pathlib import Path

# The sample bot of this repository, and its versions.
SAMPLE = "botwatch-bot"
SAMPLE_IMAGE = re.compile(r"(^|/)botwatch/discord-bot[:@]")
SAMPLE_COMMAND = "discord-bot"
LIBRARY = "botwatch"
START_FILES = ("bot.py", "main.py")
GIT = re.compile(r"(https?|ssh|git|file)://.+|git\+.+|[\w.-]+@[\w.-]+:.+")
NAME = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)")
# Files of which no bot in Python consists.
OTHER_LANGUAGES = {
    "package.json": "JavaScript",
    "go.mod": "Go",
    "Cargo.toml": "Rust",
    "pom.xml": "Java",
}
TOKEN_VARIABLE = "DISCORD_TOKEN"  # noqa: S105 # a name
# What a program reads from its environment: Python's ways, some readers of .env, and Node.js'.
READ = re.compile(
    r"""(?:getenv|environ(?:\.get)?|dotenv_values\([^)]*\)|config)\s*[\[(]\s*["'](\w+)["']"""
    r"""|process\.env(?:\.|\[["'])(\w+)"""
)
TOKENS = re.compile(r"(DISCORD_?)?(BOT_?)?(API_?)?TOKEN|TOKEN_?(DISCORD|BOT)", re.IGNORECASE)
SOURCES = {".py", ".js", ".mjs", ".cjs", ".ts"}
IGNORED = {"node_modules", "venv", ".venv", "tests"}


@dataclass(frozen=True)
class Bot:
    """What a source tree is.

    Attributes:
        kind: sample, package, script, container or image.
        command: how it starts, as a list; empty if that cannot be told.
        fault: why it cannot be told, and what to do; empty if it can.
        uses_library: whether it is the sample bot, or names botwatch among its requirements.
        token_variable: the environment variable that it reads its token from.
    """

    kind: str
    command: list[str]
    fault: str = ""
    uses_library: bool = False
    token_variable: str = TOKEN_VARIABLE


def is_git(source: str) -> bool:
    """Tell whether a source is the address of a git repository, not a directory."""
    return GIT.fullmatch(source) is not None


def is_sample_image(image: str) -> bool:
    """Tell by its name whether an image is one of the sample bot."""
    return SAMPLE_IMAGE.search(image) is not None


def read_bot(tree: Path, command: list[str], dockerfile: str) -> Bot:
    """Look at a source tree.

    Args:
        tree: the directory.
        command: how the user starts it; empty to find that out.
        dockerfile: the Dockerfile to build it with, if the tree has it; empty for none.

    Raises:
        ValueError: there is no such directory, or a file in it cannot be read.
    """
    if not tree.is_dir():
        message = f"discord_bot_source is {tree}, which is not a directory: name the bot's own."
        raise ValueError(message)
    project = read_project(tree)
    names = requirement_names(tree, project)
    is_sample = project.get("project", {}).get("name") == SAMPLE
    found, fault = command, ""
    if is_sample:
        kind, found = "sample", command or [SAMPLE_COMMAND]
    elif dockerfile and (tree / dockerfile).is_file():
        kind = "container"
    else:
        kind = "package" if is_package(project) else "script"
        if not command:
            found, fault = find_command(tree, project if kind == "package" else {})
    return Bot(kind, found, fault, is_sample or LIBRARY in names, find_token_variable(tree))


def read_project(tree: Path) -> dict[str, Any]:
    """Read a pyproject.toml; empty if there is none.

    Raises:
        ValueError: it is not TOML.
    """
    path = tree / "pyproject.toml"
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        message = f"{path} cannot be read: {error}. Fix it."
        raise ValueError(message) from error


def is_package(project: dict[str, Any]) -> bool:
    """Tell whether pip can install a project; a pyproject.toml may only configure tools."""
    poetry = project.get("tool", {}).get("poetry", {})
    return "build-system" in project and poetry.get("package-mode", True) is not False


def scripts(project: dict[str, Any]) -> list[str]:
    """Name a project's console scripts."""
    poetry = project.get("tool", {}).get("poetry", {})
    return sorted({**project.get("project", {}).get("scripts", {}), **poetry.get("scripts", {})})


def find_command(tree: Path, project: dict[str, Any]) -> tuple[list[str], str]:
    """Find the only way to start a bot; return it, or why there is none."""
    offered = scripts(project)
    if len(offered) == 1:
        return [offered[0]], ""
    files = [name for name in START_FILES if (tree / name).is_file()]
    if len(files) == 1:
        return ["python", files[0]], ""
    elsewhere = [name for name in OTHER_LANGUAGES if (tree / name).is_file()]
    if elsewhere and not (offered or files):
        return [], (
            f"The bot in {tree} has {elsewhere[0]}, so it is written in "
            f"{OTHER_LANGUAGES[elsewhere[0]]}: add a Dockerfile, as bots in any language but "
            "Python run in a container."
        )
    seen = ", ".join([*offered, *files]) or "neither a console script nor bot.py or main.py"
    return [], (
        f"It is not clear how the bot in {tree} starts, as it has {seen}: set "
        "discord_bot_command, for example to [python, -m, mybot]."
    )


def requirement_names(tree: Path, project: dict[str, Any]) -> set[str]:
    """Name the packages that a bot requires, normalized."""
    lines: list[str] = list(project.get("project", {}).get("dependencies", []))
    lines += project.get("tool", {}).get("poetry", {}).get("dependencies", {})
    path = tree / "requirements.txt"
    if path.is_file():
        lines += path.read_text(encoding="utf-8", errors="replace").splitlines()
    found = [match[1] for match in map(NAME.match, lines) if match]
    return {re.sub("[-_.]+", "-", name).lower() for name in found}


def find_token_variable(tree: Path) -> str:
    """Name the variable that the source reads a token from, if that is only one."""
    found: set[str] = set()
    for path in files_below(tree, IGNORED.__contains__):
        if path.suffix in SOURCES:
            text = (tree / path).read_text(encoding="utf-8", errors="replace")
            found |= {one or other for one, other in READ.findall(text)}
    tokens = sorted(filter(TOKENS.fullmatch, found))
    return tokens[0] if len(tokens) == 1 else TOKEN_VARIABLE
