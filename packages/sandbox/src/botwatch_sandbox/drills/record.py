"""One drill: what it expects and what has been seen of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from botwatch_sandbox.jsonio import JsonObject

Expect: TypeAlias = Literal["message", "silence", "firing"]
RecordState: TypeAlias = Literal["running", "passed", "failed", "aborted"]


@dataclass(frozen=True, slots=True)
class DrillSpec:
    """What a drill is.

    Attributes:
        name: its short name.
        title: its name for people.
        alert: the alert it is about; None when it is about none in particular.
        budget_s: seconds from the fault to the message; None when there is no message to wait for.
        expect: whether a Slack message must come, or must not; or whether the alert must fire where
            no message can come.
        also: other alerts whose messages are followed, as they may come meanwhile.
    """

    name: str
    title: str
    alert: str | None
    budget_s: float | None
    expect: Expect
    also: tuple[str, ...] = ()


@dataclass(slots=True)
class Record:
    """What has been seen of a drill; every `…_at` is Unix time in seconds, None until seen.

    Attributes:
        messages: how many Slack messages came.
        told_firing: how many of them say that the alert fires.
        told_resolved: how many say that it is over.
        said: what the message said that `delivered_at` is the time of.
        unresolved: of the alert and those in `also`, which Slack was told of and not of their end.
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
    told_firing: int = 0
    told_resolved: int = 0
    said: str | None = None
    unresolved: tuple[str, ...] = ()

    @property
    def running(self) -> bool:
        """Whether the drill has not ended."""
        return self.state == "running"

    def view(self) -> JsonObject:
        """Return the record as the control API gives it."""
        return asdict(self)
