"""What a session needs to know of the way in which the site runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is shown after a run that failed.

    Attributes:
        what: for people.
        script: prints it on the host.
    """

    what: str
    script: str


@dataclass(frozen=True, slots=True)
class Runtime:
    """One of the ways in which a site runs.

    Attributes:
        name: as in the variable botwatch_runtime.
        preflight: a script that fails on a host that cannot be broken this way.
        evidence: what tells why something went wrong.
    """

    name: str
    preflight: str
    evidence: tuple[Evidence, ...]
