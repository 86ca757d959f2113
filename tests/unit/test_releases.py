"""The module releases, with directories and units that are made up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import install_release
import pytest
from plugins.module_utils.release_record import FORMAT, Host, Record, Release, adopt
from plugins.modules.releases import Store, locked, update

ARGUMENTS = {"event": None, "source": "", "run": "", "by": "", "failure": "", "keep": 3}


@dataclass
class Service:
    """A service with releases, as a playbook deploys them."""

    path: Path
    unit: str = ""
    running: set[str] = field(default_factory=set)
    keep: int = 3
    clock: int = 0
    python: str = "python3.11"

    def store(self) -> Store:
        text = f"ExecStart={self.path}/releases/{self.unit}/venv/bin/bot\n" if self.unit else ""
        answers = {"systemctl": text, "python3": f"{self.python}\n"}
        store = Store(self.path, "bot", lambda command: (0, answers[Path(command[0]).name], ""))
        store._running = lambda: self.running  # type: ignore[method-assign]
        return store

    def tell(self, version: str, event: str | None = None, **given: str) -> dict[str, Any]:
        arguments = ARGUMENTS | {"event": event, "version": version, "keep": self.keep} | given
        return update(self.store(), arguments, dry=False)

    def unpack(self, version: str, *, complete: bool = False) -> None:
        directory = self.path / "releases" / version
        make_environment(directory / "venv", self.python)
        os.utime(directory, (0, 0))
        if complete:
            self.clock += 1
            (directory / "installed").touch()
            os.utime(directory / "installed", (self.clock, self.clock))

    def activate(self, version: str) -> None:
        """Install a release, switch the unit to it and restart the service."""
        if not self.tell(version)["is_complete"]:
            self.unpack(version)
            self.tell(version, "installed", source="here")
        self.tell(version, "started", run="run-1", by="alice")
        self.unit, self.running = version, {version}

    def deploy(self, version: str) -> None:
        self.activate(version)
        self.tell(version, "ready")

    def fail(self, version: str) -> str:
        """Deploy a release that does not become ready; go back and return what to."""
        before = self.tell(version)
        self.activate(version)
        self.tell(version, "failed", failure="Traceback: no")
        previous: str = before["previous"]
        self.unit, self.running = previous, {previous} - {""}
        if previous:
            self.tell(previous, "ready")
        return previous

    @property
    def directories(self) -> set[str]:
        return {path.name for path in (self.path / "releases").iterdir()}

    def record(self, version: str) -> dict[str, str]:
        found = self.tell(version)["releases"]
        return next(item for item in found if item["version"] == version)


def make_environment(path: Path, python: str) -> None:
    """Make what there is of a virtual environment for that version of Python."""
    (path / f"lib/{python}/site-packages").mkdir(parents=True, exist_ok=True)
    (path / "bin").mkdir(exist_ok=True)
    (path / "bin/python3").unlink(missing_ok=True)
    (path / "bin/python3").symlink_to(sys.executable)


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path)


def test_a_bare_host_has_no_release(service: Service) -> None:
    found = service.tell("v1")
    assert (found["current"], found["previous"], found["unit_release"]) == ("", "", "")
    assert not found["changed"]
    assert not found["is_complete"]
    assert not found["is_current"]
    assert list(service.path.iterdir()) == []


def test_the_record_says_when_and_by_which_run_a_release_was_started(service: Service) -> None:
    service.deploy("v1")
    known = service.record("v1")
    assert (known["source"], known["run"], known["by"]) == ("here", "run-1", "alice")
    for moment in ("installed_at", "started_at", "ready_at"):
        assert known[moment].endswith("Z"), moment
    assert known["failed_at"] == ""
    assert service.tell("v1")["is_current"]
    assert (service.path / "releases.json").stat().st_mode & 0o777 == 0o600


def test_v1_v2_v1_and_a_broken_v3_end_with_v1(service: Service) -> None:
    for version in ("v1", "v2", "v1"):
        service.deploy(version)
    assert service.fail("v3") == "v1"
    assert service.tell("v1")["is_current"]
    assert service.tell("v1")["previous"] == "v2"
    assert service.directories == {"v1", "v2"}
    assert service.record("v3")["failure"] == "Traceback: no"


def test_what_was_not_installed_completely_is_no_way_back(service: Service) -> None:
    service.deploy("v1")
    service.unpack("v2")  # pip failed
    assert not service.tell("v2")["is_complete"]
    assert service.fail("v3") == "v1"
    assert service.directories == {"v1"}


def test_a_release_for_another_python_is_installed_again_and_no_way_back(service: Service) -> None:
    for version in ("v1", "v2"):
        service.deploy(version)
    service.python, service.running = "python3.13", set()
    found = service.tell("v2")
    assert not found["is_complete"]
    assert not found["is_current"]
    assert (found["current"], found["previous"]) == ("", "")
    os.utime(service.path / "releases/v1", (0, 0))
    service.deploy("v2")
    assert service.tell("v2")["is_current"]
    assert service.tell("v2")["previous"] == ""
    assert service.fail("v3") == "v2"
    assert service.directories == {"v2"}


def test_a_release_whose_python_is_gone_is_not_complete(service: Service) -> None:
    service.deploy("v1")
    (service.path / "releases/v1/venv/bin/python3").unlink()
    (service.path / "releases/v1/venv/bin/python3").symlink_to(service.path / "gone")
    assert not service.tell("v1")["is_complete"]


@pytest.mark.parametrize(("named", "is_complete"), [(install_release.PYTHON, True), ("x", False)])
def test_the_python_of_a_release_is_asked_for_its_version(
    tmp_path: Path, named: str, *, is_complete: bool
) -> None:
    def run(command: list[str]) -> tuple[int, str, str]:
        ran = subprocess.run(command, check=False, capture_output=True, text=True)
        return ran.returncode, ran.stdout, ran.stderr

    release = tmp_path / "releases/v1"
    make_environment(release / "venv", named)
    (release / "installed").touch()
    assert Store(tmp_path, "bot", run)._is_complete(release) is is_complete


def test_what_never_became_ready_is_no_way_back(service: Service) -> None:
    service.deploy("v1")
    service.activate("v2")  # the run was killed before v2 was ready
    found = service.tell("v3")
    assert (found["current"], found["previous"]) == ("v1", "v1")
    service.unpack("v3")
    service.tell("v3", "installed")
    assert service.directories == {"v1", "v2", "v3"}, "v2 runs"
    assert service.fail("v3") == "v1"


def test_a_killed_run_is_a_deployment_again(service: Service) -> None:
    service.deploy("v1")
    service.activate("v2")
    assert not service.tell("v2")["is_current"]
    assert not service.tell("v1")["is_current"], "the unit starts v2"
    service.tell("v2", "ready")
    assert service.tell("v2")["is_current"]


def test_a_release_that_is_still_there_and_fails_is_no_way_back_any_more(service: Service) -> None:
    for version in ("v1", "v2"):
        service.deploy(version)
    assert service.fail("v1") == "v2"
    assert service.directories == {"v2"}
    assert service.tell("v2")["previous"] == ""
    assert not service.tell("v1")["is_complete"]


def test_a_refused_release_leaves_everything_else_alone(service: Service) -> None:
    service.deploy("v1")
    service.unpack("v2")
    service.tell("v2", "installed")
    refused = service.tell("v2", "failed", failure="SyntaxError")
    assert refused["deleted"] == ["v2"]
    assert refused["current"] == "v1"
    assert service.directories == {"v1"}
    assert service.tell("v1")["is_current"]


def test_the_newest_releases_are_kept(service: Service) -> None:
    for number in range(1, 6):
        service.deploy(f"v{number}")
    assert service.directories == {"v3", "v4", "v5"}
    assert [item["version"] for item in service.tell("v5")["releases"]] == ["v3", "v4", "v5"]


def test_the_running_and_the_previous_release_are_kept_in_any_case(service: Service) -> None:
    service.keep = 2
    for version in ("v1", "v2", "v3"):
        service.deploy(version)
    assert service.fail("v4") == "v3"
    service.unpack("v5")
    service.tell("v5", "installed")
    assert service.directories == {"v3", "v2", "v5"}
    service.running = {"v3", "v5"}
    service.unpack("v6")
    service.tell("v6", "installed")
    assert {"v3", "v5", "v6"} <= service.directories


def test_a_broken_release_that_nothing_can_replace_stays(service: Service) -> None:
    assert service.fail("v1") == ""
    service.unit, service.running = "v1", {"v1"}
    found = service.tell("v1")
    assert found["is_complete"]
    assert found["current"] == ""
    assert service.tell("v2")["previous"] == ""


def test_an_installation_without_a_record_carries_on(service: Service) -> None:
    service.unpack("old", complete=True)
    service.unpack("new", complete=True)
    service.unpack("half")
    service.unit, service.running = "old", {"old"}
    found = service.tell("old")
    assert found["is_current"]
    assert not found["changed"]
    assert not (service.path / "releases.json").exists()
    assert service.fail("v3") == "old", "new is the newest, but nobody knows that it ran"
    assert service.directories == {"old", "new"}


def test_a_directory_that_was_deleted_by_hand_is_no_way_back(service: Service) -> None:
    service.deploy("v1")
    service.deploy("v2")
    service.store().delete(["v2"])
    found = service.tell("v2")
    assert (found["current"], found["previous"]) == ("", "v1")
    assert not found["is_current"]


def test_the_last_failures_are_remembered(service: Service) -> None:
    service.deploy("v0")
    for number in range(1, 6):
        service.fail(f"v{number}")
    assert [item["version"] for item in service.tell("v0")["releases"]] == ["v0", "v3", "v4", "v5"]


def test_a_dry_run_writes_nothing(service: Service) -> None:
    service.unpack("v1")
    arguments = ARGUMENTS | {"event": "installed", "version": "v1"}
    assert not update(service.store(), arguments, dry=True)["changed"]
    assert list(service.path.iterdir()) == [service.path / "releases"]
    assert not (service.path / "releases/v1/installed").exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"format": 2, "current": "", "releases": []}']
)
def test_a_record_that_cannot_be_read_is_not_replaced(service: Service, text: str) -> None:
    (service.path / "releases.json").write_text(text)
    with pytest.raises(ValueError, match=r"."):
        service.tell("v1")
    assert (service.path / "releases.json").read_text() == text


def test_the_record_survives_a_write_that_was_interrupted(service: Service) -> None:
    service.deploy("v1")
    (service.path / "releases.json.new").write_text("{")
    service.deploy("v2")
    assert json.loads((service.path / "releases.json").read_text())["format"] == FORMAT
    assert not (service.path / "releases.json.new").exists()


def test_a_process_that_was_started_from_a_release_is_seen(tmp_path: Path) -> None:
    line = f"{tmp_path}/releases/v1/venv/bin/python3\0{tmp_path}/releases/v1/venv/bin/bot\0"
    assert Store(tmp_path, "bot", lambda _: (1, "", ""))._name.findall(line) == ["v1", "v1"]


def test_only_what_the_unit_starts_is_adopted() -> None:
    host = Host(complete=["a", "b"], incomplete=["c"], unit_release="c")
    assert adopt(host, "now") == Record("", (Release("a"), Release("b")))


def test_an_installation_of_another_run_is_left_alone_until_it_is_old(service: Service) -> None:
    service.deploy("v1")
    service.unpack("v2")
    os.utime(service.path / "releases/v2")
    service.deploy("v3")
    assert (service.path / "releases/v2").exists()
    os.utime(service.path / "releases/v2", (0, 0))
    service.deploy("v4")
    assert not (service.path / "releases/v2").exists()


def test_a_link_beside_the_releases_is_none(service: Service) -> None:
    service.deploy("v1")
    (service.path / "releases/latest").symlink_to("v1")
    for version in ("v2", "v3", "v4", "v5"):
        service.deploy(version)
    assert (service.path / "releases/latest").is_symlink()
    assert not (service.path / "releases/v1").exists()


def test_runs_wait_for_one_another(tmp_path: Path) -> None:
    with locked(tmp_path):
        other = threading.Thread(target=lambda: locked(tmp_path).__enter__(), daemon=True)
        other.start()
        other.join(0.3)
        assert other.is_alive()
    other.join(10)
    assert not other.is_alive()


def test_a_service_without_a_directory_has_no_releases(tmp_path: Path) -> None:
    with locked(tmp_path / "absent"):
        assert not (tmp_path / "absent").exists()


@pytest.mark.parametrize(("code", "is_complete"), [(0, True), (1, False), (127, False)])
def test_a_release_in_a_container_needs_its_image(
    tmp_path: Path, code: int, *, is_complete: bool
) -> None:
    asked: list[list[str]] = []

    def run(command: list[str]) -> tuple[int, str, str]:
        asked.append(command)
        return code, "", ""

    (tmp_path / "installed").touch()
    (tmp_path / "image").write_text("localhost/botwatch/bot:v1\n")
    assert Store(tmp_path, "bot", run)._is_complete(tmp_path) is is_complete
    assert asked == [["podman", "image", "exists", "localhost/botwatch/bot:v1"]]
