"""Modules of the packages import each other in one direction, and no file is too long."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from repo.roles import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINES_MAX = 400
# Locks, dashboards and pictures.
GENERATED = re.compile(
    r".*\.png|(.+/)?requirements\.txt|requirements/.+\.txt|roles/grafana/files/.+"
)
# What runs on a controller; `make drill` has the packages of requirements/controller.in only.
CONTROLLER = ("rich", "requests", "urllib3", "testinfra")

# What the library offers to bots, and what it alone needs.
PUBLIC = {"botwatch", "botwatch.environment"}
OF_THE_LIBRARY = {"flask", "prometheus_client", "waitress"}


def module_name(source: Path, file: Path) -> str:
    parts = file.relative_to(source).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    module_name(source, file): file
    for source in (REPOSITORY / "bot/src", *sorted(REPOSITORY.glob("packages/*/src")))
    for file in sorted(source.rglob("*.py"))
}


def imports(tree: ast.AST) -> Iterator[str]:
    """Name what a module imports; those that only type checkers see are among them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                yield module if module in MODULES else str(node.module)


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return modules of which each imports the next one, and the last is the first; or none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found[::-1]
    return []


GRAPH = {
    name: {*imports(ast.parse(file.read_text(encoding="utf-8")))} - {name}
    for name, file in MODULES.items()
}


def test_no_module_imports_itself_over_others() -> None:
    assert len(GRAPH) > 100
    assert circle(GRAPH) == []


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})[1:] in (
        ["b", "c", "a"],
        ["c", "a", "b"],
        ["a", "b", "c"],
    )
    tree = ast.parse("if TYPE_CHECKING:\n    from botwatch_drill.watch import Watch\nimport re")
    assert set(imports(tree)) == {"botwatch_drill.watch", "re"}


def test_the_sample_bot_uses_the_library_as_any_bot_would() -> None:
    used = set().union(*(GRAPH[name] for name in GRAPH if name.split(".")[0] == "botwatch_bot"))
    assert {name for name in used if name.split(".")[0] == "botwatch"} == PUBLIC
    assert {name.split(".")[0] for name in used}.isdisjoint(OF_THE_LIBRARY)


def test_drills_need_nothing_that_a_controller_does_not_have() -> None:
    """They use parts of the sandbox, whose requirements are not installed there."""
    reached, found = set(), ["botwatch_drill.__main__"]
    while found:
        name = found.pop()
        reached.add(name)
        found += [other for other in GRAPH.get(name, ()) if other not in reached]
    outside = {name.split(".")[0] for name in reached if name not in MODULES}
    assert outside - sys.stdlib_module_names == set(CONTROLLER)


def test_no_file_is_too_long() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=REPOSITORY, check=True, capture_output=True, text=True
    ).stdout.split()
    written = [file for file in tracked if not GENERATED.fullmatch(file)]
    files = [REPOSITORY / file for file in written if (REPOSITORY / file).is_file()]
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    assert len(lengths) > len(MODULES)
    assert {file: length for file, length in lengths.items() if length > LINES_MAX} == {}
