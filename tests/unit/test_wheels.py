"""Packages of an air-gap directory that an image is built with."""

from __future__ import annotations

from pathlib import Path

import pytest
from plugins.plugin_utils.airgap.findings import Findings
from plugins.plugin_utils.airgap.wheels import Target, examine_wheels

from unit.test_k3s_artifacts import BASE, digest

LOCK = """\
# made by uv
aiohttp==3.13.1 \\
    --hash=sha256:{one} \\
    --hash=sha256:{two}
    # via discord.py
colorama==0.4.6 ; sys_platform == 'win32' --hash=sha256:{one}
audioop-lts==0.2.2 ; python_full_version >= '3.13' \\
    --hash=sha256:{one}
"""
AIOHTTP = "aiohttp-3.13.1-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
AUDIOOP = "audioop_lts-0.2.2-cp313-abi3-manylinux_2_28_x86_64.whl"


def wheel_states(folder: Path, image: str, *names: str) -> dict[str, str]:
    """Say which packages are there, of those in the directory."""
    lock = folder / "requirements.txt"
    lock.write_text(LOCK.format(one=digest(b"one"), two=digest(b"two")))
    wheels = folder / "wheels"
    wheels.mkdir(exist_ok=True)
    for name in names:
        (wheels / name).write_bytes(b"one")
    findings = Findings()
    examine_wheels(wheels, lock, Target(image, "amd64"), findings)
    return {row.name: row.state for row in findings.rows}


def test_packages_that_the_bot_needs_are_found_by_name_version_and_checksum(tmp_path: Path) -> None:
    assert wheel_states(tmp_path, BASE, AIOHTTP, AUDIOOP) == {
        "wheel aiohttp==3.13.1": "ok",
        "wheel audioop-lts==0.2.2": "ok",
    }
    (tmp_path / "wheels" / AIOHTTP).write_bytes(b"another")
    assert wheel_states(tmp_path, BASE)["wheel aiohttp==3.13.1"] == "missing"


@pytest.mark.parametrize("image", ["python:3.12-slim", "python:3.13-alpine"])
def test_packages_for_another_python_are_missing(tmp_path: Path, image: str) -> None:
    assert wheel_states(tmp_path, image, AIOHTTP)["wheel aiohttp==3.13.1"] == "missing"


@pytest.mark.parametrize(
    ("architecture", "oldest", "lacks"),
    [
        ("amd64", ["manylinux_2_5_x86_64", "manylinux1_x86_64"], "manylinux_2_4_x86_64"),
        ("arm64", ["manylinux_2_17_aarch64", "manylinux2014_aarch64"], "manylinux_2_16_aarch64"),
    ],
)
def test_the_oldest_wheels_are_those_that_pip_takes(
    architecture: str, oldest: list[str], lacks: str
) -> None:
    platforms = Target(BASE, architecture).platforms
    assert set(oldest) <= set(platforms)
    assert platforms[-1] == oldest[-1]
    assert lacks not in platforms


def test_without_a_directory_of_packages_they_are_said_to_be_downloaded(tmp_path: Path) -> None:
    findings = Findings()
    examine_wheels(tmp_path / "wheels", tmp_path / "lock", Target(BASE, "arm64"), findings)
    (row,) = findings.rows
    assert (row.state, findings.faults) == ("optional", [])
    assert "--python-version 3.13 --platform manylinux_2_28_aarch64" in row.says
