"""What a role says about itself, for the tests that compare it with what it does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from plugins.plugin_utils.roles import role_options

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
Data = dict[str, Any]


@cache
def read_once(path: Path) -> Any:  # noqa: ANN401 # whatever the file holds
    """Read a YAML file of the repository, which no test changes."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Role:
    """One role."""

    path: Path

    @property
    def name(self) -> str:
        """Its name."""
        return self.path.name

    def read(self, file: str) -> Any:  # noqa: ANN401 # whatever the file holds
        """Read one of its YAML files; an absent one is empty."""
        path = self.path / file
        return read_once(path) if path.is_file() else None

    @property
    def defaults(self) -> Data:
        """Its variables for users."""
        return self.read("defaults/main.yml") or {}

    @property
    def variables(self) -> Data:
        """What it computes, in `vars/main.yml` or in `vars/main/`."""
        return {**(self.read("vars/main.yml") or {})} | {
            name: value
            for path in sorted((self.path / "vars/main").glob("*.yml"))
            for name, value in read_once(path).items()
        }

    @property
    def specs(self) -> dict[str, dict[str, Data]]:
        """The options of each of its entry points."""
        specs = (self.read("meta/argument_specs.yml") or {"argument_specs": {}})["argument_specs"]
        return {name: spec.get("options", {}) for name, spec in specs.items()}

    @property
    def options(self) -> dict[str, Data]:
        """What it declares about its variables for users."""
        return role_options(self.read("meta/argument_specs.yml"), self.defaults)

    @property
    def input_checks(self) -> dict[str, Data]:
        """What only one of its variables needs, by its name."""
        return self.read("meta/input_checks.yml") or {}

    def tasks(self) -> Iterator[Data]:
        """All its tasks and handlers, those in blocks too, and the blocks."""
        for folder in ("tasks", "handlers"):
            for path in sorted((self.path / folder).glob("*.yml")):
                yield from flatten(read_once(path))


def flatten(tasks: list[Data]) -> Iterator[Data]:
    """Give tasks, and those in their blocks."""
    for task in tasks:
        yield task
        for part in ("block", "rescue", "always"):
            yield from flatten(task.get(part, []))


ROLES = [Role(path) for path in sorted((REPOSITORY / "roles").iterdir()) if path.is_dir()]
each_role = pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
