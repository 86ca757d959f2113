"""Shorten a log to the lines that tell why a program failed."""

from __future__ import annotations

import re
from typing import Any

from ansible.plugins.lookup import LookupBase

DOCUMENTATION = """
name: log_end
short_description: The end of a log that tells why a program failed
description:
  - The end of the last traceback if there is one, else the last lines.
  - A program that is restarted writes on after its traceback; that is left out.
options:
  _terms:
    description: The logs.
    required: true
  length:
    description: How long the result may be, in characters.
    type: int
    default: 500
"""

LENGTH = 500
TRACEBACK = "Traceback (most recent call last):"
# The line that ends a traceback begins where the traceback does: `KeyError: 'x'`, or only a name.
ENDS = re.compile(r"[A-Za-z_][\w.]*(?:: .*|:)?$")


def last_traceback(lines: list[str]) -> list[str]:
    """Return the last traceback, without what follows it; nothing if there is none."""
    starts = [number for number, line in enumerate(lines) if TRACEBACK in line]
    if not starts:
        return []
    start = starts[-1]
    indent = lines[start].index(TRACEBACK)
    for number, line in enumerate(lines[start + 1 :], start + 1):
        if line[indent : indent + 1].strip() and ENDS.match(line[indent:]):
            return lines[start : number + 1]
    return lines[start:]


def log_end(text: str, length: int = LENGTH) -> str:
    """Return whole lines of the end, no longer than this; of a single long line its end."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    chosen = "\n".join(last_traceback(lines) or lines)
    if len(chosen) <= length:
        return chosen
    # One more, to see whether a line begins there.
    _, _, whole = chosen[-length - 1 :].partition("\n")
    return whole or chosen[-length:]


class LookupModule(LookupBase):
    """Return the end of each log."""

    def run(
        self,
        terms: list[str],
        variables: dict[str, Any] | None = None,  # part of Ansible's interface
        length: int = LENGTH,
        **_options: object,
    ) -> list[str]:
        """Shorten each log; see DOCUMENTATION."""
        return [log_end(term, length) for term in terms]
