"""A deployment while it is watched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botwatch_drill.deployment import RunningDeployment

if TYPE_CHECKING:
    from botwatch_drill.deployment import Deployment, Ended
    from botwatch_drill.watch import Watch
    from botwatch_sandbox.drills.record import Record


def deploy(deployment: Deployment, watch: Watch) -> tuple[Record, Ended]:
    """Deploy to the deployment's own end, and watch what comes of it.

    Raises:
        ControlError, DeploymentError, InterruptionError: as Runner.run; the deployment has ended.
    """
    control, limits = watch.site.control, watch.drill.limits
    control.mark("injected")
    with RunningDeployment(deployment, limits.deploy_s) as running:
        watch.line.waits("deploying")
        watch.until(lambda _: running.ended, limits.deploy_s)
        ended = running.result()
    control.mark("released")
    watch.line.says(f"ended with {ended.code}")
    watch.line.waits("waiting until the bot is ready")
    watch.until(lambda seen: seen.recovered_at is not None, limits.late_s)
    if not deployment.good:
        watch.line.waits("waiting for the message")
        watch.until(lambda seen: seen.delivered_at is not None, limits.late_s)
    due = 0 if deployment.good else 1
    watch.line.waits(f"no {'further ' if due else ''}message may come for {limits.quiet_s:g} s")
    return watch.until(lambda seen: seen.messages > due, limits.quiet_s), ended
