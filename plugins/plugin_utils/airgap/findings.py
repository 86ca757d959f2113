"""What an air-gap directory must hold, and what was found of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

State: TypeAlias = Literal["ok", "missing", "wrong", "extra", "optional"]
FAULTS: tuple[State, ...] = ("missing", "wrong")

Variables = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One thing that the directory should hold, or holds without need."""

    name: str
    state: State
    says: str = ""  # a whole sentence where something is to be done


@dataclass
class Findings:
    """What is to be installed, and what stands against it."""

    rows: list[Row] = field(default_factory=list)
    binary: Variables = field(default_factory=dict)
    images: list[Variables] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    def note(self, name: str, state: State, says: str = "") -> None:
        """Add what was found of one thing."""
        self.rows.append(Row(name, state, says))

    @property
    def faults(self) -> list[str]:
        """What must be corrected, one sentence each."""
        return [row.says for row in self.rows if row.state in FAULTS]
