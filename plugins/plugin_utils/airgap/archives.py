"""Archives of container images: which images they hold, and for which processor."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MANIFEST, INDEX = "manifest.json", "index.json"
# Where containerd writes the whole name of an image.
NAME = "io.containerd.image.name"
DEFAULT_REGISTRY, DEFAULT_OWNER = "docker.io", "library"
ZSTD = ["zstd", "--decompress", "--stdout", "--quiet"]

Data = dict[str, Any]


class UnreadableError(ValueError):
    """A file is no archive of images; the message says why and what to do."""


@dataclass(frozen=True)
class Image:
    """One image in an archive: its full name, and the processor it is for (empty: not known)."""

    name: str
    architecture: str = ""


def full_name(name: str) -> str:
    """Write an image's name as containerd does: with its registry, its owner and its tag."""
    registry, slash, rest = name.partition("/")
    if not (slash and (registry == "localhost" or "." in registry or ":" in registry)):
        registry, rest = DEFAULT_REGISTRY, name
    if registry == DEFAULT_REGISTRY and "/" not in rest:
        rest = f"{DEFAULT_OWNER}/{rest}"
    if "@" not in rest and ":" not in rest.rpartition("/")[2]:
        rest = f"{rest}:latest"
    return f"{registry}/{rest}"


def short_name(name: str) -> str:
    """Write an image's name as people do, without Docker's own registry."""
    name = full_name(name).removeprefix(f"{DEFAULT_REGISTRY}/")
    return name.removeprefix(f"{DEFAULT_OWNER}/")


def images_in(path: Path) -> list[Image]:
    """List the images in an archive that docker save or one like it has written.

    Raises:
        UnreadableError: the file is no such archive.
    """
    try:
        with tarfile.open(path, "r:") as archive:
            names = set(archive.getnames())
            if not names & {MANIFEST, INDEX}:
                message = f"{path} is no archive of container images: make it with docker save."
                raise UnreadableError(message)
            manifest = read_json(archive, MANIFEST) if MANIFEST in names else []
            index = read_json(archive, INDEX) if INDEX in names else {}
            return [*of_manifest(manifest, archive), *of_index(index, manifest)]
    except (tarfile.TarError, EOFError, OSError) as error:
        message = f"{path} is no whole tar archive ({error}): make it again with docker save."
        raise UnreadableError(message) from error


def read_json(archive: tarfile.TarFile, name: str) -> Any:  # whatever the file holds
    """Read a JSON file in an archive; one that is absent or broken is empty."""
    try:
        file = archive.extractfile(name)
        return json.load(file) if file else {}
    except (KeyError, ValueError):
        return {}


def of_manifest(manifest: list[Data], archive: tarfile.TarFile) -> Iterator[Image]:
    """Give the images that the list of docker save names."""
    for entry in manifest:
        config = read_json(archive, entry.get("Config", ""))
        for name in entry.get("RepoTags") or []:
            yield Image(full_name(name), config.get("architecture", ""))


def of_index(index: Data, manifest: list[Data]) -> Iterator[Image]:
    """Give the images that only an OCI index names."""
    known = {full_name(name) for entry in manifest for name in entry.get("RepoTags") or []}
    for entry in index.get("manifests", []):
        name = entry.get("annotations", {}).get(NAME)
        if name and full_name(name) not in known:
            yield Image(full_name(name), entry.get("platform", {}).get("architecture", ""))


def names_in_compressed(path: Path) -> list[str]:
    """List the names of the images in an archive of k3s; none if it cannot be read here.

    k3s publishes it as .tar, .tar.gz and .tar.zst; the last is read with the program zstd.
    """
    try:
        with opened(path) as archive:
            file = next(archive.extractfile(entry) for entry in archive if entry.name == MANIFEST)
            images = json.load(cast("IO[bytes]", file))
    except (tarfile.TarError, EOFError, OSError, ValueError, StopIteration):
        return []
    return [full_name(name) for image in images for name in image.get("RepoTags") or []]


@contextmanager
def opened(path: Path) -> Iterator[tarfile.TarFile]:
    """Open an archive, compressed or not, to be read once."""
    if path.suffix != ".zst":
        with tarfile.open(path, "r:*" if path.suffix == ".tar" else "r|*") as archive:
            yield archive
        return
    if shutil.which(ZSTD[0]) is None:
        message = f"{ZSTD[0]} is not installed"
        raise OSError(message)
    with subprocess.Popen([*ZSTD, str(path)], stdout=subprocess.PIPE) as process:
        try:
            stream = cast("IO[bytes]", process.stdout)
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                yield archive
        finally:
            process.terminate()
