"""Renovate finds every version that is pinned."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest

from repo.roles import REPOSITORY, ROLES

CONFIGURATION: dict[str, Any] = json.loads((REPOSITORY / "renovate.json").read_text())
TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=REPOSITORY, check=True, capture_output=True, text=True
).stdout.split()
INPUTS = [name for name in TRACKED if name.endswith(".in")]
VERSION = re.compile(r"v?\d+\.\d+\.\d+(\+k3s\d+)?")
IMAGE = re.compile(r"[a-z][\w./-]*:v?\d+\.\d[\w.-]*")
# Facts about releases, the smallest sizes, addresses: nothing that a newer release makes old.
NOT_PINNED = re.compile(r"\d{1,3}(\.\d{1,3}){3}")


@dataclass(frozen=True)
class Found:
    """A dependency in a file."""

    file: str
    name: str
    version: str
    datasource: str


def python_pattern(pattern: str) -> re.Pattern[str]:
    """Translate a regular expression of JavaScript, as far as ours use it."""
    return re.compile(pattern.replace("(?<", "(?P<"))


def files(patterns: list[str]) -> list[str]:
    expressions = [re.compile(pattern.removeprefix("/").removesuffix("/")) for pattern in patterns]
    return [name for name in TRACKED if any(found.search(name) for found in expressions)]


def extracted() -> list[Found]:
    """Do what Renovate does with the custom managers."""
    found = []
    for manager in CONFIGURATION["customManagers"]:
        (pattern,) = manager["matchStrings"]
        for file in files(manager["managerFilePatterns"]):
            for match in python_pattern(pattern).finditer((REPOSITORY / file).read_text()):
                groups = match.groupdict()
                name = groups.get("depName") or manager["depNameTemplate"]
                datasource = manager["datasourceTemplate"]
                found.append(Found(file, name, groups["currentValue"], datasource))
    return found


def pinned() -> dict[str, str]:
    """List the versions in the roles' defaults: by variable, what Renovate is to find of them."""
    values = {name: value for role in ROLES for name, value in role.defaults.items()}
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    return {
        name: value
        for name, value in texts.items()
        if (VERSION.fullmatch(value) or IMAGE.fullmatch(value)) and not NOT_PINNED.fullmatch(value)
    }


def test_versions_are_pinned() -> None:
    assert {"k3s_version", "grafana_version", "prometheus_image"} <= pinned().keys()
    assert len(pinned()) >= 8


def test_the_page_of_versions_lists_all_that_is_pinned() -> None:
    """By the variable that sets it, and by the lock file."""
    page = (REPOSITORY / "docs/reference/versions.md").read_text()
    for name, value in pinned().items():
        assert f"| `{name}` | `{value}` |" in page
    for source in INPUTS:
        assert f"(../../{source.removesuffix('.in')}.txt)" in page


@pytest.mark.parametrize("name", pinned())
def test_a_pinned_version_is_found_in_every_file(name: str) -> None:
    """In the defaults, and in the reference, which is generated from them."""
    value = pinned()[name]
    role = next(role for role in ROLES if name in role.defaults)
    found = [f for f in extracted() if f"{f.name}:{f.version}".endswith(value)]
    meta = [f"roles/{role.name}/meta/{part}.yml" for part in ("argument_specs", "input_checks")]
    written = [REPOSITORY / path for path in meta if (REPOSITORY / path).is_file()]
    assert [path for path in written if value in path.read_text()] == []
    pages = [f"docs/reference/{name}.md" for name in (role.name, "versions")]
    for path in (f"roles/{role.name}/defaults/main.yml", *pages):
        count = len(re.findall(rf"(?<![\w/]){re.escape(value)}", (REPOSITORY / path).read_text()))
        assert len([f for f in found if f.file == path]) == count > 0, path


def test_one_dependency_is_found_once_and_in_one_version() -> None:
    found = extracted()
    versions: dict[str, set[str]] = {}
    for dependency in found:
        versions.setdefault(dependency.name, set()).add(dependency.version)
    assert {name: seen for name, seen in versions.items() if len(seen) > 1} == {}
    assert {f.datasource for f in found} == {"docker", "github-releases"}


def test_upstream_releases_of_an_inventory_are_found() -> None:
    """They are not pinned here, but where a user chooses them, as the example of a page does."""
    roles = {"prometheus", "alertmanager", "node_exporter"}
    chosen = [f for f in extracted() if f.name in roles]
    assert {(f.file, f.name) for f in chosen} == {("docs/operating.md", "prometheus")}
    (manager,) = [m for m in CONFIGURATION["customManagers"] if "packageNameTemplate" in m]
    pattern = python_pattern(manager["matchStrings"][0])
    for name in roles:
        text = f"{name}_version: 10.2.3\n{name}_checksums: {{}}\n"
        (match,) = pattern.finditer(text)
        assert match.groupdict() == {"depName": name, "currentValue": "10.2.3"}
        assert not pattern.search(f"{name}_version: distribution")
    versions = python_pattern(manager["extractVersionTemplate"]).fullmatch("v10.2.3")
    assert versions
    assert versions["version"] == "10.2.3"
    (inventory,) = [path for path in manager["managerFilePatterns"] if "inventory" in path]
    assert re.search(inventory.strip("/"), "inventory/production/group_vars/all/versions.yml")


def test_the_versions_of_k3s_are_understood() -> None:
    (versioning,) = [
        manager["versioningTemplate"]
        for manager in CONFIGURATION["customManagers"]
        if "versioningTemplate" in manager
    ]
    pattern = python_pattern(versioning.removeprefix("regex:"))
    assert pattern.fullmatch(pinned()["k3s_version"])


def test_every_lock_is_found_with_the_command_that_wrote_it() -> None:
    locks = [name.removesuffix(".in") + ".txt" for name in INPUTS]
    assert sorted(files(CONFIGURATION["pip-compile"]["managerFilePatterns"])) == sorted(locks)
    for lock in locks:
        head = (REPOSITORY / lock).read_text().splitlines()[:2]
        assert head[0].startswith("# This file was autogenerated by uv")
        assert head[1].startswith("#    uv pip compile --")
        # Renovate refuses an option whose value stands apart.
        words = head[1].split()[4:]
        assert f"--output-file={lock}" in words
        sources = {word for word in words if not word.startswith("--")}
        assert lock.removesuffix(".txt") + ".in" in sources <= {*INPUTS}
