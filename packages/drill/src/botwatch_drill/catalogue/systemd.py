"""The drills of a stack whose parts are units of systemd."""

from __future__ import annotations

from botwatch_drill.catalogue.bot import BOT_SCRAPE_INTERVAL_S, bot_drills
from botwatch_drill.catalogue.monitoring import SYSTEMD_MONITORING
from botwatch_drill.catalogue.node import HOST_RESTART, NODE
from botwatch_drill.catalogue.slack import slack_drills
from botwatch_drill.drill import Drill
from botwatch_drill.faults.rotation import Rotation
from botwatch_drill.runtimes.systemd import Kill, SystemdDoor, bot_unit, renew_bot
from botwatch_drill.terms import BOT, Limits, Meanwhile


def systemd_drills(bot: str = BOT) -> tuple[Drill, ...]:
    """Return the drills with the bot of this name."""
    unit = bot_unit(bot)
    away = Kill(unit, stays=True)
    crashes = (
        # First, and the restart last: by then its crashes are not counted any more.
        Drill(
            name="crash_loop",
            title="bot killed three times",
            alert="DiscordBotCrashLooping",
            breaks=Kill(unit, stays=False, replaces=True),
            # Three times some 3 s until it is back, twice 3 s until it is seen, and the message.
            budget_s=30.0,
            strikes=3,
            crashes=3,
            says="killed",
            also=("DiscordBotDown",),
            limits=Limits(max_s=45.0),
        ),
        Drill(
            name="bot_down",
            title="bot killed, stays down",
            alert="DiscordBotDown",
            breaks=away,
            budget_s=12.0,
            phase_s=BOT_SCRAPE_INTERVAL_S,
            usual_runs=3,
            once=True,
            limits=Limits(max_s=20.0),
        ),
    )
    mid_alert = (
        Drill(
            name="alertmanager_restart",
            title="bot killed, Alertmanager restarted mid-alert",
            alert="DiscordBotDown",
            breaks=away,
            budget_s=15.0,
            recovered_within_s=180.0,
            once=True,
            meanwhile=Meanwhile(
                "Alertmanager restarted",
                ("systemctl restart prometheus-alertmanager",),
                quiet_s=25.0,
            ),
            limits=Limits(resolved_within_s=180.0),
        ),
        Drill(
            name="prometheus_restart",
            title="bot killed, Prometheus restarted mid-alert",
            alert="DiscordBotDown",
            breaks=away,
            budget_s=15.0,
            recovered_within_s=240.0,
            once=True,
            # It tells of no bot that is away within 30 s of its start, and then only after 8 s.
            meanwhile=Meanwhile("Prometheus restarted", ("systemctl restart prometheus",), 50.0),
            limits=Limits(resolved_within_s=240.0, fail_safe_s=240),
        ),
    )
    rotated = (
        Drill(
            name="slack_rotated",
            title="bot killed, Slack's webhook renewed",
            alert="DiscordBotDown",
            needs="stand-ins",
            breaks=Rotation(away, "/etc/slack-secrets/webhook-url"),
            budget_s=15.0,
            once=True,
        ),
    )
    restart = (
        Drill(
            name="bot_restart",
            title="bot killed, comes back",
            alert="DiscordBotRestarted",
            breaks=Kill(unit, stays=False),
            budget_s=25.0,
            crashes=1,
            resolves=False,
            hidden_by=(
                "DiscordBotDown",
                "DiscordBotEventLoopBlocked",
                "DiscordBotCrashLooping",
                "DiscordBotGatewayDisconnected",
            ),
            # The window in which the rule looks for one of them, and an evaluation.
            hidden_for_s=75.0,
            limits=Limits(max_s=40.0),
        ),
    )
    return (
        *crashes,
        *bot_drills(SystemdDoor(bot), renew_bot(bot)),
        *NODE,
        *SYSTEMD_MONITORING,
        *mid_alert,
        *slack_drills(away),
        *rotated,
        *restart,
        *HOST_RESTART,
    )
