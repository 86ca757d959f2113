"""tools/setup where something is missing that it may not install: one sentence, and an end."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

SETUP = Path(__file__).resolve().parents[2] / "tools" / "setup"
BASICS = ("bash", "cut", "dirname", "flock", "grep", "id", "ln", "mkdir", "readlink", "sha256sum")
NOBODY = 65534


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that belongs to a user without rights, with the basic tools and no others."""
    folder = Path(tempfile.mkdtemp(prefix="botwatch-setup-"))
    tools = folder / "bin"
    tools.mkdir()
    for name in BASICS:
        found = shutil.which(name)
        assert found, name
        (tools / name).symlink_to(found)
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder)


def set_up(home: Path, part: str) -> subprocess.CompletedProcess[str]:
    user = NOBODY if os.geteuid() == 0 else None
    return subprocess.run(
        [SETUP, part], user=user, group=user, extra_groups=None if user is None else [],
        env={"PATH": str(home / "bin"), "HOME": str(home)},
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


def offer(home: Path, name: str, script: str) -> None:
    """Put a program of our own on the path."""
    program = home / "bin" / name
    program.write_text(f"#!{shutil.which('bash')}\n{script}\n")
    program.chmod(0o755)


def refusal(run: subprocess.CompletedProcess[str]) -> str:
    assert run.returncode != 0
    (line,) = run.stderr.splitlines()
    return line


def test_no_docker_and_no_right_to_install_it(home: Path) -> None:
    offer(home, "apt-get", "echo 'must not be called' >&2; exit 1")
    said = refusal(set_up(home, "docker"))
    assert "Docker Engine is missing" in said
    assert "sudo apt-get install docker.io" in said


def test_no_docker_and_no_apt(home: Path) -> None:
    assert "install it with your system's package manager" in refusal(set_up(home, "docker"))


def test_a_docker_engine_that_is_not_for_this_user(home: Path) -> None:
    offer(home, "docker", "exit 1")
    offer(home, "dockerd", "exit 1")
    said = refusal(set_up(home, "docker"))
    assert "does not answer to" in said
    assert "usermod -aG docker" in said


def test_no_python_and_no_right_to_install_it(home: Path) -> None:
    offer(home, "apt-get", "exit 1")
    assert "sudo apt-get install python3" in refusal(set_up(home, "controller"))


def test_no_python_that_is_new_enough(home: Path) -> None:
    offer(home, "python3", "exit 1")
    assert "Python 3.11 or newer is missing" in refusal(set_up(home, "controller"))


def test_a_part_that_does_not_exist(home: Path) -> None:
    assert "no part 'dokcer'" in refusal(set_up(home, "dokcer"))
