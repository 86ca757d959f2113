"""The images that roles need, found by name in the archives of an air-gap directory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .archives import Image, full_name, short_name

if TYPE_CHECKING:
    from pathlib import Path

    from .findings import Findings, State


@dataclass(frozen=True)
class Need:
    """An image that a role's variable names."""

    image: str
    variable: str
    is_required: bool = True
    instead: str = ""  # an image that makes this one unnecessary
    source: str = ""  # the directory of a Python package that is built upon it
    context: str = ""  # the archive that it is built from

    @property
    def title(self) -> str:
        """How it is listed."""
        return f"image {self.image} ({self.variable})"


@dataclass(frozen=True)
class Store:
    """The archives of a directory, and the images in them."""

    directory: Path
    architecture: str
    archives: dict[str, list[Image]]

    def holder(self, image: str) -> tuple[str, Image] | None:
        """Find the archive that holds an image."""
        wanted = full_name(image)
        held = ((name, item) for name, items in self.archives.items() for item in items)
        return next(((name, item) for name, item in held if item.name == wanted), None)

    def examine(self, needs: list[Need], findings: Findings) -> None:
        """Note which of the needed images are there, then which others are."""
        for need in needs:
            self._examine(need, findings)
        used = {full_name(name) for need in needs for name in (need.image, need.instead) if name}
        for archive, images in self.archives.items():
            if needs and not used & {image.name for image in images}:
                names = ", ".join(short_name(image.name) for image in images) or "no named image"
                findings.note(
                    f"images/{archive}", "extra", f"holds {names}, which nothing here needs"
                )

    def _examine(self, need: Need, findings: Findings) -> None:
        ready = self.holder(need.instead) if need.instead else None
        found = ready or self.holder(need.image)
        title = f"image {need.instead}" if ready else need.title
        if found is None:
            state: State = "missing" if need.is_required else "optional"
            findings.note(title, state, self._remedy(need))
            return
        archive, image = found
        if image.architecture and image.architecture != self.architecture:
            findings.note(
                title,
                "wrong",
                f"{self.directory / archive} holds {short_name(image.name)} for"
                f" {image.architecture}, but the host is {self.architecture}:"
                f" {self._save(short_name(image.name))}.",
            )
            return
        findings.note(title, "ok", f"in images/{archive}")

    def _remedy(self, need: Need) -> str:
        instead = (
            f", or build the image itself there and save it: {self._build(need)}"
            if need.instead
            else ""
        )
        return (
            f"No archive in {self.directory} holds the image {need.image} ({need.variable}):"
            f" {self._save(need.image)}{instead}."
        )

    def _save(self, image: str) -> str:
        file = f"{file_name(image)}.tar"
        return (
            "on a machine with a registry, run"
            f" `docker pull --platform linux/{self.architecture} {image}` and"
            f" `docker save --output {file} {image}`, and put {file} there"
        )

    def _build(self, need: Need) -> str:
        return (
            f"`docker build --platform linux/{self.architecture}"
            f" --build-arg BASE_IMAGE={need.image} --tag {need.instead} - <{need.context}` and"
            f" `docker save --output {file_name(need.instead)}.tar {need.instead}`"
        )


def file_name(image: str) -> str:
    """Make the name of a file from an image's own, without registry and owner."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", image.rpartition("/")[2].partition("@")[0])
