"""What the control room saw of a drill, and the seconds that follow from it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from botwatch_drill.drill import Drill, Expect


@dataclass(frozen=True, slots=True)
class Record:
    """The control room's record of a drill; every `…_at` is Unix time in seconds, None until seen.

    Attributes:
        messages: Slack messages that came after the injection.
        told_firing: how many of them say that the drill's alert fires.
        told_resolved: how many say that it is over.
        said: what the message said that `delivered_at` is the time of.
        unresolved: the drill's alerts that Slack was told of, but not of their end.
    """

    id: int
    name: str
    alert: str | None
    state: str
    error: str | None
    budget_s: float | None
    injected_at: float | None
    released_at: float | None
    firing_at: float | None
    delivered_at: float | None
    recovered_at: float | None
    resolved_at: float | None
    messages: int
    told_firing: int
    told_resolved: int
    said: str | None
    unresolved: Sequence[str]

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Record:
        """Read the control API's JSON.

        Raises:
            KeyError: a field is missing.
        """
        return cls(**{field.name: body[field.name] for field in fields(cls)})

    @classmethod
    def begin(cls, number: int, drill: Drill) -> Record:
        """Return the record of a drill of which nothing has been seen."""
        known = {"id": number, "name": drill.name, "alert": drill.alert, "state": "running"}
        counts = {"messages": 0, "told_firing": 0, "told_resolved": 0, "unresolved": ()}
        unseen = dict.fromkeys(field.name for field in fields(cls))
        return cls.parse({**unseen, **known, **counts, "budget_s": drill.budget_s})

    def seen(self, **changed: object) -> Record:
        """Return the record with more of it seen."""
        return Record.parse(
            {field.name: getattr(self, field.name) for field in fields(self)} | changed
        )

    @property
    def running(self) -> bool:
        """Whether the drill has not ended."""
        return self.state == "running"


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds after the injection; None where it was not seen or does not apply."""

    firing_s: float | None = None
    delivered_s: float | None = None
    recovered_s: float | None = None
    resolved_s: float | None = None

    @classmethod
    def of(cls, record: Record, expect: Expect) -> Timing:
        """Compute what a record says; of an expected silence only the recovery has a time."""
        start = record.injected_at
        recovered_s = _since(start, record.recovered_at)
        if expect == "silence":
            return cls(recovered_s=recovered_s)
        if expect == "firing":
            return cls(firing_s=_since(start, record.firing_at), recovered_s=recovered_s)
        return cls(
            firing_s=_since(start, record.firing_at),
            delivered_s=_since(start, record.delivered_at),
            recovered_s=recovered_s,
            resolved_s=_since(start, record.resolved_at),
        )


def _since(start: float | None, moment: float | None) -> float | None:
    return None if start is None or moment is None else moment - start
