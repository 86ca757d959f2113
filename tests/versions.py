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
        f"{PACKAGE}/bot.py",
        (
            "def _crash():\n"
            "    import os, sys\n"
            f'    sys.stderr.write("RuntimeError: {ON_PURPOSE}\\n")\n'
            "    os._exit(70)\n"
            "async def _never_ready(self, token):\n"
            "    asyncio.get_running_loop().call_later(4, _crash)\n"
            "    await asyncio.Event().wait()\n"
            "Bot.login = _never_ready\n"
        ),
    ),
    MISSPELT: (f"{PACKAGE}/cogs/about.py", "def ping(:\n"),
    UNIMPORTABLE: (f"{PACKAGE}/cogs/about.py", "import no_such_package\n"),
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
