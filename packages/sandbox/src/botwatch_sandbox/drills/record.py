"""One drill: what it expects and what has been seen of it.

Also the package `drill` keeps such records, on controllers: this module and `recorder` import
nothing that has to be installed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Expect: TypeAlias = Literal["message", "silence", "firing"]
RecordState: TypeAlias = Literal["running", "passed", "failed", "aborted"]
Mark: TypeAlias = Literal["injected", "again", "released"]


@dataclass(frozen=True, slots=True)
class DrillSpec:
    """What a drill is.

    Attributes:
        name: its short name, on the command line and in the report.
        title: its name for people: what breaks.
        alert: the alert it is about; None when it is about none in particular.
        budget_s: seconds from the fault to the message, or to the alert where no message can come;
            None when there is nothing to hurry.
        expect: whether a Slack message must come, or must not; or whether the alert must fire where
            no message can come.
        also: other alerts whose messages are followed, as they may come meanwhile; they must be
            over at the end.
    """

    name: str
    title: str
    alert: str | None
    budget_s: float | None
    expect: Expect = "message"
    also: tuple[str, ...] = ()


@dataclass(slots=True)
class Record:
    """What has been seen of a drill; every `…_at` is Unix time in seconds, None until seen.

    Attributes:
        messages: how many Slack messages came after the injection.
        firing_messages: how many of them say that the alert fires.
        resolved_messages: how many say that it is over.
        said: what the message said that `delivered_at` is the time of.
        unresolved: of the alert and those in `also`, for which Slack got no resolved notification.
    """

    id: int
    name: str
    title: str
    alert: str | None
    budget_s: float | None
    expect: Expect
    also: tuple[str, ...]
    started_at: float
    state: RecordState = "running"
    error: str | None = None
    injected_at: float | None = None
    again_at: float | None = None
    released_at: float | None = None
    firing_at: float | None = None
    delivered_at: float | None = None
    recovered_at: float | None = None
    resolved_at: float | None = None
    messages: int = 0
    firing_messages: int = 0
    resolved_messages: int = 0
    said: str | None = None
    unresolved: tuple[str, ...] = ()

    @classmethod
    def begin(cls, number: int, spec: DrillSpec, started_at: float) -> Record:
        """Return the record of a drill of which nothing has been seen."""
        given = {field.name: getattr(spec, field.name) for field in fields(DrillSpec)}
        return cls(id=number, started_at=started_at, **given)

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Record:
        """Read the control API's JSON.

        Raises:
            KeyError: a field is missing.
        """
        read = {field.name: body[field.name] for field in fields(cls)}
        return cls(**{**read, "also": (*read["also"],), "unresolved": (*read["unresolved"],)})

    @property
    def running(self) -> bool:
        """Whether the drill has not ended."""
        return self.state == "running"

    def view(self) -> dict[str, object]:
        """Return the record as the control API gives it."""
        return asdict(self)
