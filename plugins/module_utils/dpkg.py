"""What dpkg says about the packages of a host."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Found = dict[str, Any]
DPKG = "var/lib/dpkg"
NOT_INSTALLED = ("not-installed", "config-files", "half-installed")


def dpkg_entries(root: Path) -> list[dict[str, str]]:
    """Read dpkg's database: one mapping per package, values with their continuation lines."""
    database = root / DPKG / "status"
    text = database.read_text(encoding="utf-8", errors="replace") if database.is_file() else ""
    field = re.compile(r"^([\w-]+):(.*(?:\n[ \t].*)*)", re.MULTILINE)
    return [
        {name: value.strip() for name, value in field.findall(entry)}
        for entry in text.split("\n\n")
        if entry.strip()
    ]


def packages(entries: list[dict[str, str]]) -> dict[str, list[Found]]:
    """List the installed packages."""
    found: dict[str, list[Found]] = {}
    for entry in entries:
        if entry.get("Status", NOT_INSTALLED[0]).split()[-1] not in NOT_INSTALLED:
            name, version, arch = (
                entry.get(key, "") for key in ("Package", "Version", "Architecture")
            )
            package = {"name": name, "version": version, "arch": arch, "source": "apt"}
            found.setdefault(name, []).append(package)
    return found


def conffiles(entries: list[dict[str, str]]) -> dict[str, str]:
    """List the MD5 sums with which packages delivered their configuration files."""
    lines = [line.split() for entry in entries for line in entry.get("Conffiles", "").splitlines()]
    return {words[0].lstrip("/"): words[1] for words in lines if len(words) > 1}


def dpkg_state(root: Path, entries: list[dict[str, str]]) -> Found:
    """Say whether dpkg was interrupted, and which packages it wants to have installed again."""
    updates = root / DPKG / "updates"
    journal = [path.name for path in updates.iterdir()] if updates.is_dir() else []
    broken = [entry["Package"] for entry in entries if " reinstreq " in entry.get("Status", "")]
    return {"interrupted": any(name.isdigit() for name in journal), "broken": sorted(broken)}
