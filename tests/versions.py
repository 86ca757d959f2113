"""Versions of the bot to deploy: sound ones that differ, and ones with a fault each."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Tests run side by side, each with versions of its own.
VERSIONS = ROOT / "build" / "versions" / os.environ.get("MOLECULE_SCENARIO_NAME", "e2e")
VERSION = re.compile(r'^version = "(.*)"', re.MULTILINE)
PACKAGE = "src/botwatch_bot"
ON_PURPOSE = "This version is broken on purpose."

BROKEN = "broken"
"""Can be imported; ends with a traceback as soon as it is started."""
NEVER_READY = "never_ready"
"""Answers, but never connects to Discord and crashes after some seconds."""
MISSPELT = "misspelt"
"""Cannot be compiled."""
UNIMPORTABLE = "unimportable"
"""Cannot be imported, in a module that is imported late."""
UNINSTALLABLE = "uninstallable"
"""Its packages cannot be installed, as a hash does not match."""

APPENDED = {
    BROKEN: (f"{PACKAGE}/settings.py", f'def load():\n    raise RuntimeError("{ON_PURPOSE}")\n'),
    NEVER_READY: (
        f"{PACKAGE}/app.py",
        (
            "class _Unready:\n"
            "    drop_connections = None\n"
            "    def sample(self):\n"
            "        pass\n"
            "    async def run(self):\n"
            "        await asyncio.sleep(4)\n"
            f'        raise RuntimeError("{ON_PURPOSE}")\n'
            "def _make_session(services, token):\n"
            "    return _Unready()\n"
        ),
    ),
    MISSPELT: (f"{PACKAGE}/commands/ping.py", "def ping(:\n"),
    UNIMPORTABLE: (f"{PACKAGE}/commands/ping.py", "import no_such_package\n"),
}
HASH = re.compile(r"sha256:[0-9a-f]{64}")


def make(name: str) -> Path:
    """Copy the bot, as a version of its own; one that is named after a fault has that."""
    copy = VERSIONS / name
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(ROOT / "bot", copy, ignore=shutil.ignore_patterns("tests", "__pycache__"))
    project = copy / "pyproject.toml"
    suffix = name.replace("_", ".")
    project.write_text(VERSION.sub(rf'version = "\1+{suffix}"', project.read_text()))
    if name in APPENDED:
        path, text = APPENDED[name]
        with (copy / path).open("a") as file:
            file.write(f"\n\n{text}")
    if name == UNINSTALLABLE:
        requirements = copy / "requirements.txt"
        requirements.write_text(HASH.sub("sha256:" + "0" * 64, requirements.read_text()))
    return copy
