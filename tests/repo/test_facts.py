"""Facts that more than one file needs stand in one place, or are the same in all of them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from botwatch.settings import variables as library_variables
from botwatch_probe.settings import Settings as ProbeSettings
from botwatch_sandbox.settings import Settings as SandboxSettings
from repo.roles import REPOSITORY, ROLES, Data

if TYPE_CHECKING:
    from pathlib import Path

DEFAULTS: Data = {name: value for role in ROLES for name, value in role.defaults.items()}
PORTS = {name: value for name, value in DEFAULTS.items() if name.endswith("_port")}
PACKAGES = [
    path.parent
    for places in ("*/pyproject.toml", "packages/*/pyproject.toml")
    for path in sorted(REPOSITORY.glob(places))
]


def project(package: Path) -> dict[str, Any]:
    content: dict[str, Any] = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    return content


BY_NAME = {project(package)["name"]: package for package in PACKAGES}


def names(requirements: set[str]) -> set[str]:
    return {re.split("[<>=]", requirement)[0] for requirement in requirements}


def requirements(file: Path) -> set[str]:
    lines = [line.split("#")[0].strip() for line in file.read_text().splitlines()]
    return {line for line in lines if line}


def test_ports_are_different() -> None:
    assert len(PORTS) == len(set(PORTS.values())) > 0


def test_ports_stand_in_the_defaults_of_the_roles_only() -> None:
    """Beside them only in the specs and in what is made of them, which other tests compare."""
    port = re.compile(rf"(?<!\d)({'|'.join(map(str, PORTS.values()))})(?!\d)")
    said = [REPOSITORY / "ansible.cfg", *REPOSITORY.glob("playbooks/*.yml")]
    for folder in ("tasks", "handlers", "templates", "vars", "files"):
        said += REPOSITORY.glob(f"roles/*/{folder}/**/*")
    made = {
        *REPOSITORY.glob("roles/grafana/files/dashboards/*/*.json"),
        *REPOSITORY.glob("roles/*/files/__pycache__/*"),
    }
    texts = {path: path.read_text() for path in said if path.is_file() and path not in made}
    assert texts
    assert {path: port.findall(text) for path, text in texts.items() if port.search(text)} == {}


def test_services_listen_where_the_roles_put_them_by_default() -> None:
    assert library_variables()["BOTWATCH_LISTEN_PORT"].default == PORTS["botwatch_bot_port"]
    assert default("listen_port") == PORTS["sandbox_port"]
    assert ProbeSettings().listen_port == PORTS["botwatch_delivery_probe_port"]
    for service in ("bot", "prometheus", "alertmanager"):
        port = PORTS[f"botwatch_{service}_port"]
        assert default(f"{service}_url") == f"http://127.0.0.1:{port}"


def default(name: str) -> object:
    (found,) = (field.default for field in fields(SandboxSettings) if field.name == name)
    return found


def test_the_demo_and_its_commands_use_the_ports_of_the_roles() -> None:
    demo = REPOSITORY / "inventory/demo/group_vars/all/main.yml"
    said = dict(re.findall(r"^(\w+_port): (\d+)$", demo.read_text(), re.MULTILINE))
    assert {name: int(port) for name, port in said.items()}.items() <= PORTS.items()
    (control,) = re.findall(r"\(\((\d+) \+ DEMO_PORT_OFFSET", (REPOSITORY / "Makefile").read_text())
    assert int(control) == PORTS["sandbox_port"]


@pytest.mark.parametrize("module", ["environment.py", "sd_notify.py"])
def test_what_packages_share_that_are_installed_alone_is_the_same(module: str) -> None:
    probe, sandbox = (
        (REPOSITORY / f"packages/{name}/src/botwatch_{name}" / module).read_text()
        for name in ("probe", "sandbox")
    )
    assert probe == sandbox


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_what_a_package_needs_is_written_once(package: Path) -> None:
    listed = package / "requirements.in"
    needed = project(package).get("dependencies")
    if listed.is_file() and needed is not None:
        build = {name for name in requirements(listed) if name.startswith("setuptools")}
        ours = {name for name in needed if name in BY_NAME}
        assert set(needed) - ours <= requirements(listed)
        library = {need for name in ours for need in project(BY_NAME[name])["dependencies"]}
        assert names({*needed} - ours | library) == names(requirements(listed) - build)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_the_version_of_a_package_is_in_its_project_file_only(package: Path) -> None:
    version = project(package)["version"]
    sources = (package / "src").rglob("*.py")
    assert [path for path in sources if f'"{version}"' in path.read_text()] == []


def test_one_python_is_the_oldest_everywhere() -> None:
    tools = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]
    oldest = tools["mypy"]["python_version"]
    assert tools["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
    assert {project(package)["requires-python"] for package in PACKAGES} == {f">={oldest}"}


def test_the_probe_runs_with_the_image_that_the_bots_is_built_upon() -> None:
    assert DEFAULTS["delivery_probe_image"] == DEFAULTS["discord_bot_base_image"]
