"""What the bot's image is made of, as far as its Dockerfile says."""

from __future__ import annotations

import json
import re
import tomllib

import install_release
import pytest
from plugins.lookup.source_archive import source_files

from repo.roles import REPOSITORY, Role

BOT = REPOSITORY / "bot"
ROLE = Role(REPOSITORY / "roles/discord_bot")
# Instructions of several lines, each on one.
DOCKERFILE = (BOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")


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


def test_its_user_is_the_pods_and_not_root(final: list[tuple[str, str]]) -> None:
    pod = ROLE.read("vars/main.yml")["_discord_bot_user"]
    assert only(final, "USER") == f"{pod['runAsUser']}:{pod['runAsGroup']}"
    assert pod["runAsUser"] > 0


def test_it_starts_the_bots_command(final: list[tuple[str, str]]) -> None:
    (program,) = json.loads(only(final, "ENTRYPOINT"))
    (command,) = tomllib.loads((BOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert program == f"{only(final, 'COPY').split()[-1]}/bin/{command}"


def test_its_packages_are_installed_as_on_a_host() -> None:
    said = " ".join(DOCKERFILE.split())
    for options in (install_release.LOCKED, install_release.ITSELF):
        assert " ".join(options) in said


def test_every_builder_of_docker_can_read_it() -> None:
    for beyond in ("--mount", "--chmod", "--link", "<<", "# syntax"):
        assert beyond not in DOCKERFILE


def test_all_that_goes_into_it_is_in_the_source_whose_digest_names_it() -> None:
    shipped = {str(path) for path in source_files(BOT)}
    assert {"Dockerfile", "README.md", "pyproject.toml", "requirements.txt"} <= shipped
