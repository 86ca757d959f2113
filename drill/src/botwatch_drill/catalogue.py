"""The drills there are, what each expects, and how long everything may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Expect: TypeAlias = Literal["message", "silence"]

BOT_UNIT = "discord-bot.service"
BOT_SCRAPE_INTERVAL_S = 2.0
JOURNAL_UNITS = (BOT_UNIT, "prometheus.service", "prometheus-alertmanager.service")
JOURNAL_LINES = 20
RUNS = 3


class UnknownDrillError(Exception):
    """No drill has this name; the message lists the names there are."""


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL for the main process of a unit.

    Attributes:
        unit: the systemd unit.
        stays_down: whether systemd is kept from starting it again until the fault is undone.
    """

    unit: str
    stays_down: bool


@dataclass(frozen=True, slots=True)
class Drill:
    """One drill. Every `…_s` is seconds after the injection.

    Attributes:
        name: what it is called on the command line and in the report.
        title: what breaks, for people.
        expect: whether a Slack message must come, or must not.
        alert: the alert that the message must name; None when none may come.
        kill: the fault that is injected on the host; None when the stand-ins inject it themselves.
        budget_s: what the median of all runs may take until the message is delivered; None when
            there is no message, or when the stand-ins' record says it.
        recovered_within_s: when the site must be well again.
        phase_s: the injection is delayed by a random part of this, so that the runs do not all meet
            the scrapes at the same moment.
    """

    name: str
    title: str
    expect: Expect
    alert: str | None
    kill: Kill | None
    budget_s: float | None
    recovered_within_s: float
    phase_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for every drill, and how long is waited, in seconds.

    Attributes:
        max_s: within which every single run's message must be delivered.
        resolved_within_s: within which the resolved message must follow, after the injection.
        quiet_s: how long no message may come after the bot is ready again.
        rest_s: how long is waited for the site to be at rest before a run. Outlasts an abandoned
            drill, its fail-safe and the alert that follows.
        injected_s: how long the stand-ins may take to inject a fault of theirs.
        late_s: how long is waited for what is too late already, to be able to say how late.
        fail_safe_s: after which the host undoes a fault by itself. Longer than a run keeps one.
        poll_s: between two questions to the control room.
    """

    max_s: float = 25.0
    resolved_within_s: float = 120.0
    quiet_s: float = 30.0
    rest_s: float = 300.0
    injected_s: float = 15.0
    late_s: float = 60.0
    fail_safe_s: int = 180
    poll_s: float = 0.2


LIMITS = Limits()
CATALOGUE = (
    Drill(
        name="bot_restart",
        title="bot killed, comes back",
        expect="silence",
        alert=None,
        kill=Kill(BOT_UNIT, stays_down=False),
        budget_s=None,
        recovered_within_s=10.0,
    ),
    Drill(
        name="bot_down",
        title="bot killed, stays down",
        expect="message",
        alert="DiscordBotDown",
        kill=Kill(BOT_UNIT, stays_down=True),
        budget_s=15.0,
        recovered_within_s=120.0,
        phase_s=BOT_SCRAPE_INTERVAL_S,
    ),
    Drill(
        name="errors",
        title="six errors",
        expect="message",
        alert="DiscordBotHighErrors",
        kill=None,
        budget_s=None,
        recovered_within_s=120.0,
    ),
)


def choose(names: list[str]) -> tuple[Drill, ...]:
    """Returns the named drills in the catalogue's order, all when none is named.

    Raises:
        UnknownDrillError: a name is not in the catalogue.
    """
    known = [drill.name for drill in CATALOGUE]
    for name in names:
        if name not in known:
            message = f"there is no drill '{name}': choose {', '.join(known[:-1])} or {known[-1]}"
            raise UnknownDrillError(message)
    return tuple(drill for drill in CATALOGUE if not names or drill.name in names)
