"""What a session needs to know of the way in which the stack runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botwatch_drill.host_observer import Addresses


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
    """One of the ways in which a stack runs.

    Attributes:
        name: as in the variable botwatch_runtime.
        addresses: where the bot, Prometheus and Alertmanager are reached on the host, unless
            somebody says otherwise.
        preflight: a script that fails on a host that cannot be broken this way.
        evidence: what tells why something went wrong.
    """

    name: str
    addresses: Addresses
    preflight: str
    evidence: tuple[Evidence, ...]
