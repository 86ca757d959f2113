"""Versions of the bot to deploy: sound ones that differ, and one that does not start."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSIONS = ROOT / "build" / "versions"
VERSION = re.compile(r'^version = "(.*)"', re.MULTILINE)
BROKEN = "broken"
BREAK = 'raise SystemExit("This version is broken on purpose.")\n'


def make(name: str) -> Path:
    """Copy the bot, as a version of its own."""
    copy = VERSIONS / name
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(ROOT / "bot", copy, ignore=shutil.ignore_patterns("tests", "__pycache__"))
    project = copy / "pyproject.toml"
    text = re.sub(
        r'^version = "(.*)"', rf'version = "\1+{name}"', project.read_text(), flags=re.MULTILINE
    )
    project.write_text(text)
    if name == BROKEN:
        (copy / "src/botwatch_bot/__main__.py").write_text(f"{BREAK}\ndef main() -> None: ...\n")
    return copy
