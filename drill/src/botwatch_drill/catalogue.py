"""The drills there are, and the choice among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botwatch_drill.deployment import Deployment
from botwatch_drill.drill import Drill, Limits
from botwatch_drill.runtimes.k3s import K3S, ContainerKilled, PodDeleted, ScaledToZero
from botwatch_drill.runtimes.systemd import BOT_UNIT, SYSTEMD, Kill

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BOT_SCRAPE_INTERVAL_S = 2.0

_ERRORS = Drill(
    name="errors",
    title="six errors",
    expect="message",
    alert="DiscordBotHighErrors",
    breaks=None,
    budget_s=None,
    recovered_within_s=120.0,
)
_SYSTEMD = (
    # First, and the restart last: by then its crashes are not counted any more.
    Drill(
        name="crash_loop",
        title="bot killed three times",
        expect="message",
        alert="DiscordBotCrashLooping",
        breaks=Kill(BOT_UNIT, stays=False, replaces=True),
        # Three times some 3 s until it is back, twice 3 s until it is seen, and the alarm.
        budget_s=30.0,
        recovered_within_s=120.0,
        strikes=3,
        crashes=3,
        usual_runs=1,
        says="killed",
        also=("DiscordBotDown",),
        limits=Limits(max_s=45.0),
    ),
    Drill(
        name="bot_down",
        title="bot killed, stays down",
        expect="message",
        alert="DiscordBotDown",
        breaks=Kill(BOT_UNIT, stays=True),
        budget_s=15.0,
        recovered_within_s=120.0,
        phase_s=BOT_SCRAPE_INTERVAL_S,
    ),
    _ERRORS,
    Drill(
        name="bot_restart",
        title="bot killed, comes back",
        expect="silence",
        alert=None,
        breaks=Kill(BOT_UNIT, stays=False),
        budget_s=None,
        recovered_within_s=10.0,
        crashes=1,
        usual_runs=2,
    ),
)
_K3S = (
    Drill(
        name="bot_down",
        title="bot killed, no pod admitted",
        expect="message",
        alert="DiscordBotDown",
        breaks=PodDeleted(),
        budget_s=15.0,
        recovered_within_s=120.0,
        phase_s=BOT_SCRAPE_INTERVAL_S,
    ),
    Drill(
        name="bot_scaled",
        title="bot scaled to nothing",
        expect="message",
        alert="DiscordBotDown",
        breaks=ScaledToZero(),
        # Some 2 s more than where it is killed: it is asked to stop, and takes its leave.
        budget_s=17.0,
        recovered_within_s=120.0,
        phase_s=BOT_SCRAPE_INTERVAL_S,
    ),
    _ERRORS,
    Drill(
        name="pod_crash",
        title="bot killed three times",
        expect="message",
        alert="DiscordBotCrashLooping",
        breaks=ContainerKilled(),
        # The kubelet starts it again at once, then after 10 s, then after 20 s, and may come up to
        # 15 s late twice; on top what crash_loop takes.
        budget_s=90.0,
        recovered_within_s=180.0,
        strikes=3,
        crashes=3,
        usual_runs=1,
        says="killed",
        also=("DiscordBotDown",),
        limits=Limits(max_s=120.0, resolved_within_s=240.0, late_s=120.0),
    ),
)
DRILLS: Mapping[str, tuple[Drill, ...]] = {SYSTEMD.name: _SYSTEMD, K3S.name: _K3S}
CATALOGUE = tuple(drill for drills in DRILLS.values() for drill in drills)
"""All drills that break a site, of all runtimes."""
DEPLOYMENTS = {"deploy": "--deploy", "bad_deploy": "--bad-deploy"}
"""The drills that need a command, and the option that gives it."""


class UnknownDrillError(Exception):
    """No drill has this name here; the message says what to choose or to give."""


def deployments(good: Sequence[str] | None, bad: Sequence[str] | None) -> tuple[Drill, ...]:
    """Returns the drills that deploy the bot, as far as there is a command for them.

    Args:
        good: deploys a bot that works.
        bad: deploys one that does not become ready.

    Raises:
        DeploymentError: a command cannot be run.
    """
    drills = []
    if good is not None:
        drills.append(
            Drill(
                name="deploy",
                title="bot deployed",
                expect="silence",
                alert=None,
                breaks=Deployment(tuple(good), good=True),
                budget_s=None,
                recovered_within_s=Limits().deploy_s,
                # A message that comes later is one too many for the run that follows.
                limits=Limits(quiet_s=5.0),
            )
        )
    if bad is not None:
        drills.append(
            Drill(
                name="bad_deploy",
                title="bot deployed that does not start",
                expect="message",
                alert="DiscordBotDeploymentFailed",
                breaks=Deployment(tuple(bad), good=False),
                budget_s=None,
                recovered_within_s=Limits().deploy_s,
                # It is told once, when it has failed.
                resolves=False,
                limits=Limits(max_s=Limits().deploy_s),
            )
        )
    return tuple(drills)


def choose(names: Sequence[str], offered: Sequence[Drill]) -> tuple[Drill, ...]:
    """Returns the named drills in the order in which they are offered, all when none is named.

    Raises:
        UnknownDrillError: a name is not among them.
    """
    known = [drill.name for drill in offered]
    for name in names:
        if name not in known:
            raise UnknownDrillError(_missing(name, known))
    return tuple(drill for drill in offered if not names or drill.name in names)


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
