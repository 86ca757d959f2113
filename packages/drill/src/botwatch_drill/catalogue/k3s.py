"""The drills of a stack whose parts are workloads of k3s."""

from __future__ import annotations

from botwatch_drill.catalogue.bot import BOT_SCRAPE_INTERVAL_S, bot_drills
from botwatch_drill.catalogue.monitoring import probe_silenced
from botwatch_drill.catalogue.node import HOST_RESTART, NODE
from botwatch_drill.catalogue.slack import slack_drills
from botwatch_drill.drill import Drill
from botwatch_drill.runtimes.k3s import (
    ContainerKilled,
    K3sDoor,
    PodDeleted,
    ScaledToZero,
    new_pod,
    renew_bot,
)
from botwatch_drill.terms import BOT, Limits, Meanwhile


def k3s_drills(bot: str = BOT) -> tuple[Drill, ...]:
    """Return the drills with the bot of this name."""
    outages = (
        Drill(
            name="bot_down",
            title="bot killed, no pod admitted",
            alert="DiscordBotDown",
            breaks=PodDeleted(bot),
            budget_s=12.0,
            phase_s=BOT_SCRAPE_INTERVAL_S,
            usual_runs=3,
            once=True,
            limits=Limits(max_s=20.0),
        ),
        Drill(
            name="bot_scaled",
            title="bot scaled to nothing",
            alert="DiscordBotDown",
            breaks=ScaledToZero(bot),
            # Some 2 s more than where it is killed: it is asked to stop, and takes its leave.
            budget_s=17.0,
            phase_s=BOT_SCRAPE_INTERVAL_S,
            usual_runs=3,
        ),
    )
    crashes = (
        Drill(
            name="pod_crash",
            title="bot killed three times",
            alert="DiscordBotCrashLooping",
            breaks=ContainerKilled(bot=bot),
            # The kubelet restarts it immediately, then after 10 s, then after 20 s, and may come up
            # to 15 s late twice; on top what crash_loop takes.
            budget_s=90.0,
            recovered_within_s=180.0,
            strikes=3,
            crashes=3,
            says="killed",
            also=("DiscordBotDown",),
            limits=Limits(max_s=120.0, resolved_within_s=240.0, late_s=120.0, fail_safe_s=300),
        ),
    )
    mid_alert = (
        Drill(
            name="alertmanager_restart",
            title="bot scaled to nothing, Alertmanager's pod replaced mid-alert",
            alert="DiscordBotDown",
            breaks=ScaledToZero(bot),
            budget_s=17.0,
            recovered_within_s=240.0,
            once=True,
            meanwhile=Meanwhile(
                "Alertmanager's pod replaced", new_pod("alertmanager"), quiet_s=40.0
            ),
            also=("AlertmanagerUnreachable", "TargetMissing"),
            limits=Limits(resolved_within_s=240.0, fail_safe_s=240),
        ),
        Drill(
            name="prometheus_restart",
            title="bot scaled to nothing, Prometheus' pod replaced mid-alert",
            alert="DiscordBotDown",
            breaks=ScaledToZero(bot),
            budget_s=17.0,
            recovered_within_s=240.0,
            once=True,
            meanwhile=Meanwhile("Prometheus' pod replaced", new_pod("prometheus"), quiet_s=60.0),
            limits=Limits(resolved_within_s=240.0, fail_safe_s=240),
        ),
    )
    return (
        *outages,
        *bot_drills(K3sDoor(bot), renew_bot(bot)),
        *NODE,
        probe_silenced('alertmanager="http://127.0.0.1:30093"'),
        *mid_alert,
        *slack_drills(ScaledToZero(bot)),
        *crashes,
        *HOST_RESTART,
    )
