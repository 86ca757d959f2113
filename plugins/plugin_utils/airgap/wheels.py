"""The Python packages that the bot's image is built from, as files in an air-gap directory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from ..paths import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .findings import Findings

# The tag of an image with Python names its version, and where it is Alpine Linux.
PYTHON = re.compile(r"python:(3)\.(\d+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
# The C library of Debian 12, and the oldest one that wheels are made for, as they name them: only
# those for x86_64 are made for older ones, which have names of their own.
GLIBC, OLDEST_GLIBC = 36, 17
OLDER_ON = {"x86_64": (5, ("2014", "2010", "1"))}
MUSL = 2


@dataclass(frozen=True)
class Pin:
    """A package of the lock file, and the checksums that its files may have."""

    requirement: Requirement
    hashes: frozenset[str]

    @property
    def title(self) -> str:
        """How it is listed."""
        return f"wheel {self.requirement.name}{self.requirement.specifier}"


@dataclass(frozen=True)
class Target:
    """The Python that the packages are for; without a version it is not known."""

    image: str
    architecture: str

    @property
    def version(self) -> tuple[int, int] | None:
        """Its version, if the image's name tells it."""
        found = PYTHON.search(self.image)
        return (int(found[1]), int(found[2])) if found else None

    @property
    def platforms(self) -> list[str]:
        """The platforms of wheels that it takes."""
        machine = MACHINES.get(self.architecture, self.architecture)
        if "alpine" in self.image:
            return [f"musllinux_1_{minor}_{machine}" for minor in range(MUSL, -1, -1)]
        oldest, names_of_old = OLDER_ON.get(machine, (OLDEST_GLIBC, ("2014",)))
        names = [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC, oldest - 1, -1)]
        return [*names, *(f"manylinux{old}_{machine}" for old in names_of_old)]

    @property
    def tags(self) -> frozenset[Tag] | None:
        """The tags of wheels that it takes; None if that is not known."""
        if self.version is None:
            return None
        return frozenset({
            *cpython_tags(self.version, platforms=self.platforms),
            *compatible_tags(self.version, f"cp3{self.version[1]}", self.platforms),
        })  # fmt: skip

    def needs(self, pin: Pin) -> bool:
        """Say whether it needs a package."""
        if pin.requirement.marker is None or self.version is None:
            return pin.requirement.marker is None
        version = ".".join(map(str, self.version))
        return pin.requirement.marker.evaluate({
            "python_version": version, "python_full_version": f"{version}.0",
            "implementation_name": "cpython", "platform_python_implementation": "CPython",
            "os_name": "posix", "sys_platform": "linux", "platform_system": "Linux",
            "platform_machine": MACHINES.get(self.architecture, self.architecture),
        })  # fmt: skip


def pins_of(lock: str) -> Iterator[Pin]:
    """Read a lock file as pip takes it: one package a line, followed by its checksums."""
    for line in lock.replace("\\\n", " ").splitlines():
        text = HASH.sub("", line.partition(" #")[0]).strip()
        if not text or text.startswith(("#", "-")):
            continue
        try:
            yield Pin(Requirement(text), frozenset(HASH.findall(line)))
        except InvalidRequirement:  # pip itself tells
            continue


def has_file(pin: Pin, directory: Path, target: Target) -> bool:
    """Say whether a wheel of the package is there that fits, and is the expected one."""
    for path in directory.glob("*.whl"):
        try:
            name, version, _, tags = parse_wheel_filename(path.name)
        except InvalidWheelFilename:
            continue
        is_of_pin = name == canonicalize_name(
            pin.requirement.name
        ) and pin.requirement.specifier.contains(version, prereleases=True)
        fits = target.tags is None or bool(tags & target.tags)
        if is_of_pin and fits and (not pin.hashes or sha256(path) in pin.hashes):
            return True
    return False


def examine_wheels(directory: Path, lock: Path, target: Target, findings: Findings) -> None:
    """Note which packages of a lock file are there; without the directory they are downloaded."""
    download = download_command(directory, lock, target)
    if not directory.is_dir():
        findings.note(
            f"{directory.name}/",
            "optional",
            "not there, so the bot's packages are downloaded by pip where its image is built;"
            f" to bring them along, run {download} on a machine with internet",
        )
        return
    for pin in pins_of(lock.read_text(encoding="utf-8")):
        if not target.needs(pin):
            continue
        if has_file(pin, directory, target):
            findings.note(pin.title, "ok", f"in {directory.name}/")
        else:
            name = f"{pin.requirement.name}{pin.requirement.specifier}"
            findings.note(
                pin.title,
                "missing",
                f"No file in {directory} is the wheel of {name} that {lock} pins, for the Python of"
                f" {target.image} on {target.architecture}: on a machine with internet, run"
                f" {download}, and put what it makes there.",
            )


def download_command(directory: Path, lock: Path, target: Target) -> str:
    """Write the command that downloads the packages."""
    version = f" --python-version {'.'.join(map(str, target.version))}" if target.version else ""
    # Those that most wheels are made for.
    usual = ("manylinux_2_28_", "manylinux_2_17_", "manylinux2014_", "musllinux_1_2_")
    platforms = "".join(f" --platform {it}" for it in target.platforms if it.startswith(usual))
    return (
        f"`pip download --only-binary :all: --no-deps --require-hashes{version}{platforms}"
        f" --dest {directory.name} --requirement {lock}`"
    )
