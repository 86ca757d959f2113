"""Compile a release's source and import what its command needs; starts nothing.

Usage: verify_release.py SOURCE [COMMAND]
       verify_release.py SOURCE --start PROGRAM [ARGUMENT...]

Run by the Python of the release's virtual environment.

The first form is for a package of this repository. A console script is a function of a module.
Importing all modules of its package also finds faults in those that are imported later, while the
program runs.

The second form is for a user's own program, and says how that starts. Nothing is imported, as a
module may start the bot as soon as it is. What the program imports first, directly or not, and the
extensions that it loads must be free of syntax errors. Other files, such as templates or those of
another Python, are only named.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import sys
import traceback
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FRAMES_SHOWN = 6
MODULE = re.compile(r"\w{1,80}(\.\w{1,80}){0,8}\.?")
OWN = "--start"
# What the compiler raises, also for files that are nested too deeply.
UNREADABLE = (SyntaxError, ValueError, MemoryError, RecursionError)


def files_below(source: Path) -> list[Path]:
    """List every file in Python but those that pip has copied."""
    copied = source / "build"
    found = (path for path in source.rglob("*.py") if path.is_file())
    return sorted(path for path in found if copied not in path.parents)


def fault_of(path: Path) -> str:
    """Compile a file; return what is wrong with it, or nothing."""
    try:
        compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except UNREADABLE:
        return traceback.format_exc(limit=0).rstrip()
    return ""


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


class Program:
    """A user's own program, and what of its source it imports when it starts."""

    def __init__(self, source: Path, command: list[str]) -> None:
        files = [word for word in command if word.endswith(".py")]
        self.modules: list[str] = []
        # What follows the file are the bot's own arguments.
        if "-m" in command[: command.index(files[0]) if files else None]:
            self.modules, files = command[command.index("-m") + 1 :][:1], []
        elif not files:
            found = entry_points(group="console_scripts", name=command[0])
            self.modules = [entry.module for entry in found]
        self.start = [source / file for file in files[:1]]
        self.roots = [*(path.parent for path in self.start), source, source / "src"]

    def files(self) -> set[Path]:
        """Find the files that it consists of when it starts."""
        left = [path for path in self.start if path.is_file()]
        for module in self.modules:
            left += [*self._files_of(module), *self._files_of(f"{module}.__main__")]
        found: set[Path] = set()
        while left:
            path = left.pop()
            if path not in found:
                found.add(path)
                left += self._imported_by(path)
        return found

    def _imported_by(self, path: Path) -> Iterator[Path]:
        try:
            tree = ast.parse(path.read_bytes())
        except UNREADABLE:
            return
        yield from self._loaded_by(tree)
        for statement in imports(tree.body):
            if isinstance(statement, ast.Import):
                for name in statement.names:
                    yield from self._files_of(name.name)
            else:
                above = [*path.parents][: statement.level]
                base = above[-1] if above else None
                module = statement.module or ""
                names = [f"{module}.{name.name}" for name in statement.names]
                for found in (module, *names):
                    yield from self._files_of(found.strip("."), base)

    def _loaded_by(self, tree: ast.Module) -> Iterator[Path]:
        """Find the modules that are loaded by their names, as discord.py's extensions are."""
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and loads(node)]
        named = {text for call in calls for argument in call.args for text in strings(argument)}
        dotted = {text for text in strings(tree) if "." in text.strip(".")} if calls else set()
        for text in named | dotted:
            yield from self._files_of(text)
        for text in named:  # as in f"cogs.{name}"
            for root in self.roots if text.endswith(".") else []:
                yield from root.joinpath(*text.split(".")).glob("*.py")

    def _files_of(self, module: str, base: Path | None = None) -> Iterator[Path]:
        """Find the files that importing a module runs: its own, and those of its packages."""
        parts = module.split(".") if module else []
        for root in [base] if base else self.roots:
            for count in range(1, len(parts) + 1):
                place = root.joinpath(*parts[:count])
                for path in (place / "__init__.py", place.with_name(f"{place.name}.py")):
                    if path.is_file():
                        yield path


def loads(call: ast.Call) -> bool:
    """Tell whether a call loads a module by its name."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    return name in {"load_extension", "load_extensions", "import_module"}


def strings(tree: ast.AST) -> set[str]:
    """Find the strings in a piece of code that may be names of modules."""
    found = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {text for text in found if isinstance(text, str) and MODULE.fullmatch(text)}


def imports(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """Find the imports that run whenever a module is imported, also in blocks."""
    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield statement
        elif isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            yield from imports(statement.orelse)
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            for block in ("body", "orelse", "finalbody"):
                yield from imports(getattr(statement, block, []))


def verify_own(source: Path, command: list[str]) -> int:
    """Say which files of a user's own program have faults; return whether it cannot start."""
    needed = {path.resolve() for path in Program(source, command).files()}
    code = 0
    for path in files_below(source):
        fault = fault_of(path)
        if fault and path.resolve() in needed:
            code = 1
            sys.stderr.write(f"{fault}\n")
        elif fault:
            sys.stdout.write(f"{path.relative_to(source)}: {fault.splitlines()[-1]}\n")
    return code


def main(source: str, *command: str) -> int:
    """Return 0 if the release can be started, else 1 after saying why not."""
    if command[:1] == (OWN,):
        return verify_own(Path(source), list(command[1:]))
    faults = [fault for fault in map(fault_of, files_below(Path(source))) if fault]
    if command and not faults:
        try:
            import_all(*command)
        except BaseException:  # noqa: BLE001 # a module that ends the process is a fault, too
            faults.append(traceback.format_exc(limit=-FRAMES_SHOWN).rstrip())
    sys.stderr.write("".join(f"{fault}\n" for fault in faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
