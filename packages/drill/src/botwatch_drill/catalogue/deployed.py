"""Drills that deploy the bot, with a command that whoever drills gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botwatch_drill.deployment import Deployment
from botwatch_drill.drill import Drill
from botwatch_drill.terms import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence

DEPLOYMENTS = {"deploy": "--deploy", "bad_deploy": "--bad-deploy"}
"""The drills that need a command, and the option that gives it."""


def deployments(good: Sequence[str] | None, bad: Sequence[str] | None) -> tuple[Drill, ...]:
    """Return the drills that deploy the bot, as far as there is a command for them.

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
                alert="DiscordBotDeploymentFailed",
                breaks=Deployment(tuple(bad), good=False),
                budget_s=None,
                recovered_within_s=Limits().deploy_s,
                # One notification is sent, when it has failed.
                resolves=False,
                limits=Limits(max_s=Limits().deploy_s),
            )
        )
    return tuple(drills)
