"""What the image of a bot in Python is made of, as far as its Dockerfile says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from repo.roles import REPOSITORY, Role

ROLE = Role(REPOSITORY / "roles/discord_bot")
PATH = ROLE.path / "files/Dockerfile"
# Instructions of several lines, each on one.
DOCKERFILE = PATH.read_text(encoding="utf-8").replace("\\\n", " ")


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    lines = [line for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines]


@pytest.fixture(scope="module")
def final(instructions: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The instructions of the stage that becomes the image."""
    starts = [number for number, (word, _) in enumerate(instructions) if word == "FROM"]
    return instructions[starts[-1] :]


def only(instructions: list[tuple[str, str]], word: str) -> str:
    (found,) = [rest for name, rest in instructions if name == word]
    return found


def test_every_stage_starts_from_the_image_that_the_role_names(
    instructions: list[tuple[str, str]],
) -> None:
    assert {rest.split()[0] for word, rest in instructions if word == "FROM"} == {"${BASE_IMAGE}"}
    assert instructions[0] == ("ARG", f"BASE_IMAGE={ROLE.defaults['discord_bot_base_image']}")


def test_the_image_gets_nothing_but_what_the_first_stage_installed(
    final: list[tuple[str, str]],
) -> None:
    copied = only(final, "COPY")
    assert re.fullmatch(r"--from=build (/opt/\S+) \1", copied)
    assert {word for word, _ in final}.isdisjoint({"ADD", "RUN"})


def test_what_pip_was_told_stays_behind() -> None:
    assert "rm -rf /opt/bot/packages" in DOCKERFILE


def test_its_user_is_the_pods_and_not_root(final: list[tuple[str, str]]) -> None:
    pod = ROLE.variables["_discord_bot_user"]
    assert only(final, "USER") == f"{pod['runAsUser']}:{pod['runAsGroup']}"
    assert pod["runAsUser"] > 0


def test_it_is_installed_where_the_pods_look_for_it(final: list[tuple[str, str]]) -> None:
    place = only(final, "COPY").split()[-1]
    assert f"'{place}' if botwatch_on_k3s" in ROLE.variables["_discord_bot_release"]


def test_it_is_installed_as_on_a_host(instructions: list[tuple[str, str]]) -> None:
    runs = [rest for word, rest in instructions if word == "RUN"]
    assert len(runs) == 2
    assert all("install_release.py" in run for run in runs)


@pytest.mark.parametrize(
    ("requirements", "is_first"),
    [
        ("discord.py\naiosqlite>=0.19  # a/b\n", True),
        ("aiohttp==3.9.1 \\\n    --hash=sha256:00\n    # via discord/py\n", True),
        ((REPOSITORY / "bot/requirements.txt").read_text(encoding="utf-8"), True),
        ("discord.py\nbotwatch\n", False),
        ("-r requirements/base.txt\n", False),
        ("./vendor/engine\n", False),
    ],
)
def test_what_needs_the_rest_of_the_release_is_not_installed_without_it(
    instructions: list[tuple[str, str]], tmp_path: Path, requirements: str, *, is_first: bool
) -> None:
    run = next(rest for word, rest in instructions if word == "RUN")
    (condition,) = re.findall(r"if (! grep .+?); then +python3", run)
    file = tmp_path / "requirements.txt"
    file.write_text(requirements)
    command = condition.replace("/build/first/source/requirements.txt", str(file))
    assert (subprocess.run(["sh", "-c", command], check=False).returncode == 0) is is_first


def test_every_builder_of_docker_can_read_it() -> None:
    for beyond in ("--mount", "--chmod", "--link", "<<", "# syntax"):
        assert beyond not in DOCKERFILE


def test_all_that_goes_into_it_is_in_the_archive_whose_digest_names_it() -> None:
    variables = ROLE.variables
    assert "files=_discord_bot_release_files" in variables["_discord_bot_archive"]
    assert variables["_discord_bot_release_files"].keys() >= {
        "Dockerfile", "install_release.py", "working_tree.py"
    }  # fmt: skip
