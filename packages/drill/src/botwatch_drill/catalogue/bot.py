"""Drills about the bot, the same in every runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botwatch_drill.drill import Drill
from botwatch_drill.faults.bot_call import bot_call
from botwatch_drill.faults.played import Played
from botwatch_drill.terms import Limits

if TYPE_CHECKING:
    from botwatch_drill.faults.bot_call import Door

BOT_SCRAPE_INTERVAL_S = 2.0
HANG_S = 90
GROWTH = "mebibytes=96&seconds=100"


def bot_drills(door: Door, renew: tuple[str, ...]) -> tuple[Drill, ...]:
    """Return the drills.

    Args:
        door: how the bot is reached.
        renew: lines of shell that put a new bot in the place of one that does not listen any more.
    """
    return (
        Drill(
            name="bot_hang",
            observed=("botwatch",),
            title="event loop stands still",
            alert="DiscordBotEventLoopBlocked",
            breaks=bot_call(door, f"/test-hang?seconds={HANG_S}", restart=renew, stays=True),
            budget_s=20.0,
            phase_s=BOT_SCRAPE_INTERVAL_S,
            also=("DiscordBotDown", "DiscordBotGatewayDisconnected"),
        ),
        Drill(
            name="gateway_drop",
            observed=("botwatch",),
            title="gateway connection cut",
            expect="silence",
            alert=None,
            breaks=bot_call(door, "/test-gateway-drop"),
            budget_s=None,
            recovered_within_s=20.0,
            brief=True,
        ),
        *_PLAYED,
        Drill(
            name="memory_growth",
            observed=("botwatch",),
            title="memory grows, 1 MiB a second",
            alert="DiscordBotMemoryExhaustion",
            needs="quick alerts",
            # It lets go of what it has taken by itself.
            breaks=bot_call(door, f"/test-memory?{GROWTH}"),
            budget_s=120.0,
            recovered_within_s=300.0,
            limits=Limits(max_s=150.0, resolved_within_s=360.0, late_s=180.0),
        ),
        # After those that count fewer errors: what they counted is part of this one's window.
        Drill(
            name="errors",
            observed=("botwatch",),
            title="six errors",
            alert="DiscordBotHighErrors",
            breaks=bot_call(door, "/test-error", calls=6),
            budget_s=15.0,
        ),
    )


# In this order: all of the errors that the first two count together are fewer than an alert's.
_PLAYED = (
    Drill(
        name="budget",
        observed=("botwatch",),
        title="2 of 10 commands fail",
        alert="DiscordBotErrorBudgetBurning",
        needs="stand-ins",
        breaks=Played(
            # discord.py repeats what gets another 5xx; a 503 fails immediately.
            discord={"server_error": 2, "server_status": 503},
            back={"server_error": 0},
            asks="?ping",
            still=10,
            every_s=3600.0,
        ),
        budget_s=40.0,
        recovered_within_s=240.0,
        hidden_by=(
            "DiscordBotHighErrors",
            "DiscordBotEveryCommandFails",
            "DiscordBotErrorBudgetBurning",
        ),
        # Until their failures, which were before the fault was undone, have left the window
        # of DiscordBotHighErrors: it would fire instead.
        hidden_for_s=240.0,
        limits=Limits(max_s=60.0, resolved_within_s=240.0, late_s=75.0),
    ),
    Drill(
        name="commands_fail",
        observed=("botwatch",),
        title="Discord takes no answer",
        alert="DiscordBotEveryCommandFails",
        needs="stand-ins",
        breaks=Played(
            discord={"server_error": 1000, "server_status": 503},
            back={"server_error": 0},
            asks="?ping",
            still=3,
            every_s=3600.0,
        ),
        budget_s=15.0,
        recovered_within_s=240.0,
        also=("DiscordBotHighErrors", "DiscordBotErrorBudgetBurning"),
        limits=Limits(resolved_within_s=240.0),
    ),
    Drill(
        name="slow_replies",
        observed=("botwatch",),
        title="Discord answers 4 s late",
        alert="DiscordBotSlowReplies",
        needs="stand-ins",
        breaks=Played(
            discord={"slow_ms": 4000}, back={"slow_ms": 0}, asks="?ping", still=12, every_s=2.0
        ),
        # Answers in one channel wait for each other: the ten that the alert needs take 40 s.
        budget_s=75.0,
        recovered_within_s=240.0,
        limits=Limits(max_s=100.0, resolved_within_s=300.0, late_s=120.0, fail_safe_s=300),
    ),
    Drill(
        name="rate_limited",
        observed=("botwatch",),
        title="Discord answers 429",
        alert="DiscordBotRateLimited",
        needs="stand-ins",
        breaks=Played(
            # Fewer than would make an answer fail, or another alert would fire.
            discord={"rate_limit": 15, "via": True},
            back={"rate_limit": 0},
            asks="?ping",
            still=5,
            every_s=3600.0,
        ),
        budget_s=40.0,
        recovered_within_s=240.0,
        limits=Limits(max_s=60.0, resolved_within_s=240.0, late_s=75.0),
    ),
    Drill(
        name="gateway_away",
        observed=("botwatch", "metrics"),
        title="gateway takes nobody",
        alert="DiscordBotGatewayDisconnected",
        needs="stand-ins",
        breaks=Played(discord={"hold_gateway": True, "drop": True}, back={"hold_gateway": False}),
        budget_s=60.0,
        recovered_within_s=240.0,
        limits=Limits(max_s=75.0, resolved_within_s=240.0, late_s=100.0, fail_safe_s=240),
    ),
)
