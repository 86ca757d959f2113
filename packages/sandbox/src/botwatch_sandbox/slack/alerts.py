"""What an attachment of Alertmanager says: which alerts, firing or resolved."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, TypeAlias

from botwatch_sandbox.jsonio import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from botwatch_sandbox.jsonio import JsonObject

State: TypeAlias = Literal["firing", "resolved"]

_RESOLVED = re.compile(r"\bRESOLVED\b|✅")
_FIRING = re.compile(r"\bFIRING\b|🚨")
_FIRING_COLORS = {"danger", "warning"}


def state_of(attachment: JsonObject) -> State | None:
    """Say whether an attachment reports a firing or a resolved alert, None when neither.

    An attachment that holds firing and resolved alerts together is firing: Alertmanager colours
    and names it so.
    """
    color, title = text_of(attachment.get("color")), _title(attachment)
    if color == "good" or _RESOLVED.search(title):
        return "resolved"
    if color in _FIRING_COLORS or _FIRING.search(title):
        return "firing"
    return None


def state_of_all(attachments: Iterable[JsonObject]) -> State | None:
    """Return the state of a message: firing if any of its attachments is."""
    states = {state_of(attachment) for attachment in attachments}
    if "firing" in states:
        return "firing"
    return "resolved" if "resolved" in states else None


def names(attachment: JsonObject, alert: str) -> bool:
    """Say whether an attachment's title or fallback names an alert, as a whole word.

    One attachment can hold several alerts; each one's name counts.
    """
    word = re.compile(rf"(?<![\w-]){re.escape(alert)}(?![\w-])")
    return bool(word.search(_title(attachment)))


def words_of(attachment: JsonObject) -> str:
    """Return what an attachment says to people: its title, then its text."""
    return f"{text_of(attachment.get('title'))}\n{text_of(attachment.get('text'))}".strip()


def _title(attachment: JsonObject) -> str:
    return f"{text_of(attachment.get('title'))}\n{text_of(attachment.get('fallback'))}"
