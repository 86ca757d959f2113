"""Check the files of an air-gapped k3s on the controller, before anything is changed.

What is installed already is not read again: hundreds of megabytes need not be hashed to see that
nothing has changed.
"""

from __future__ import annotations

import hashlib
import struct
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

DOCUMENTATION = """
name: k3s_artifacts
short_description: Check the files of an air-gapped k3s on the controller
description:
  - Returns what is to be installed, and one sentence per fault. It never fails itself.
options:
  folder:
    description: The folder with the files, as a release of k3s names them, and images/*.tar.
    type: str
    required: true
  version:
    description: The version of k3s that they are to be.
    type: str
    required: true
  architecture:
    description: The host's architecture, as releases of k3s name it.
    type: str
    required: true
  checksum:
    description: The SHA-256 that the binary must have; empty if nobody knows it beforehand.
    type: str
  release_url:
    description: Where that release can be downloaded.
    type: str
    required: true
  installed:
    description: The records of what is installed, by file name.
    type: dict
    required: true
"""

# What an ELF file says about the processor that it was built for.
MACHINES = {62: "amd64", 183: "arm64"}
ELF_HEADER = struct.Struct("<4sBBB9xHHIQQQIHHHHHH")
LITTLE_64_BIT = (2, 1)
ARCHIVES = (".tar.zst", ".tar.gz", ".tar")
INDEXES = {"manifest.json", "index.json"}
CHUNK = 1024 * 1024

Variables = dict[str, Any]


@dataclass(frozen=True)
class Release:
    """The release that the files must be."""

    version: str
    architecture: str
    checksum: str
    url: str

    @property
    def binary(self) -> str:
        """The binary's name in the release."""
        return "k3s" if self.architecture == "amd64" else f"k3s-{self.architecture}"

    @property
    def sums(self) -> str:
        """The name of the list of checksums."""
        return f"sha256sum-{self.architecture}.txt"

    def download(self, name: str) -> str:
        """Say where one of its files is."""
        return f"download it from {self.url}/{name}"


@dataclass
class Findings:
    """What is to be installed, and what stands against it."""

    faults: list[str] = field(default_factory=list)
    binary: Variables = field(default_factory=dict)
    images: list[Variables] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)


def sha256(path: Path) -> str:
    """Compute a file's SHA-256."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def read_sums(text: str) -> dict[str, str]:
    """Read a list of checksums, as sha256sum writes it."""
    rows = [line.split() for line in text.splitlines()]
    return {row[1].lstrip("*"): row[0].lower() for row in rows if len(row) == 2}  # noqa: PLR2004 # sum and name


def elf_fault(path: Path, release: Release) -> str:
    """Say what is wrong with a binary that its own header tells; empty if nothing."""
    with path.open("rb") as file:
        head = file.read(ELF_HEADER.size)
    if len(head) < ELF_HEADER.size or not head.startswith(b"\x7fELF"):
        return ""
    _, bits, order, _, _, machine, _, _, _, table, *_, size, count, _ = ELF_HEADER.unpack(head)
    if (bits, order) != LITTLE_64_BIT or MACHINES.get(machine) != release.architecture:
        built_for = MACHINES.get(machine, "another processor")
        return (
            f"{path} is built for {built_for}, but the host is {release.architecture}:"
            f" {release.download(release.binary)}."
        )
    if path.stat().st_size < table + size * count:
        return f"{path} is cut short: {release.download(release.binary)} again."
    return ""


def archive_fault(path: Path) -> str:
    """Say what is wrong with an archive of images; empty if nothing."""
    try:
        with tarfile.open(path, "r:") as archive:
            names = set(archive.getnames())
    except (tarfile.TarError, EOFError) as error:
        return f"{path} is no whole tar archive ({error}): make it again with docker save."
    if not names & INDEXES:
        return f"{path} is no archive of container images: make it with docker save."
    return ""


class Folder:
    """The folder with the files."""

    def __init__(self, path: Path, release: Release, installed: dict[str, str]) -> None:
        self.path = path
        self.release = release
        self.installed = installed
        self.findings = Findings()

    def examine(self) -> Findings:
        """Look at all that is to be installed."""
        if not self.path.is_dir():
            self._fault(
                f"botwatch_airgap_dir names {self.path}, but there is no such folder on this"
                " machine: correct it, or leave it empty to download k3s."
            )
            return self.findings
        sums = self._sums()
        if sums is not None:
            self._examine_binary(sums)
            self._examine_k3s_images(sums)
        self._examine_other_images()
        wanted = {image["name"] for image in self.findings.images} | self._images_in_place
        self.findings.stale = sorted(
            name for name in self.installed if name.endswith(ARCHIVES) and name not in wanted
        )
        return self.findings

    def _fault(self, sentence: str) -> None:
        self.findings.faults.append(sentence)

    def _sums(self) -> dict[str, str] | None:
        file = self.path / self.release.sums
        if not file.is_file():
            self._fault(f"{file} is missing: {self.release.download(file.name)}.")
            return None
        return read_sums(file.read_text(encoding="utf-8", errors="replace"))

    def _expected(self, sums: dict[str, str], name: str) -> str:
        """Look up the checksum of a file; tell if there is none."""
        if name not in sums:
            self._fault(
                f"{self.path / self.release.sums} has no checksum of {name}, so it is of another"
                f" release or cut short: {self.release.download(self.release.sums)} again."
            )
        return sums.get(name, "")

    def _examine_binary(self, sums: dict[str, str]) -> None:
        release = self.release
        expected = self._expected(sums, release.binary)
        if not expected:
            return
        if release.checksum and expected != release.checksum:
            self._fault(
                f"{self.path / release.sums} is not that of k3s {release.version}, whose binary has"
                f" the SHA-256 {release.checksum}: put the files of that release into the folder,"
                " or set k3s_version (and k3s_sha256) to the release that they are of."
            )
            return
        if self.installed.get(f"k3s-{release.version}", "").split(" ")[0] == expected:
            return
        names = [release.binary, "k3s"]
        path = next((self.path / name for name in names if (self.path / name).is_file()), None)
        if path is None:
            self._fault(
                f"{self.path / release.binary} is missing: {release.download(release.binary)}."
            )
            return
        fault = elf_fault(path, release) or self._sum_fault(path, expected)
        if fault:
            self._fault(fault)
        else:
            self.findings.binary = {"src": str(path), "record": expected}

    def _sum_fault(self, path: Path, expected: str) -> str:
        found = sha256(path)
        if found == expected:
            return ""
        name = self.release.binary if path.name == "k3s" else path.name
        return (
            f"{path} has not the SHA-256 that {self.release.sums} names ({found} instead of"
            f" {expected}), so it is cut short, damaged or of another release:"
            f" {self.release.download(name)} again."
        )

    def _examine_k3s_images(self, sums: dict[str, str]) -> None:
        names = [f"k3s-airgap-images-{self.release.architecture}{suffix}" for suffix in ARCHIVES]
        path = next((self.path / name for name in names if (self.path / name).is_file()), None)
        if path is None:
            self._fault(
                f"{self.path / names[0]} is missing, and so is one that ends in .tar.gz or .tar:"
                f" {self.release.download(names[0])}."
            )
            return
        expected = self._expected(sums, path.name)
        if not expected or self.installed.get(path.name, "").split(" ")[0] == expected:
            return
        fault = self._sum_fault(path, expected)
        if fault:
            self._fault(fault)
        else:
            self._install(path, expected)

    def _examine_other_images(self) -> None:
        for path in sorted((self.path / "images").glob("*.tar")):
            if not path.is_file():
                self._fault(f"{path} is no file, or a link to none: put the archive there.")
                continue
            record = self.installed.get(path.name, "")
            # Read only if it was touched since.
            if record.endswith(f" {times(path)}"):
                continue
            checksum = sha256(path)
            if record.split(" ")[0] == checksum:
                continue
            fault = archive_fault(path)
            if fault:
                self._fault(fault)
            else:
                self._install(path, f"{checksum} {times(path)}")

    def _install(self, path: Path, record: str) -> None:
        self.findings.images.append({"src": str(path), "name": path.name, "record": record})

    @property
    def _images_in_place(self) -> set[str]:
        """The names of archives that are here, to be installed or not."""
        others = {path.name for path in (self.path / "images").glob("*.tar")}
        names = [f"k3s-airgap-images-{self.release.architecture}{suffix}" for suffix in ARCHIVES]
        return others | set([name for name in names if (self.path / name).is_file()][:1])


def times(path: Path) -> str:
    """Say a file's size and when it was last written."""
    status = path.stat()
    return f"{status.st_size} {status.st_mtime_ns}"


class ActionModule(ActionBase):
    """Check the files on this machine."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: Variables | None = None) -> Variables:
        """Check the files; see DOCUMENTATION."""
        result: Variables = super().run(tmp, task_vars)
        args = self._task.args
        release = Release(
            args["version"], args["architecture"], args.get("checksum", ""), args["release_url"]
        )
        folder = Folder(Path(args["folder"]).expanduser(), release, args["installed"])
        findings = folder.examine()
        return {
            **result,
            "changed": False,
            "faults": findings.faults,
            "binary": findings.binary,
            "images": findings.images,
            "stale_images": findings.stale,
        }
