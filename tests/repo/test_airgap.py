"""The air-gap directory must contain every image that the manifests name."""

from __future__ import annotations

import re

from repo.roles import REPOSITORY, ROLES, Role, each_role

NEEDS = "meta/airgap.yml"
IMAGE = re.compile(r"^\s+image: \{\{ (\w+) \}\}$", re.MULTILINE)
# Of either of these two: a ready image, or one that is built.
BUILT = {"_discord_bot_image": {"discord_bot_image", "discord_bot_base_image"}}


def images_of(role: Role) -> set[str]:
    """Name the variables of the images that a role's templates name."""
    texts = [path.read_text() for path in role.path.glob("templates/kubernetes/*.j2")]
    found = {name for text in texts for name in IMAGE.findall(text)}
    return {name for image in found for name in BUILT.get(image, {image})}


@each_role
def test_the_images_of_a_role_are_those_that_it_is_said_to_need(role: Role) -> None:
    needed = {entry["variable"] for entry in role.read(NEEDS) or []}
    assert needed == images_of(role)


def test_there_are_images() -> None:
    assert sum(len(images_of(role)) for role in ROLES) > 5


@each_role
def test_no_image_is_named_elsewhere(role: Role) -> None:
    for path in role.path.glob("templates/kubernetes/*.j2"):
        named = re.findall(r"^\s+image: .*$", path.read_text(), re.MULTILINE)
        assert len(named) == len(IMAGE.findall(path.read_text())), path


def test_the_bots_own_image_is_never_asked_of_a_registry() -> None:
    variables = Role(REPOSITORY / "roles/discord_bot").variables
    assert variables["_discord_bot_image_name"].startswith("localhost/")
