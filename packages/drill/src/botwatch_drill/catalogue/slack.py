"""Drills of the delivery to Slack: which notifications are sent when the channel itself fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botwatch_drill.drill import Drill
from botwatch_drill.faults.outage import Outage
from botwatch_drill.terms import Limits

if TYPE_CHECKING:
    from botwatch_drill.breakage import Breakage
    from botwatch_drill.faults.outage import Answer

LASTS_S = 60.0
# After the outage: Alertmanager's longest pause between two attempts, or its group_interval.
AFTERWARDS_S = 40.0
_LIMITS = Limits(
    max_s=LASTS_S + AFTERWARDS_S + 20.0,
    resolved_within_s=300.0,
    quiet_s=15.0,
    late_s=90.0,
    fail_safe_s=300,
)


def slack_drills(bot_away: Breakage) -> tuple[Drill, ...]:
    """Return the drills.

    Args:
        bot_away: takes the bot away until it is undone; that is what Slack must be notified of.
    """
    return (
        _outage("slack_429", "too many requests", 429, bot_away),
        _outage("slack_500", "errors", 500, bot_away),
        _outage("slack_silent", "nothing", "silence", bot_away),
        Drill(
            name="slack_failing",
            title=f"Slack answers errors for {LASTS_S:g} s",
            expect="firing",
            alert="NotificationsFailing",
            needs="stand-ins",
            breaks=Outage(500, LASTS_S, bot_away),
            budget_s=LASTS_S,
            recovered_within_s=1200.0,
            resolves=False,
            also=("DiscordBotDown",),
            limits=_LIMITS,
        ),
        Drill(
            name="slack_missed",
            title="bot away and back while Slack fails",
            alert="NotificationsMissed",
            needs="stand-ins",
            breaks=Outage(500, LASTS_S, bot_away, ends_within=True, during="DiscordBotDown"),
            budget_s=LASTS_S + 60.0,
            recovered_within_s=1200.0,
            says="DiscordBotDown",
            resolves=False,
            limits=Limits(
                max_s=LASTS_S + 120.0,
                resolved_within_s=300.0,
                quiet_s=5.0,
                late_s=150.0,
                fail_safe_s=600,
            ),
        ),
    )


def _outage(name: str, what: str, answer: Answer, breaks: Breakage) -> Drill:
    return Drill(
        name=name,
        title=f"bot killed, Slack answers {what} for {LASTS_S:g} s",
        alert="DiscordBotDown",
        needs="stand-ins",
        breaks=Outage(answer, LASTS_S, breaks),
        budget_s=LASTS_S + AFTERWARDS_S,
        recovered_within_s=300.0,
        once=True,
        limits=_LIMITS,
    )
