"""The action k3s_artifacts: what is wrong with files, and what is to be installed of them."""

from __future__ import annotations

import hashlib
import io
import struct
import tarfile
from pathlib import Path

import pytest
from plugins.action.k3s_artifacts import ELF_HEADER, Findings, Folder, Release

from unit.playbooks import run_tasks

URL = "https://example.org/releases/v1.36.4%2Bk3s1"
SUMS = "sha256sum-amd64.txt"
ARCHIVE = "k3s-airgap-images-amd64.tar.zst"
MACHINES = {"amd64": 62, "arm64": 183, "s390x": 22}


def elf(machine: str, *, whole: bool = True) -> bytes:
    """Make the smallest file that says which processor it is for."""
    sections, kind = 2, MACHINES[machine]
    head = ELF_HEADER.pack(
        b"\x7fELF", 2, 1, 1, 2, kind, 1, 0, 0, ELF_HEADER.size, 0, 64, 0, 0, 64, sections, 0
    )
    return head + bytes(64 * sections if whole else 10)


def image() -> bytes:
    """Make an archive as `docker save` does, as far as its look goes."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, size in (("layer.tar", 5000), ("manifest.json", 2)):
            entry = tarfile.TarInfo(name)
            entry.size = size
            archive.addfile(entry, io.BytesIO(bytes(size)))
    return packed.getvalue()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Artifacts:
    """A folder with the files of a release."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write("k3s", elf("amd64"))
        self.write(ARCHIVE, b"images")
        self.write("images/python.tar", image())
        self.sum("k3s", ARCHIVE)

    def write(self, name: str, content: bytes) -> None:
        (self.path / name).parent.mkdir(exist_ok=True)
        (self.path / name).write_bytes(content)

    def sum(self, *names: str, to: str = SUMS) -> None:
        lines = [f"{digest((self.path / name).read_bytes())}  {name}\n" for name in names]
        (self.path / to).write_text("".join(lines))

    def examine(
        self, installed: dict[str, str] | None = None, checksum: str = "", arch: str = "amd64"
    ) -> Findings:
        release = Release("v1.36.4+k3s1", arch, checksum, URL)
        return Folder(self.path, release, installed or {}).examine()


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    return Artifacts(tmp_path)


def test_sound_files_are_to_be_installed(artifacts: Artifacts) -> None:
    found = artifacts.examine(checksum=digest(elf("amd64")))
    assert found.faults == []
    assert found.binary == {"src": str(artifacts.path / "k3s"), "record": digest(elf("amd64"))}
    assert [it["name"] for it in found.images] == [ARCHIVE, "python.tar"]
    assert found.stale == []


def records_of(found: Findings) -> dict[str, str]:
    records = {image["name"]: image["record"] for image in found.images}
    return {**records, "k3s-v1.36.4+k3s1": found.binary["record"]}


def test_what_is_installed_is_not_read_again(artifacts: Artifacts) -> None:
    records = records_of(artifacts.examine())
    (artifacts.path / "k3s").unlink()
    found = artifacts.examine(records)
    assert (found.faults, found.binary, found.images, found.stale) == ([], {}, [], [])


def test_an_image_that_was_only_touched_is_not_installed_again(artifacts: Artifacts) -> None:
    records = records_of(artifacts.examine())
    artifacts.write("images/python.tar", image())
    assert artifacts.examine(records).images == []


def test_images_that_are_not_given_any_more_are_stale(artifacts: Artifacts) -> None:
    records = records_of(artifacts.examine())
    (artifacts.path / "images/python.tar").unlink()
    (artifacts.path / ARCHIVE).rename(artifacts.path / "k3s-airgap-images-amd64.tar")
    artifacts.sum("k3s", "k3s-airgap-images-amd64.tar")
    found = artifacts.examine(records)
    assert found.stale == [ARCHIVE, "python.tar"]
    assert [it["name"] for it in found.images] == ["k3s-airgap-images-amd64.tar"]


def test_the_best_compressed_archive_is_taken(artifacts: Artifacts) -> None:
    artifacts.write("k3s-airgap-images-amd64.tar.gz", b"gz")
    artifacts.sum("k3s", ARCHIVE, "k3s-airgap-images-amd64.tar.gz")
    assert artifacts.examine().images[0]["name"] == ARCHIVE


@pytest.mark.parametrize("name", ["k3s-arm64", "k3s"])
def test_the_binary_may_have_its_name_in_the_release_or_a_plain_one(
    artifacts: Artifacts, name: str
) -> None:
    (artifacts.path / "k3s").unlink()
    artifacts.write(name, elf("arm64"))
    artifacts.write("k3s-airgap-images-arm64.tar.gz", b"images")
    sums = (
        f"{digest(elf('arm64'))} *k3s-arm64\n{digest(b'images')}  k3s-airgap-images-arm64.tar.gz\n"
    )
    artifacts.write("sha256sum-arm64.txt", sums.encode())
    found = artifacts.examine(arch="arm64")
    assert found.faults == []
    assert found.binary["src"] == str(artifacts.path / name)


def fault_of(found: Findings) -> str:
    (fault,) = found.faults
    return fault


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "nowhere", Release("v1.36.4+k3s1", "amd64", "", URL), {})
    assert "there is no such folder on this machine" in fault_of(folder.examine())


@pytest.mark.parametrize("name", [SUMS, "k3s", ARCHIVE])
def test_a_missing_file_is_told_with_its_address(artifacts: Artifacts, name: str) -> None:
    (artifacts.path / name).unlink()
    fault = fault_of(artifacts.examine())
    assert fault.startswith(f"{artifacts.path / name} is missing")
    assert f"download it from {URL}/{name}" in fault


def test_a_checksum_that_does_not_match_is_told(artifacts: Artifacts) -> None:
    artifacts.write(ARCHIVE, b"other images")
    fault = fault_of(artifacts.examine())
    assert f"{artifacts.path / ARCHIVE} has not the SHA-256 that {SUMS} names" in fault
    assert f"download it from {URL}/{ARCHIVE} again" in fault


def test_a_binary_that_is_cut_short_is_told(artifacts: Artifacts) -> None:
    artifacts.write("k3s", elf("amd64", whole=False))
    assert f"{artifacts.path / 'k3s'} is cut short" in fault_of(artifacts.examine())


def test_an_empty_binary_is_told(artifacts: Artifacts) -> None:
    artifacts.write("k3s", b"")
    assert "has not the SHA-256" in fault_of(artifacts.examine())


@pytest.mark.parametrize(("machine", "said"), [("arm64", "arm64"), ("s390x", "another processor")])
def test_a_binary_for_another_processor_is_told(
    artifacts: Artifacts, machine: str, said: str
) -> None:
    artifacts.write("k3s", elf(machine))
    artifacts.sum("k3s", ARCHIVE)
    fault = fault_of(artifacts.examine())
    assert f"is built for {said}, but the host is amd64" in fault


def test_a_list_of_checksums_without_the_file_is_told(artifacts: Artifacts) -> None:
    artifacts.sum("k3s")
    fault = fault_of(artifacts.examine())
    assert f"{SUMS} has no checksum of {ARCHIVE}" in fault


def test_files_of_another_release_than_the_pinned_one_are_told(artifacts: Artifacts) -> None:
    fault = fault_of(artifacts.examine(checksum="0" * 64))
    assert "is not that of k3s v1.36.4+k3s1" in fault
    assert "set k3s_version" in fault


def test_an_image_that_is_cut_short_is_told(artifacts: Artifacts) -> None:
    artifacts.write("images/python.tar", image()[:3000])
    fault = fault_of(artifacts.examine())
    assert f"{artifacts.path / 'images/python.tar'} is no whole tar archive" in fault


def test_a_link_to_nothing_is_told(artifacts: Artifacts) -> None:
    (artifacts.path / "images/other.tar").symlink_to("nowhere.tar")
    assert "other.tar is no file, or a link to none" in fault_of(artifacts.examine())


def test_an_archive_without_images_is_told(artifacts: Artifacts) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("readme"))
    artifacts.write("images/python.tar", packed.getvalue())
    assert "is no archive of container images" in fault_of(artifacts.examine())


def test_all_faults_are_told_at_once_and_the_action_does_not_fail(artifacts: Artifacts) -> None:
    artifacts.write("k3s", b"other")
    (artifacts.path / ARCHIVE).unlink()
    arguments = {
        "folder": str(artifacts.path),
        "version": "v1.36.4+k3s1",
        "architecture": "amd64",
        "checksum": "",
        "release_url": URL,
        "installed": {},
    }
    task = {"name": "Look", "k3s_artifacts": arguments}
    run = run_tasks(artifacts.path, [task])
    assert run.returncode == 0
    assert len(run.results["Look"]["faults"]) == 2
    assert run.results["Look"]["changed"] is False


def test_a_real_program_is_read_as_what_it_is() -> None:
    """The layout of the header is that of real files, too."""
    with Path("/bin/sh").open("rb") as file:
        head = file.read(ELF_HEADER.size)
    table, size, count = (ELF_HEADER.unpack(head)[place] for place in (9, 14, 15))
    assert struct.calcsize("<QQ") * 4 == size
    assert Path("/bin/sh").stat().st_size >= table + size * count
