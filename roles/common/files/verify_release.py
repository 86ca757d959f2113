"""Compile a release's source and import what its command needs; starts nothing.

Usage: verify_release.py SOURCE [COMMAND], run by the Python of the release's virtual environment.

Without a command, nothing is imported: a user's own module may start the bot as soon as it is. A
console script is a function of a module. Importing all modules of its package also finds faults
in those that are imported later, while the program runs.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import traceback
from importlib.metadata import entry_points
from pathlib import Path

FRAMES_SHOWN = 6


def compile_all(source: Path) -> list[str]:
    """Compile every file but those that pip has copied; return what is wrong."""
    faults = []
    copied = source / "build"
    for path in sorted(path for path in source.rglob("*.py") if copied not in path.parents):
        try:
            compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            faults.append(traceback.format_exc(limit=0).rstrip())
    return faults


def import_all(command: str) -> None:
    """Import the module of a console script and its siblings; let their faults through."""
    found = [*entry_points(group="console_scripts", name=command)]
    if not found:
        message = f"The package has no console script {command}: name it in [project.scripts]."
        raise SystemExit(message)
    (entry,) = found
    entry.load()
    package = sys.modules[entry.module.partition(".")[0]]
    for module in pkgutil.walk_packages(getattr(package, "__path__", []), f"{package.__name__}."):
        # Of those only the command's own is ever run.
        if module.name.rpartition(".")[2] != "__main__":
            importlib.import_module(module.name)


def main(source: str, command: str = "") -> int:
    """Return 0 if the release can be started, else 1 after saying why not."""
    faults = compile_all(Path(source))
    if command and not faults:
        try:
            import_all(command)
        except BaseException:  # noqa: BLE001 # a module that ends the process is a fault, too
            faults.append(traceback.format_exc(limit=-FRAMES_SHOWN).rstrip())
    sys.stderr.write("".join(f"{fault}\n" for fault in faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
