"""CI uses nothing of earlier runs: what passes there passes on a new machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

RUN = Path(__file__).resolve().parents[2] / ".ci/run"
# What `docker image ls` lists is removed by its name.
DOCKER = """
echo "$*" >>"$NOTES/docker"
case $* in
  "image ls --format {{.Repository}}:{{.Tag}} --filter reference=botwatch/*")
    printf 'botwatch/base:trixie\\nbotwatch/<none>:<none>\\nbotwatch/node:one\\n' ;;
esac
"""
MAKE = """
for name in XDG_CACHE_HOME PIP_CACHE_DIR UV_CACHE_DIR K3S_ARTIFACTS; do
  eval "echo $name=\\${$name-}" >>"$NOTES/make"
done
find -L "$XDG_CACHE_HOME" >"$NOTES/caches"
exit "${MAKE_ENDS_WITH:-0}"
"""


@dataclass
class Clone:
    """A clone with CI's program, and made-up ones for what that runs.

    Attributes:
        root: holds the clone, a home, and what the programs note.
    """

    root: Path

    def program(self, path: str, script: str) -> None:
        """Put a program below the root."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def run(self, **environment: str) -> int:
        """Run CI; return its exit code."""
        own = {
            "HOME": f"{self.root}/home",
            "NOTES": str(self.root),
            "TMPDIR": f"{self.root}/temporary",
        }
        path = f"{self.root}/bin:{os.environ['PATH']}"
        return subprocess.run(
            [self.root / "clone/.ci/run"], env={"PATH": path, **own, **environment}, check=False
        ).returncode

    def note(self, name: str) -> list[str]:
        """Read what a program noted."""
        return (self.root / name).read_text().splitlines()

    def variables(self) -> dict[str, str]:
        """Read what `make` was given."""
        return dict(line.split("=", 1) for line in self.note("make"))


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    clone = Clone(tmp_path)
    (tmp_path / "clone/.ci").mkdir(parents=True)
    (tmp_path / "temporary").mkdir()
    shutil.copy(RUN, tmp_path / "clone/.ci/run")
    clone.program("bin/docker", DOCKER)
    clone.program("bin/make", MAKE)
    clone.program("clone/tools/setup", 'echo "setup $*" >>"$NOTES/docker"')
    compiled = tmp_path / "home/.cache/k3s-testbed/binaries"
    compiled.mkdir(parents=True)
    (tmp_path / "home/.cache/botwatch/venv-old").mkdir(parents=True)
    return clone


@pytest.mark.parametrize("ends_with", [0, 3])
def test_caches_are_its_own_and_removed_at_the_end(clone: Clone, ends_with: int) -> None:
    given = {"XDG_CACHE_HOME": f"{clone.root}/home/.cache", "UV_CACHE_DIR": "/nowhere"}
    assert clone.run(MAKE_ENDS_WITH=str(ends_with), **given) == ends_with
    caches = clone.variables()["XDG_CACHE_HOME"]
    assert caches.startswith(f"{clone.root}/temporary/")
    assert clone.variables()["PIP_CACHE_DIR"] == f"{caches}/pip"
    assert clone.variables()["UV_CACHE_DIR"] == f"{caches}/uv"
    assert list((clone.root / "temporary").iterdir()) == []


def test_of_earlier_runs_only_the_compiled_kubernetes_is_kept(clone: Clone) -> None:
    assert clone.run() == 0
    caches = clone.variables()["XDG_CACHE_HOME"]
    parts = {line.removeprefix(caches) for line in clone.note("caches")}
    assert parts == {"", "/pip", "/uv", "/k3s-testbed", "/k3s-testbed/binaries"}
    assert (clone.root / "home/.cache/k3s-testbed/binaries").is_dir()


def test_images_of_earlier_runs_are_removed_once_docker_runs(clone: Clone) -> None:
    assert clone.run() == 0
    assert clone.note("docker") == [
        "setup docker",
        "image ls --format {{.Repository}}:{{.Tag}} --filter reference=botwatch/*",
        "image rm --force botwatch/base:trixie botwatch/node:one",
        "setup controller dev",
    ]


def test_without_docker_the_tests_run_all_the_same(clone: Clone) -> None:
    clone.program("clone/tools/setup", "exit 1")
    assert clone.run() == 0
    assert not (clone.root / "docker").exists()


def test_artifacts_are_made_where_there_is_a_test_bed(clone: Clone) -> None:
    assert clone.run() == 0
    assert clone.variables()["K3S_ARTIFACTS"] == ""
    (clone.root / "make").unlink()
    clone.program("shared/k3s-testbed/build", "")
    clone.program("clone/.ci/k3s-artifacts", 'echo "$XDG_CACHE_HOME/made"')
    assert clone.run() == 0
    variables = clone.variables()
    assert variables["K3S_ARTIFACTS"] == f"{variables['XDG_CACHE_HOME']}/made"
