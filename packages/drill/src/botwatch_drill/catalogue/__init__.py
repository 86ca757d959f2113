"""The drills there are, and the choice among them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from botwatch_drill.catalogue.bot import BOT_SCRAPE_INTERVAL_S
from botwatch_drill.catalogue.deployed import DEPLOYMENTS, deployments
from botwatch_drill.catalogue.k3s import k3s_drills
from botwatch_drill.catalogue.systemd import systemd_drills
from botwatch_drill.faults.played import Played
from botwatch_drill.terms import BOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from botwatch_drill.drill import Drill
    from botwatch_drill.terms import Observability

DRILLS_WITH: Mapping[str, Callable[[str], tuple[Drill, ...]]] = {
    "systemd": systemd_drills,
    "k3s": k3s_drills,
}
"""By runtime, what makes its drills with the bot of a name."""
DRILLS = {runtime: drills_with(BOT) for runtime, drills_with in DRILLS_WITH.items()}
"""By runtime, its drills with the bot of the usual name."""
CATALOGUE = tuple(drill for drills in DRILLS.values() for drill in drills)
"""All drills that break a stack, of all runtimes."""
ABOUT_PROCESS = ("DiscordBotDown", "DiscordBotCrashLooping", "DiscordBotRestarted")
"""The alerts that systemd or Kubernetes can cause, too."""
WATCHED_WITHIN_S = 60.0
"""How long these may take where nothing but the process is watched."""


__all__ = [
    "BOT_SCRAPE_INTERVAL_S",
    "CATALOGUE",
    "DEPLOYMENTS",
    "DRILLS",
    "DRILLS_WITH",
    "UnknownDrillError",
    "choose",
    "deployments",
    "for_bot",
    "with_question",
    "with_rules",
    "without_stand_ins",
]


class UnknownDrillError(Exception):
    """No drill has this name here; the message says what to choose or to give."""


def choose(names: Sequence[str], offered: Sequence[Drill]) -> tuple[Drill, ...]:
    """Return the named drills in the order in which they are offered, all when none is named.

    Raises:
        UnknownDrillError: a name is not among them.
    """
    known = [drill.name for drill in offered]
    for name in names:
        if name not in known:
            raise UnknownDrillError(_missing(name, known))
    return tuple(drill for drill in offered if not names or drill.name in names)


def without_stand_ins(names: Sequence[str], offered: Sequence[Drill]) -> tuple[Drill, ...]:
    """Return the drills that can be run where there are no stand-ins.

    Those that need quick alerts are among them when they are named.

    Raises:
        UnknownDrillError: one is named that needs the stand-ins.
    """
    for drill in offered:
        if drill.name in names and drill.needs == "stand-ins":
            message = (
                f"the drill '{drill.name}' needs the stand-ins for Discord and Slack: it can be "
                "run on the demo node only"
            )
            raise UnknownDrillError(message)
    return tuple(drill for drill in offered if drill.needs == "host" or drill.name in names)


def with_question(
    names: Sequence[str], offered: Sequence[Drill], question: str
) -> tuple[Drill, ...]:
    """Return the drills with what the bot is asked; without a question, those that ask nothing.

    Raises:
        UnknownDrillError: one is named that asks, and there is no question.
    """
    drills = []
    for drill in offered:
        fault = drill.breaks
        if not isinstance(fault, Played) or fault.asks is None:
            drills.append(drill)
        elif question:
            drills.append(replace(drill, breaks=replace(fault, asks=question)))
        elif drill.name in names:
            message = (
                f"the drill '{drill.name}' sends the bot a command, and it is not known which ones "
                "it has: say one that it answers, such as `make drill ASK='!ping'` (--ask)"
            )
            raise UnknownDrillError(message)
    return tuple(drills)


def with_rules(
    names: Sequence[str], offered: Sequence[Drill], rules: frozenset[str]
) -> tuple[Drill, ...]:
    """Return the drills whose alert has a rule on the host; without rules, nothing is known.

    Raises:
        UnknownDrillError: one is named whose alert has no rule.
    """
    absent = [drill for drill in offered if rules and not _can_fire(drill, rules)]
    for drill in absent:
        if drill.name in names:
            message = (
                f"the drill '{drill.name}' waits for the alert {drill.alert}, which the host does "
                "not have: set prometheus_alerts_profile to full"
            )
            raise UnknownDrillError(message)
    return tuple(drill for drill in offered if drill not in absent)


def for_bot(
    names: Sequence[str], offered: Sequence[Drill], observability: Observability
) -> tuple[Drill, ...]:
    """Return the drills for what is known of the bot, with the times that its alerts then take.

    Raises:
        UnknownDrillError: one is named that needs to know more.
    """
    for drill in offered:
        if drill.name in names and observability not in drill.observed:
            message = (
                f"the drill '{drill.name}' needs a bot of which more is known: "
                f"discord_bot_observability is {observability}, and must be {drill.observed[-1]}"
            )
            raise UnknownDrillError(message)
    drills = [drill for drill in offered if observability in drill.observed]
    return tuple(_as_observed(drill, observability) for drill in drills)


def _as_observed(drill: Drill, observability: Observability) -> Drill:
    if observability == "botwatch" or drill.alert not in ABOUT_PROCESS:
        return drill
    # Whoever watches only the process does not know why it ended.
    drill = replace(drill, says=None)
    if observability == "metrics" or drill.budget_s is None:
        return drill
    limits = replace(drill.limits, max_s=max(drill.limits.max_s, WATCHED_WITHIN_S))
    return replace(drill, budget_s=max(drill.budget_s, WATCHED_WITHIN_S), limits=limits)


def _can_fire(drill: Drill, rules: frozenset[str]) -> bool:
    # The playbook itself posts the alerts about deployments.
    return drill.alert is None or drill.alert in rules or drill.name in DEPLOYMENTS


def _missing(name: str, known: Sequence[str]) -> str:
    if name in DEPLOYMENTS:
        return (
            f"the drill '{name}' needs the command that deploys: give {DEPLOYMENTS[name]} COMMAND"
        )
    message = f"there is no drill '{name}': choose {', '.join(known[:-1])} or {known[-1]}"
    elsewhere = [runtime for runtime, drills in DRILLS.items() if name in _names(drills)]
    return f"{message} ('{name}' is for --runtime {elsewhere[0]})" if elsewhere else message


def _names(drills: Sequence[Drill]) -> list[str]:
    return [drill.name for drill in drills]
