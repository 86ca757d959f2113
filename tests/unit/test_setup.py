"""tools/setup where something is missing that it may not install: one sentence, and an end."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

SETUP = Path(__file__).resolve().parents[2] / "tools" / "setup"
# Utilities of POSIX, of which macOS has a version of its own, too.
BASICS = (
    "cat", "chmod", "date", "dirname", "find", "grep", "head", "id", "ln", "ls", "mkdir",
    "sh", "tail", "touch",
)  # fmt: skip
NOBODY = 65534


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that belongs to a user without rights, with the basic tools and no others."""
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
        [str(home / "bin/sh"), SETUP, part],
        user=user, group=user, extra_groups=None if user is None else [],
        env={"PATH": str(home / "bin"), "HOME": str(home)},
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


def offer(home: Path, name: str, script: str) -> None:
    """Put a program of our own on the path."""
    program = home / "bin" / name
    program.write_text(f"#!{shutil.which('sh')}\n{script}\n")
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


# `controller` with the utilities of macOS: no flock, sha256sum, readlink -f, bash 4.

VENV_STUB = """
case "$*" in
  *'-m venv'*) for directory; do :; done; mkdir -p "$directory/bin"; touch "$directory/bin/pip"
    ln -sf "$0" "$directory/bin/python"; chmod +x "$directory/bin/pip" ;;
  *'-m pip'* | *'-m uv'*) echo "$*" >>"$HOME/installed" ;;
  *) exec {python} "$@" ;;
esac
"""


@pytest.fixture
def clone(home: Path) -> Path:
    """Copy what tools/setup reads, and let its Python make virtual environments of nothing."""
    repository = SETUP.parents[1]
    clone = home / "clone"
    for part in ("tools", "requirements", "inventory/demo", "inventory/example"):
        shutil.copytree(repository / part, clone / part)
    offer(home, "python3", VENV_STUB.format(python=sys.executable))
    return clone


def set_up_clone(home: Path, clone: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(home / "bin/sh"), "tools/setup", "controller"], cwd=clone,
        env={"PATH": str(home / "bin"), "HOME": str(home)},
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


def test_the_controller_needs_no_more_than_posix_and_python(home: Path, clone: Path) -> None:
    done = set_up_clone(home, clone)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert (clone / ".venv/bin/python").exists()
    assert "requirements/controller.txt" in (home / "installed").read_text()


def test_a_second_run_does_nothing(home: Path, clone: Path) -> None:
    set_up_clone(home, clone)
    installed = (home / "installed").read_text()
    password = (clone / ".vault-password").read_text()
    assert set_up_clone(home, clone).stdout == ""
    assert (home / "installed").read_text() == installed
    assert (clone / ".vault-password").read_text() == password


def test_an_environment_of_the_users_own_is_not_hidden_behind(home: Path, clone: Path) -> None:
    (clone / ".venv/bin").mkdir(parents=True)
    assert "mv .venv .venv.before" in refusal(set_up_clone(home, clone))
    assert not (clone / ".vault-password").exists()


def test_two_runs_wait_for_each_other(home: Path, clone: Path) -> None:
    cache = home / ".cache/botwatch"
    cache.mkdir(parents=True)
    with (cache / "venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = subprocess.Popen(
            [str(home / "bin/sh"), "tools/setup", "controller"], cwd=clone,
            env={"PATH": str(home / "bin"), "HOME": str(home)}, stdout=subprocess.PIPE,
        )  # fmt: skip
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(timeout=2)
        assert not (clone / ".venv").exists()
    assert waiting.wait(timeout=30) == 0
    assert waiting.stdout
    waiting.stdout.close()


def test_a_password_for_a_new_vault_is_made_for_its_owner_only(home: Path, clone: Path) -> None:
    done = set_up_clone(home, clone)
    password = clone / ".vault-password"
    assert password.stat().st_mode & 0o777 == 0o600
    assert len(password.read_text().strip()) >= 32
    assert "keep a copy" in done.stdout
    assert password.read_text().strip() not in done.stdout


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "symbolic link"])
@pytest.mark.parametrize(
    "content",
    ["$ANSIBLE_VAULT;1.1;AES256\n3338\n", "a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3338\n"],
    ids=["file", "value"],
)
def test_no_new_password_is_made_for_an_existing_vault(
    home: Path, clone: Path, content: str, *, elsewhere: bool
) -> None:
    inventory = clone / "inventory/production"
    if elsewhere:
        (home / "inventory").mkdir()
        inventory.symlink_to(home / "inventory")
    vault = inventory / "group_vars/all/vault.yml"
    vault.parent.mkdir(parents=True)
    vault.write_text(content)
    done = set_up_clone(home, clone)
    assert done.returncode == 0, done.stderr
    assert not (clone / ".vault-password").exists()
    assert "write the password of inventory/production/group_vars/all/vault.yml" in done.stdout


@pytest.mark.parametrize(("mode", "warned"), [(0o777, True), (0o775, False), (0o755, False)])
def test_a_world_writable_clone_is_named(
    home: Path, clone: Path, mode: int, *, warned: bool
) -> None:
    clone.chmod(mode)
    assert ("chmod o-w" in set_up_clone(home, clone).stdout) is warned
