"""The action k3s_artifacts: what is wrong with files, and what is to be installed of them."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from plugins.action.k3s_artifacts import AirgapDirectory, Release, merge
from plugins.plugin_utils.airgap.archives import full_name, names_in_compressed, short_name
from plugins.plugin_utils.airgap.findings import Findings
from plugins.plugin_utils.airgap.needs import Need

from k3s_role.images import save_image
from unit.playbooks import REPOSITORY, Data, Run, run_tasks

URL = "https://example.org/releases/v1.36.4%2Bk3s1"
SUMS = "sha256sum-amd64.txt"
ARCHIVE = "k3s-airgap-images-amd64.tar.zst"
PROGRAM = b"a program"
BASE = "python:3.13-slim"
WEB = "prom/prometheus:v3.5.3"
# As users of the roles name them: two need the same.
NEEDS = [
    Need(BASE, "base_image", instead="localhost/bot:1"),
    Need(BASE, "probe_image"),
    Need(WEB, "web_image"),
]


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
    """A directory with the files of a release."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write("k3s", PROGRAM)
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
        self,
        installed: dict[str, str] | None = None,
        checksum: str = "",
        arch: str = "amd64",
        needs: Sequence[Need] = (),
    ) -> Findings:
        release = Release("v1.36.4+k3s1", arch, checksum, URL)
        return AirgapDirectory(self.path, release, installed or {}).examine(merge([*needs]))

    def states(self, needs: Sequence[Need]) -> dict[str, str]:
        return {row.name: row.state for row in self.examine(needs=needs).rows}


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    return Artifacts(tmp_path)


ARGUMENTS = {
    "directory": "{{ airgap }}",
    "version": "v1.36.4+k3s1",
    "architecture": "amd64",
    "release_url": URL,
}


def ask(folder: Path, artifacts: Path) -> Run:
    """Run the action as a task does."""
    task = {"name": "Look", "botwatch.stack.k3s_artifacts": ARGUMENTS}
    return run_tasks(folder, [task], airgap=str(artifacts))


def test_sound_files_are_to_be_installed(artifacts: Artifacts) -> None:
    found = artifacts.examine(checksum=digest(PROGRAM))
    assert found.faults == []
    assert found.binary == {"src": str(artifacts.path / "k3s"), "record": digest(PROGRAM)}
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
    artifacts.write(name, PROGRAM)
    artifacts.write("k3s-airgap-images-arm64.tar.gz", b"images")
    sums = f"{digest(PROGRAM)} *k3s-arm64\n{digest(b'images')}  k3s-airgap-images-arm64.tar.gz\n"
    artifacts.write("sha256sum-arm64.txt", sums.encode())
    found = artifacts.examine(arch="arm64")
    assert found.faults == []
    assert found.binary["src"] == str(artifacts.path / name)


def fault_of(found: Findings) -> str:
    (fault,) = found.faults
    return fault


def test_a_missing_directory_is_reported(tmp_path: Path) -> None:
    (fault,) = ask(tmp_path, tmp_path / "nowhere").results["Look"]["faults"]
    assert "there is no such directory on this machine" in fault


@pytest.mark.parametrize("name", [SUMS, "k3s", ARCHIVE])
def test_a_missing_file_is_reported_with_its_address(artifacts: Artifacts, name: str) -> None:
    (artifacts.path / name).unlink()
    fault = fault_of(artifacts.examine())
    assert fault.startswith(f"{artifacts.path / name} is missing")
    assert f"download it from {URL}/{name}" in fault


def test_a_checksum_that_does_not_match_is_reported(artifacts: Artifacts) -> None:
    artifacts.write(ARCHIVE, b"other images")
    fault = fault_of(artifacts.examine())
    assert f"{artifacts.path / ARCHIVE} has not the SHA-256 that {SUMS} names" in fault
    assert f"download it from {URL}/{ARCHIVE} again" in fault


@pytest.mark.parametrize("content", [PROGRAM[:3], b"", b"for another processor"])
def test_another_binary_is_reported(artifacts: Artifacts, content: bytes) -> None:
    artifacts.write("k3s", content)
    assert "has not the SHA-256" in fault_of(artifacts.examine())


def test_a_list_of_checksums_without_the_file_is_reported(artifacts: Artifacts) -> None:
    artifacts.sum("k3s")
    fault = fault_of(artifacts.examine())
    assert f"{SUMS} has no checksum of {ARCHIVE}" in fault


def test_files_of_another_release_than_the_pinned_one_are_reported(artifacts: Artifacts) -> None:
    fault = fault_of(artifacts.examine(checksum="0" * 64))
    assert "is not that of k3s v1.36.4+k3s1" in fault
    assert "set k3s_version" in fault


def test_an_image_that_is_cut_short_is_reported(artifacts: Artifacts) -> None:
    artifacts.write("images/python.tar", image()[:3000])
    fault = fault_of(artifacts.examine())
    assert f"{artifacts.path / 'images/python.tar'} is no whole tar archive" in fault


def test_a_link_to_nothing_is_reported(artifacts: Artifacts) -> None:
    (artifacts.path / "images/other.tar").symlink_to("nowhere.tar")
    assert "other.tar is no file, or a link to none" in fault_of(artifacts.examine())


def test_an_archive_without_images_is_reported(artifacts: Artifacts) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("readme"))
    artifacts.write("images/python.tar", packed.getvalue())
    assert "is no archive of container images" in fault_of(artifacts.examine())


def test_all_faults_are_reported_together_and_the_action_does_not_fail(
    artifacts: Artifacts,
) -> None:
    artifacts.write("k3s", b"other")
    (artifacts.path / ARCHIVE).unlink()
    run = ask(artifacts.path, artifacts.path)
    assert run.returncode == 0
    assert len(run.results["Look"]["faults"]) == 2
    assert run.results["Look"]["changed"] is False


def test_needed_images_are_found_by_their_names(artifacts: Artifacts) -> None:
    save_image(artifacts.path / "images/python.tar", f"docker.io/library/{BASE}")
    save_image(artifacts.path / "images/whatever.tar", WEB)
    assert artifacts.states(NEEDS) == {
        SUMS: "ok",
        "k3s": "ok",
        ARCHIVE: "ok",
        f"image {BASE} (base_image)": "ok",
        f"image {BASE} (probe_image)": "ok",
        f"image {WEB} (web_image)": "ok",
    }


def test_a_missing_image_is_reported_with_its_variable_and_the_commands(
    artifacts: Artifacts,
) -> None:
    save_image(artifacts.path / "images/python.tar", BASE)
    save_image(artifacts.path / "images/web.tar", "prom/prometheus:v3.5.2")
    found = artifacts.examine(needs=NEEDS)
    fault = fault_of(found)
    assert f"/images holds the image {WEB} (web_image): " in fault
    assert f"`docker pull --platform linux/amd64 {WEB}`" in fault
    assert f"`docker save --output prometheus-v3.5.3.tar {WEB}`" in fault
    (extra,) = [row for row in found.rows if row.state == "extra"]
    assert extra.says.startswith("holds prom/prometheus:v3.5.2, which nothing here needs")


def test_an_image_that_need_not_be_there_is_no_fault(artifacts: Artifacts) -> None:
    found = artifacts.examine(needs=[Need(WEB, "web_image", is_required=False)])
    assert found.faults == []
    assert [row.state for row in found.rows if WEB in row.name] == ["optional"]


def test_an_image_for_another_processor_is_reported(artifacts: Artifacts) -> None:
    save_image(artifacts.path / "images/web.tar", WEB, architecture="arm64")
    fault = fault_of(artifacts.examine(needs=[Need(WEB, "web_image")]))
    assert f"web.tar holds {WEB} for arm64, but the host is amd64" in fault
    assert "docker pull --platform linux/amd64" in fault


def test_an_image_that_is_ready_needs_none_to_be_built_upon(artifacts: Artifacts) -> None:
    need = Need(BASE, "base_image", instead="localhost/bot:1", context="/the/bot.tar.gz")
    fault = fault_of(artifacts.examine(needs=[need]))
    assert f"--build-arg BASE_IMAGE={BASE} --tag localhost/bot:1 - </the/bot.tar.gz`" in fault
    save_image(artifacts.path / "images/bot.tar", "localhost/bot:1")
    assert artifacts.examine(needs=[need]).faults == []


def test_what_is_not_used_is_listed(artifacts: Artifacts) -> None:
    artifacts.write("k3s-arm64", b"for others")
    artifacts.write("images/python.tar.gz", b"not read")
    states = artifacts.states([])
    assert (states["k3s-arm64"], states["images/python.tar.gz"]) == ("extra", "extra")


def test_the_names_in_an_archive_are_recorded_once(artifacts: Artifacts) -> None:
    save_image(artifacts.path / "images/python.tar", BASE)
    found = artifacts.examine()
    assert found.images[1]["contents"] == [f"docker.io/library/{BASE}"]
    assert artifacts.examine(records_of(found)).images == []


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.zst"])
def test_the_names_in_an_archive_of_k3s_are_read_as_it_is(tmp_path: Path, suffix: str) -> None:
    save_image(tmp_path / "a.tar", WEB)
    path = tmp_path / f"a{suffix}"
    if suffix == ".tar.gz":
        path.write_bytes(gzip.compress((tmp_path / "a.tar").read_bytes()))
    elif suffix == ".tar.zst":
        if not shutil.which("zstd"):
            pytest.skip("there is no zstd on this machine")
        subprocess.run(["zstd", "--quiet", tmp_path / "a.tar", "-o", path], check=True)
    assert names_in_compressed(path) == [f"docker.io/{WEB}"]


def test_an_archive_that_cannot_be_read_has_no_names(tmp_path: Path) -> None:
    for name in ("a.tar", "a.tar.gz", "a.tar.zst"):
        (tmp_path / name).write_bytes(b"no archive")
        assert names_in_compressed(tmp_path / name) == []


@pytest.mark.parametrize(
    ("name", "full", "short"),
    [
        (BASE, f"docker.io/library/{BASE}", BASE),
        ("prom/prometheus", "docker.io/prom/prometheus:latest", "prom/prometheus:latest"),
        (f"docker.io/{BASE}", f"docker.io/library/{BASE}", BASE),
        ("localhost/bot:1", "localhost/bot:1", "localhost/bot:1"),
        ("host:5000/bot:1", "host:5000/bot:1", "host:5000/bot:1"),
        ("registry.k8s.io/a/b:1", "registry.k8s.io/a/b:1", "registry.k8s.io/a/b:1"),
        ("a@sha256:00", "docker.io/library/a@sha256:00", "a@sha256:00"),
    ],
)
def test_names_are_those_of_containerd(name: str, full: str, short: str) -> None:
    assert (full_name(name), short_name(name)) == (full, short)


def test_a_roles_needs_are_those_that_its_variables_name(tmp_path: Path) -> None:
    role = tmp_path / "roles/web"
    for folder in ("meta", "defaults"):
        (role / folder).mkdir(parents=True)
    (role / "defaults/main.yml").write_text("web_version: v1\nweb_image: 'web:{{ web_version }}'\n")
    (role / "meta/airgap.yml").write_text(
        "- {variable: web_image, used: '{{ web_enabled }}', required: '{{ web_required }}'}\n"
    )
    (tmp_path / "airgap").mkdir()

    def images(*, enabled: bool, required: bool) -> list[str]:
        settings = {"web_enabled": enabled, "web_required": required, "web_version": "v2"}
        task = {"name": "Look", "botwatch.stack.k3s_artifacts": {**ARGUMENTS, "roles": ["web"]}}
        run = run_tasks(tmp_path, [task], airgap=str(tmp_path / "airgap"), **settings)
        rows = run.results["Look"]["rows"]
        return [row["state"] for row in rows if row["name"] == "image web:v2 (web_image)"]

    assert images(enabled=True, required=True) == ["missing"]
    assert images(enabled=True, required=False) == ["optional"]
    assert images(enabled=False, required=True) == []


def test_files_in_a_relative_directory_are_found_by_the_tasks_that_copy_them(
    artifacts: Artifacts,
) -> None:
    # The playbook runs in the repository and lies elsewhere.
    named = os.path.relpath(artifacts.path, REPOSITORY)
    copied = artifacts.path / "copied"
    copied.mkdir()
    sources = "{{ [found.binary.src] + found.images | map(attribute='src') }}"
    tasks: list[Data] = [
        {"name": "Look", "botwatch.stack.k3s_artifacts": ARGUMENTS, "register": "found"},
        {
            "name": "Copy",
            "ansible.builtin.copy": {"src": "{{ item }}", "dest": f"{copied}/", "mode": "0600"},
            "loop": sources,
        },
    ]
    ran = run_tasks(artifacts.path, tasks, airgap=named)
    assert ran.returncode == 0, ran.output
    assert {path.name for path in copied.iterdir()} == {"k3s", ARCHIVE, "python.tar"}
