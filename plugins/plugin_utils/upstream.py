"""Upstream's releases, which may take the place of the distribution's packages under systemd.

The filters are documented in plugins/filter/upstream_*.yml.
"""

from __future__ import annotations

import re
from typing import Any

from .paths import locate, sha256

DISTRIBUTION = "distribution"
# Architectures as Linux, and as upstream's archives name them.
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "amd64": "amd64", "arm64": "arm64"}
VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(-rc\.\d+)?")
DIGITS = 12  # of a checksum, in the name of a directory

Data = dict[str, Any]


def release(given: Data, architecture: str, airgap_directory: str = "") -> Data:
    """Describe where a release comes from, and where it is on the host."""
    name, version, programs = given["name"], str(given["version"]), given["programs"]
    home = f"/opt/botwatch-{name}"
    drop_in = f"/etc/systemd/system/{given['unit']}.service.d/botwatch.conf"
    described: Data = {
        **given,
        "architecture": ARCHITECTURES.get(architecture, ""),
        "home": home,
        "is_chosen": version != DISTRIBUTION,
        "path": "",
        "commands": {program: program for program in programs},
        "directories": [home],
        "files": [{"dest": drop_in, "state": "absent"}],
        "traces": [home, drop_in],
    }
    if not described["is_chosen"]:
        return described
    checksum = str(given["checksums"].get(described["architecture"], ""))
    stem = f"{name}-{version}.linux-{described['architecture']}"
    # With the checksum in its name, a directory never holds anything but what was asked for.
    path = f"{home}/{version}-{checksum[:DIGITS]}"
    directory = locate(airgap_directory) if airgap_directory else None
    return {
        **described,
        "path": path,
        "directories": [home, path],
        "files": [
            {"dest": drop_in.rpartition("/")[0], "state": "directory", "mode": "0755"},
            {"src": f"{drop_in[1:]}.j2", "dest": drop_in, "mode": "0644"},
        ],
        "archive": f"{stem}.tar.gz",
        "url": f"{given['download_url']}/v{version}/{stem}.tar.gz",
        "checksum": checksum,
        "members": [f"{stem}/{program}" for program in programs],
        "source": str(directory / f"{stem}.tar.gz") if directory else "",
        "commands": {program: f"{path}/{program}" for program in programs},
    }


def faults(chosen: Data) -> list[str]:
    """Say what is wrong with the choice of a release, each fault with its remedy."""
    if not chosen["is_chosen"]:
        return []
    name, version, architecture = chosen["name"], str(chosen["version"]), chosen["architecture"]
    found = []
    if numbers(version) < numbers(chosen["oldest"]):
        found.append(
            f"{name}_version is {version}, but botwatch's configuration needs {chosen['oldest']} or"
            f" newer: choose a newer release, or {DISTRIBUTION}."
        )
    unknown = sorted(set(chosen["checksums"]) - set(ARCHITECTURES.values()))
    if unknown:
        found.append(
            f"{name}_checksums has the architecture {', '.join(unknown)}, which no host of botwatch"
            " has: write amd64 or arm64."
        )
    if architecture and not chosen["checksum"]:
        sums = chosen["url"].replace(chosen["archive"], "sha256sums.txt")
        found.append(
            f"{name}_version is {version}, but {name}_checksums has no checksum for {architecture},"
            f" and nothing is installed unverified: copy the SHA-256 of {chosen['archive']} from"
            f" {sums}, as {name}_checksums: {{{architecture}: …}}."
        )
    elif architecture and chosen["source"]:
        found.append(archive_fault(chosen))
    return [fault for fault in found if fault]


def numbers(version: str) -> list[int]:
    """Read a version, to compare it; anything else is older than all."""
    found = VERSION.fullmatch(version)
    return [int(found[part]) for part in (1, 2, 3)] if found else []


def archive_fault(chosen: Data) -> str:
    """Say what is wrong with the archive in the air-gap directory; empty if nothing is."""
    path = locate(chosen["source"])
    if not path.is_file():
        return (
            f"{path} is missing, but {chosen['name']}_version is {chosen['version']}: download it"
            f" from {chosen['url']}."
        )
    found = sha256(path)
    if found == chosen["checksum"]:
        return ""
    return (
        f"{path} has the SHA-256 {found}, but {chosen['name']}_checksums says {chosen['checksum']}:"
        f" download it from {chosen['url']} again, or correct the checksum."
    )


def airgap_lines(releases: list[Data]) -> list[str]:
    """List what the air-gap directory must hold for these releases, and whether it does."""
    lines = []
    for chosen in releases:
        if not chosen["is_chosen"]:
            lines.append(f"ok        {chosen['name']}: the distribution's package, from apt")
        elif not chosen["source"]:
            lines.append(f"missing   {chosen['archive']}: download it from {chosen['url']}")
        elif said := faults(chosen):
            state = "wrong" if locate(chosen["source"]).is_file() else "missing"
            lines += [f"{state:8}  {fault}" for fault in said]
        else:
            lines.append(f"ok        {chosen['archive']}: has the SHA-256 {chosen['checksum']}")
    return lines
