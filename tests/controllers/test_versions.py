"""The plugins and playbooks with the lowest and the newest supported ansible-core, and others.

In a container of Debian 13, whose Python all of them run on.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import testinfra
import yaml
from testinfra.host import Host

ROOT = Path(__file__).resolve().parents[2]
NODE = "botwatch-controllers"
CLONE = "/root/clone"
LOWEST, BETWEEN, NEWEST = SUPPORTED = ["2.19.4", "2.20.0", "2.21.5"]
OTHERS = ["2.16.14", "2.18.0"]
# The package whose collections come with the newest of them.
COLLECTIONS = "14.5.0"
TIME_LIMIT_S = 900
CREATE = {
    "hosts": "localhost",
    "connection": "local",
    "gather_facts": True,
    "gather_subset": ["min"],
    "roles": ["demo_node"],
}
# What the unit tests import, in the versions of requirements/dev.txt.
NEEDED = ("pytest", "pytest-asyncio", "pytest-testinfra", "requests", "rich")
# One file for each kind of plugin. All unit tests run on the locked ansible-core, which is of the
# lowest minor version.
LOWEST_TESTS = ("check_role_variables", "progress")
NEWEST_TESTS = (*LOWEST_TESTS, "dashboards_lookup", "files_in_place", "source_archive", "summary")
LOCKED = re.compile(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+)", re.MULTILINE)


def test_the_ends_of_the_supported_range_are_tested() -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))
    lowest, excluded = re.findall(r"2\.\d+\.\d+", runtime["requires_ansible"])
    minors = [int(version.split(".")[1]) for version in SUPPORTED]
    assert SUPPORTED[0] == lowest
    assert minors == list(range(minors[0], int(excluded.split(".")[1])))


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A controller with a clone of the repository and no Ansible; it is removed in the end."""
    remove()
    playbook = tmp_path_factory.mktemp("node") / "playbook.yml"
    playbook.write_text(yaml.safe_dump([CREATE]))
    variables = {"demo_node_name": NODE, "demo_node_base": "trixie"}
    created = subprocess.run(
        ["ansible-playbook", "-i", os.devnull, "-e", json.dumps(variables), str(playbook)],
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=TIME_LIMIT_S,
        check=False,
    )  # fmt: skip
    assert created.returncode == 0, created.stdout + created.stderr
    subprocess.run(
        ["docker", "cp", "-", f"{NODE}:/root"], input=packed_clone(), check=True,
        capture_output=True, timeout=60,
    )  # fmt: skip
    host = testinfra.get_host(f"docker://{NODE}")
    host.check_output(
        "apt-get update && apt-get install --yes --no-install-recommends"
        " git make openssh-client python3-venv"
    )
    host.check_output(
        "cd %s && git init --quiet && git add --all && git -c user.name=test"
        " -c user.email=test@localhost commit --quiet --message all",
        CLONE,
    )
    # What tools/setup makes.
    host.check_output(
        "cd %s && mkdir -p build/collections/ansible_collections/botwatch"
        " && ln -s ../../../.. build/collections/ansible_collections/botwatch/stack",
        CLONE,
    )
    # Where every user's collections are. Most of the thousands of modules are never compiled.
    host.check_output(
        "python3 -m venv /opt/tool && /opt/tool/bin/pip install --quiet --no-deps --no-compile"
        " --target /root/.ansible/collections ansible==%s",
        COLLECTIONS,
    )
    yield host
    remove()


def remove() -> None:
    subprocess.run(["docker", "rm", "--force", "--volumes", NODE], capture_output=True, check=True)


def environment() -> dict[str, str]:
    return {
        **os.environ,
        "ANSIBLE_ROLES_PATH": str(ROOT / "roles"),
        "ANSIBLE_VAULT_PASSWORD_FILE": str(ROOT / "inventory/demo/vault-password.txt"),
    }


def packed_clone() -> bytes:
    """Pack what is, or is about to be, in the repository, and constraints for its tests."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    lock = (ROOT / "requirements/dev.txt").read_text(encoding="utf-8")
    constraints = [
        f"{name}=={version}\n"
        for name, version in LOCKED.findall(lock)
        if not name.startswith("ansible")
    ]
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in listed.stdout.split("\0"):
            if name and (ROOT / name).exists():
                archive.add(ROOT / name, f"clone/{name}", filter=owned_by_root)
        content = "".join(constraints).encode()
        entry = tarfile.TarInfo("constraints.txt")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def owned_by_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry


def install(node: Host, version: str, *packages: str) -> str:
    """Make a virtual environment with a version of ansible-core; return the path of its tools.

    Further packages have the versions of the lock; an older ansible-core may not work with those.
    """
    words = ["--constraint /root/constraints.txt", *packages] if packages else []
    node.check_output(
        f"python3 -m venv /opt/{version} && /opt/{version}/bin/pip install --quiet"
        f" ansible-core=={version} {' '.join(words)}"
    )
    return f"/opt/{version}/bin"


@pytest.mark.parametrize(
    ("version", "names"), [(LOWEST, LOWEST_TESTS), (NEWEST, NEWEST_TESTS)], ids=SUPPORTED[::2]
)
def test_the_plugins_pass_their_tests(node: Host, version: str, names: tuple[str, ...]) -> None:
    tools = install(node, version, *NEEDED)
    tests = " ".join(f"tests/unit/test_{name}.py" for name in names)
    run = node.run(f"cd {CLONE} && {tools}/python -m pytest -q -p no:cacheprovider {tests}")
    assert run.rc == 0, run.stdout + run.stderr


@pytest.mark.parametrize("version", OTHERS)
def test_other_versions_are_refused_before_anything_else(node: Host, version: str) -> None:
    tools = install(node, version)
    node.check_output(f"cd {CLONE} && echo made up >.vault-password")
    run = node.run(f"cd {CLONE} && {tools}/ansible-playbook -i inventory/example site.yml")
    assert run.rc != 0
    said = " ".join((run.stdout + run.stderr).split())
    assert f"ansible-core {version} is not supported: botwatch works with" in said
    assert "sh tools/setup controller" in said
    assert "TypeError" not in said


@pytest.mark.parametrize("version", SUPPORTED)
def test_every_playbook_can_be_read(node: Host, version: str) -> None:
    tools = install(node, version)
    node.check_output(f"cd {CLONE} && echo made up >.vault-password")
    playbooks = " ".join(f"playbooks/{path.name}" for path in (ROOT / "playbooks").glob("*.yml"))
    run = node.run(
        f"cd {CLONE} && {tools}/ansible-playbook --syntax-check"
        f" -i inventory/example site.yml {playbooks}"
    )
    assert run.rc == 0, run.stdout + run.stderr
