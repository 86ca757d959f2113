"""What a source tree says about a bot: its kind, how it starts, what it reads its token from."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleLookupError
from ansible.plugins.loader import lookup_loader
from plugins.plugin_utils.bots import is_git, is_sample_image

from monitoring.rendering import load_plugins
from own_versions import git
from repo.roles import REPOSITORY

BUILD = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
PROJECT = '[project]\nname = "own"\nversion = "1"\n'
SCRIPTS = '[project.scripts]\nown = "own:main"\n'
POETRY = '[tool.poetry]\nname = "own"\n[tool.poetry.scripts]\nown = "own:main"\n'


def look(source: Path | str, **options: object) -> dict[str, Any]:
    load_plugins()
    given = {"dockerfile": "Dockerfile", **options}
    (found,) = lookup_loader.get("botwatch.stack.bot_source").run([str(source)], {}, **given)
    return dict(found)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return tmp_path


def fill(tree: Path, **files: str) -> Path:
    for name, text in files.items():
        (tree / name.replace("_", ".")).write_text(text)
    return tree


@pytest.mark.parametrize(
    ("files", "kind", "command"),
    [
        ({"bot_py": ""}, "script", ["python", "bot.py"]),
        ({"main_py": "", "requirements_txt": "discord.py"}, "script", ["python", "main.py"]),
        ({"pyproject_toml": BUILD + PROJECT + SCRIPTS, "bot_py": ""}, "package", ["own"]),
        ({"pyproject_toml": BUILD + POETRY}, "package", ["own"]),
        ({"pyproject_toml": BUILD + PROJECT, "main_py": ""}, "package", ["python", "main.py"]),
        ({"pyproject_toml": PROJECT + SCRIPTS, "bot_py": ""}, "script", ["python", "bot.py"]),
        ({"pyproject_toml": "[tool.ruff]\n", "bot_py": ""}, "script", ["python", "bot.py"]),
        ({"Dockerfile": "FROM x", "bot_py": ""}, "container", []),
    ],
)
def test_the_only_way_to_start_is_found(
    tree: Path, files: dict[str, str], kind: str, command: list[str]
) -> None:
    found = look(fill(tree, **files))
    assert (found["kind"], found["command"], found["fault"]) == (kind, command, "")


@pytest.mark.parametrize(
    ("files", "seen"),
    [
        ({"bot_py": "", "main_py": ""}, "it has bot.py, main.py"),
        ({"README_md": ""}, "it has neither a console script nor bot.py or main.py"),
        (
            {"pyproject_toml": BUILD + PROJECT + SCRIPTS + 'two = "own:two"\n'},
            "it has own, two",
        ),
    ],
)
def test_no_only_way_to_start_is_said(tree: Path, files: dict[str, str], seen: str) -> None:
    fault = look(fill(tree, **files))["fault"]
    assert seen in fault
    assert "discord_bot_command" in fault
    assert look(tree, command=["python", "-m", "own"])["fault"] == ""


def test_a_bot_in_another_language_needs_a_dockerfile(tree: Path) -> None:
    fault = look(fill(tree, package_json="{}"))["fault"]
    assert "written in JavaScript: add a Dockerfile" in fault
    assert look(fill(tree, Dockerfile="FROM x"))["fault"] == ""
    # Of the bot's web page, say.
    assert look(fill(tree, bot_py=""), dockerfile="")["fault"] == ""


def test_a_dockerfile_can_be_left_aside(tree: Path) -> None:
    fill(tree, Dockerfile="FROM x", bot_py="")
    assert look(tree, dockerfile="")["kind"] == "script"


@pytest.mark.parametrize(
    ("line", "variable"),
    [
        ('os.getenv("TOKEN")', "TOKEN"),
        ("os.environ['BOT_TOKEN']", "BOT_TOKEN"),
        ('environ.get("DISCORD_BOT_TOKEN", "")', "DISCORD_BOT_TOKEN"),
        ('config("discord_token")', "discord_token"),
        ('os.getenv("TOKEN"); os.getenv("GITHUB_TOKEN")', "TOKEN"),
        ("", "DISCORD_TOKEN"),
        ('os.getenv("TOKEN") or os.getenv("BOT_TOKEN")', "DISCORD_TOKEN"),
    ],
)
def test_the_variable_of_the_token_is_found(tree: Path, line: str, variable: str) -> None:
    assert look(fill(tree, bot_py=f"import os\n{line}\n"))["token_variable"] == variable


def test_node_js_reads_its_token_from_its_process(tree: Path) -> None:
    fill(tree, Dockerfile="FROM node", index_js="client.login(process.env.BOT_TOKEN)")
    assert look(tree)["token_variable"] == "BOT_TOKEN"


@pytest.mark.parametrize(
    "files",
    [
        {"requirements_txt": "discord.py\nBotwatch>=1\n"},
        {"pyproject_toml": PROJECT + 'dependencies = ["botwatch"]\n'},
        {"pyproject_toml": '[tool.poetry.dependencies]\nbotwatch = "*"\n'},
    ],
)
def test_a_bot_that_requires_the_library_uses_it(tree: Path, files: dict[str, str]) -> None:
    fill(tree, bot_py="")
    assert not look(tree)["uses_library"]
    assert look(fill(tree, **files))["uses_library"]


def test_the_sample_bot_is_known() -> None:
    found = look(REPOSITORY / "bot")
    assert (found["kind"], found["uses_library"]) == ("sample", True)


def test_repositories_are_told_from_directories() -> None:
    for address in ("https://host/me/bot.git", "git@host:me/bot.git", "file:///srv/bot"):
        assert is_git(address)
    for path in ("/srv/bot", "../bot", "~/bot", "bot"):
        assert not is_git(path)


@pytest.fixture
def repository(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One with a tag v1, whose default branch has another bot."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tree / "cache"))
    source = tree / "repository"
    source.mkdir()
    git(source, "init", "--quiet")
    for name, tag in (("bot.py", "v1"), ("main.py", "v2")):
        (source / name).write_text('import os\nos.getenv("BOT_TOKEN")\n')
        git(source, "add", ".")
        git(source, "commit", "--quiet", "--message", tag)
        git(source, "tag", tag)
        git(source, "rm", "--quiet", "--cached", name)
        (source / name).unlink()
    return source


def test_a_repository_is_cloned_for_whatever_play_asks_first(repository: Path, tree: Path) -> None:
    first = look(f"file://{repository}", version="v1")
    assert (first["kind"], first["is_git"], first["token_variable"]) == (
        "script",
        True,
        "BOT_TOKEN",
    )
    assert first["command"] == ["python", "bot.py"]
    second = look(f"git+file://{repository}")
    assert second["command"] == ["python", "main.py"]
    assert sorted(Path(each["tree"]).name for each in (first, second)) == sorted(
        path.name for path in (tree / "cache/botwatch/sources").iterdir()
    )
    git(repository, "branch", "old", "v1")
    assert look(f"file://{repository}", version="old")["command"] == ["python", "bot.py"]
    shutil.rmtree(repository)
    assert look(f"file://{repository}", version="v1") == first


@pytest.mark.parametrize("version", ["v9", "--upload-pack=x"])
def test_a_version_that_is_not_there_is_named(repository: Path, tree: Path, version: str) -> None:
    for _ in range(2):
        with pytest.raises(AnsibleLookupError, match=version):
            look(f"file://{repository}", version=version)
    sources = tree / "cache/botwatch/sources"
    assert not sources.exists() or not list(sources.iterdir())


def test_a_password_in_an_address_is_not_shown(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tree / "cache"))
    with pytest.raises(AnsibleLookupError, match="cannot be cloned") as caught:
        look("https://me:the-p@ssword@127.0.0.1:9/bot.git")
    assert "the-p" not in str(caught.value)
    assert "ssword" not in str(caught.value)
    monkeypatch.setenv("PATH", str(tree))
    with pytest.raises(AnsibleLookupError, match="has no git"):
        look("https://me:the-p@ssword@127.0.0.1:9/bot.git")


def test_a_ready_image_needs_no_source() -> None:
    found = look("/nowhere", image="ghcr.io/me/bot:1")
    assert (found["kind"], found["command"]) == ("image", [])
    assert is_sample_image("localhost/botwatch/discord-bot:0123")
    assert not is_sample_image("ghcr.io/me/discord-bot:1")


def test_a_source_that_is_not_there_is_named(tree: Path) -> None:
    assert "nowhere, which is not a directory" in look(tree / "nowhere")["fault"]


def test_a_source_may_be_below_the_users_home(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tree))
    fill(tree, bot_py="")
    assert look("~")["tree"] == str(tree)


def test_a_file_that_cannot_be_read_is_named(tree: Path) -> None:
    fault = look(fill(tree, pyproject_toml="[project"))["fault"]
    assert "pyproject.toml cannot be read" in fault
