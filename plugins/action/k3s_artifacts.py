"""Check the files of an air-gapped k3s on the controller, before anything is changed.

What is installed already is not read again: hundreds of megabytes need not be hashed to see that
nothing has changed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ..plugin_utils.airgap.archives import (
    Image,
    UnreadableError,
    full_name,
    images_in,
    names_in_compressed,
)
from ..plugin_utils.airgap.findings import Findings, State
from ..plugin_utils.airgap.needs import Need, Store
from ..plugin_utils.airgap.wheels import Target, examine_wheels
from ..plugin_utils.paths import locate, sha256
from ..plugin_utils.roles import find_role, read_role_file, role_templar

if TYPE_CHECKING:
    from collections.abc import Sequence


ARCHIVES = (".tar.zst", ".tar.gz", ".tar")
NEEDS = "meta/airgap.yml"

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


def read_sums(text: str) -> dict[str, str]:
    """Read a list of checksums, as sha256sum writes it."""
    rows = [line.split() for line in text.splitlines()]
    return {row[1].lstrip("*"): row[0].lower() for row in rows if len(row) == 2}  # noqa: PLR2004 # sum and name


class AirgapDirectory:
    """The directory with the files, and the records of what the host has of them."""

    def __init__(self, path: Path, release: Release, records: dict[str, str]) -> None:
        self.path = path
        self.release = release
        self.records = records
        self.findings = Findings()

    def examine(self, needs: Sequence[Need] = ()) -> Findings:
        """Look at all that is to be installed, and at what roles need."""
        sums = self._sums()
        self._examine_binary(sums)
        self._examine_k3s_images(sums)
        archives = self._examine_other_images()
        store = Store(self.path / "images", self.release.architecture, archives)
        store.examine(list(needs), self.findings)
        self._examine_packages(store, needs)
        self._list_extras()
        wanted = {image["name"] for image in self.findings.images} | self._images_in_place
        installed = {name for name in self.records if name.endswith(ARCHIVES)}
        self.findings.stale = sorted(installed - wanted)
        return self.findings

    def _note(self, name: str, state: State, says: str = "") -> None:
        self.findings.note(name, state, says)

    def _sums(self) -> dict[str, str] | None:
        file = self.path / self.release.sums
        if not file.is_file():
            says = f"{file} is missing: {self.release.download(file.name)}."
            self._note(file.name, "missing", says)
            return None
        self._note(file.name, "ok")
        return read_sums(file.read_text(encoding="utf-8", errors="replace"))

    def _has(self, name: str, checksum: str) -> bool:
        """Say whether a file was installed with this checksum."""
        return self.records.get(name, "").split(" ")[0] == checksum

    def _examine_binary(self, sums: dict[str, str] | None) -> None:
        release = self.release
        pinned = release.checksum
        if sums and pinned and sums.get(release.binary, pinned) != pinned:
            says = (
                f"{self.path / release.sums} is not that of k3s {release.version}, whose binary has"
                f" the SHA-256 {pinned}: put the files of that release into the directory,"
                " or set k3s_version (and k3s_sha256) to the release that they are of."
            )
            self._note(release.sums, "wrong", says)
            return
        path = self._first([release.binary, "k3s"])
        checksum = self._examine_published(path, release.binary, f"k3s-{release.version}", sums)
        if path and checksum:
            self.findings.binary = {"src": str(path), "record": checksum}

    def _examine_k3s_images(self, sums: dict[str, str] | None) -> None:
        path = self._first(self._k3s_archives)
        if path is None:
            name = self._k3s_archives[0]
            says = (
                f"{self.path / name} is missing, and so is one that ends in .tar.gz or .tar:"
                f" {self.release.download(name)}."
            )
            self._note(name, "missing", says)
            return
        checksum = self._examine_published(path, path.name, path.name, sums)
        if checksum:
            self._install(path, checksum, names_in_compressed(path))

    def _examine_published(
        self, path: Path | None, name: str, record: str, sums: dict[str, str] | None
    ) -> str:
        """Check a file of the release; give its checksum if it is to be installed."""
        expected, found = (sums or {}).get(name, ""), ""
        if sums is not None and not expected:
            says = (
                f"{self.path / self.release.sums} has no checksum of {name}, so it is of another"
                f" release or cut short: {self.release.download(self.release.sums)} again."
            )
            self._note(name, "wrong", says)
        elif expected and self._has(record, expected):
            self._note(name, "ok", "is on the host already")
        elif path is None:
            says = f"{self.path / name} is missing: {self.release.download(name)}."
            self._note(name, "missing", says)
        elif not expected:
            self._note(path.name, "optional", f"cannot be checked without {self.release.sums}")
        elif (found := sha256(path)) == expected:
            self._note(path.name, "ok", f"has the SHA-256 {expected}")
        else:
            says = (
                f"{path} has not the SHA-256 that {self.release.sums} names ({found} instead of"
                f" {expected}), so it is cut short, damaged, of another release or for another"
                f" processor: {self.release.download(name)} again."
            )
            self._note(path.name, "wrong", says)
        return expected if found == expected else ""

    def _examine_other_images(self) -> dict[str, list[Image]]:
        """Check the archives that were touched since; give the images of all of them."""
        found: dict[str, list[Image]] = {}
        for path in sorted((self.path / "images").glob("*.tar")):
            if not path.is_file():
                says = f"{path} is no file, or a link to none: put the archive there."
                self._note(f"images/{path.name}", "wrong", says)
                continue
            try:
                found[path.name] = images_in(path)
            except UnreadableError as error:
                self._note(f"images/{path.name}", "wrong", str(error))
                continue
            names = [image.name for image in found[path.name]]
            record = self.records.get(path.name, "")
            # Hashed only if it was touched since.
            is_recorded = record.endswith(f" {times(path)}")
            checksum = "" if is_recorded else sha256(path)
            if not is_recorded and not self._has(path.name, checksum):
                self._install(path, f"{checksum} {times(path)}", names)
        return found

    def _examine_packages(self, store: Store, needs: Sequence[Need]) -> None:
        """Check the packages of what is built upon an image."""
        for need in needs:
            if need.source and not store.holder(need.instead):
                target = Target(need.image, self.release.architecture)
                lock = Path(need.source).resolve() / "requirements.txt"
                if lock.is_file():
                    examine_wheels(self.path / "wheels", lock, target, self.findings)

    def _list_extras(self) -> None:
        """Note what lies in the directory and is not used."""
        used = {self.release.binary, "k3s", self.release.sums, "images", "wheels"}
        used |= {row.name for row in self.findings.rows}
        directories = (self.path, self.path / "images")
        files = [
            path for directory in directories if directory.is_dir() for path in directory.iterdir()
        ]
        for path in sorted(files):
            name = str(path.relative_to(self.path))
            if name in used or (path.parent.name == "images" and path.suffix == ".tar"):
                continue
            self._note(name, "extra", "is not used: see above for what is")

    def _install(self, path: Path, record: str, contents: list[str]) -> None:
        image = {"src": str(path), "name": path.name, "record": record, "contents": contents}
        self.findings.images.append(image)

    def _first(self, names: list[str]) -> Path | None:
        """Find the first of these files that is there."""
        return next((self.path / name for name in names if (self.path / name).is_file()), None)

    @property
    def _k3s_archives(self) -> list[str]:
        """The names that k3s' own archive may have, the best first."""
        return [f"k3s-airgap-images-{self.release.architecture}{suffix}" for suffix in ARCHIVES]

    @property
    def _images_in_place(self) -> set[str]:
        """The names of archives that are here, to be installed or not."""
        paths = [*(self.path / "images").glob("*.tar"), self._first(self._k3s_archives)]
        return {path.name for path in paths if path}


def times(path: Path) -> str:
    """Say a file's size and when it was last written."""
    status = path.stat()
    return f"{status.st_size} {status.st_mtime_ns}"


class ActionModule(ActionBase):
    """Check the files on this machine."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: Variables | None = None) -> Variables:
        """Check the files; see plugins/modules/k3s_artifacts.py."""
        result: Variables = super().run(tmp, task_vars)
        args = self._task.args
        release = Release(
            args["version"], args["architecture"], args.get("checksum", ""), args["release_url"]
        )
        path = locate(args["directory"]) if args["directory"] else Path("airgap")
        needs = [
            need for name in args.get("roles", []) for need in self._needs(name, task_vars or {})
        ]
        directory = AirgapDirectory(path, release, args.get("installed", {}))
        findings = directory.examine(merge(needs))
        faults = findings.faults if path.is_dir() else [no_directory(args["directory"])]
        return {
            **result,
            "changed": False,
            "faults": faults,
            "rows": [asdict(row) for row in findings.rows],
            "binary": findings.binary,
            "images": findings.images,
            "stale_images": findings.stale,
        }

    def _needs(self, name: str, given: Variables) -> list[Need]:
        """Read which images a role needs, as its variables name them."""
        templar = role_templar(self, name, given)
        needs = read_role_file(self._loader, find_role(name) / NEEDS) or []
        return [
            Need(
                str(templar.template(templar.available_variables[entry["variable"]])),
                entry["variable"],
                boolean(entry.get("required", True)),
                str(entry.get("instead", "")),
                str(entry.get("source", "")),
                str(entry.get("context", "")),
            )
            for entry in templar.template(needs)
            if boolean(entry.get("used", True))
        ]


def merge(needs: list[Need]) -> list[Need]:
    """Let an image that several roles need stand once, with the names of all variables."""
    merged: dict[tuple[str, str], Need] = {}
    for need in needs:
        key = (full_name(need.image), need.instead)
        before = merged.get(key)
        variables = f"{before.variable}, {need.variable}" if before else need.variable
        is_required = need.is_required or bool(before and before.is_required)
        merged[key] = replace(need, variable=variables, is_required=is_required)
    return list(merged.values())


def no_directory(given: str) -> str:
    """Say that there is no such directory."""
    return (
        f"botwatch_airgap_dir names {given}, but there is no such directory on this machine:"
        " correct it, or leave it empty to download k3s."
        if given
        else "botwatch_airgap_dir is not set: name the directory with -e botwatch_airgap_dir=DIR."
    )
