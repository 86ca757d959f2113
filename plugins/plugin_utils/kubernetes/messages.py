"""Messages of Kubernetes in one line, and the remedies that they call for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_CAUSE = 400
# What the kubelet and containerd say before they come to the point.
PREAMBLE = re.compile(
    r"^.*(?:(?:failed to pull and unpack image|failed to resolve reference) \S+: "
    r"|unable to start container process: )"
)


def one_line(text: str, longest: int = LONGEST_CAUSE) -> str:
    """Bring a message into one line of bearable length."""
    line = re.sub(r"\s+", " ", text).strip(" .:")
    return line if len(line) <= longest else f"{line[:longest]}…"


def to_the_point(message: str) -> str:
    """Leave out who passed a message on to whom."""
    return PREAMBLE.sub("", one_line(message, longest=2000))[:LONGEST_CAUSE]


def remedy_for(cause: str, remedies: Iterable[tuple[str, str]], otherwise: str) -> str:
    """Pick the remedy of the first pattern that a cause matches."""
    found = (remedy for pattern, remedy in remedies if re.search(pattern, cause, re.IGNORECASE))
    return next(found, otherwise)
