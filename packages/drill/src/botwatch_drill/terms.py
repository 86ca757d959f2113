"""The terms of a drill: what must follow a fault, and how long everything may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from botwatch_sandbox.drills.record import DrillSpec

Needs: TypeAlias = Literal["host", "quick alerts", "stand-ins"]
Observability: TypeAlias = Literal["botwatch", "metrics", "none"]

OBSERVABILITIES: tuple[Observability, ...] = ("botwatch", "metrics", "none")
"""What may be known of a bot, as in the variable discord_bot_observability."""
BOT = "discord-bot"
"""The bot's usual name: of its unit, or of its namespace and workload."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long everything may take, and how long is waited, in seconds.

    Attributes:
        max_s: within which every single run's message must be delivered.
        resolved_within_s: within which the resolved message must follow, after the injection.
        quiet_s: how long no message may come after the bot is ready again.
        steady_s: how long is waited for a steady state before a run. Outlasts an abandoned
            drill, its fail-safe and the alert that follows.
        late_s: how long is waited for what is too late already, to be able to say how late.
        seen_s: how long a bot that is back is left alone, so that Prometheus sees it, before it is
            broken again.
        forget_s: how long is waited for earlier crashes to be no longer counted before a run that
            adds some.
        deploy_s: how long a deployment may take.
        fail_safe_s: after which the host undoes a fault by itself. Longer than a run keeps one.
        poll_s: between two questions to the observer.
    """

    max_s: float = 25.0
    resolved_within_s: float = 120.0
    quiet_s: float = 30.0
    steady_s: float = 300.0
    late_s: float = 60.0
    seen_s: float = 3.0
    forget_s: float = 660.0
    deploy_s: float = 900.0
    fail_safe_s: int = 180
    poll_s: float = 0.2


LIMITS = Limits()
# Up to three minutes: a scrape, an evaluation, a minute of `for`, and a further evaluation.
SLOW_LIMITS = Limits(
    max_s=240.0, resolved_within_s=720.0, steady_s=600.0, late_s=300.0, fail_safe_s=1200, poll_s=1.0
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms(DrillSpec):
    """A drill but for what is broken. Every `…_s` is seconds after the injection.

    Attributes:
        recovered_within_s: when the stack must be well again.
        needs: whether it can be run on any host, only where alerts come as quickly as on the demo's
            node, or only where the stand-ins are.
        observed: what must be known of the bot for its alert to fire, or for the bot to take part.
        phase_s: the injection is delayed by a random part of this, so that the runs do not all meet
            the scrapes at the same moment.
        strikes: how often it is broken, each time once the bot is ready again.
        crashes: how many crashes a run adds to those that DiscordBotCrashLooping counts.
        usual_runs: how often it is run unless somebody says how often.
        says: the words that the message must contain; None when its name is enough.
        resolves: whether a resolved notification must be sent.
        once: whether each of the two must be sent exactly once.
        brief: whether it may be over before anybody has seen it.
        together: whether it may run beside others: it concerns no bot, and takes its time.
        meanwhile: what else is done once the message is there; None: nothing.
        hidden_by: alerts after which this drill's own keeps quiet for a while, `hidden_for_s`, as
            they have notified of the same.
        limits: how long everything may take.
    """

    recovered_within_s: float = 120.0
    needs: Needs = "host"
    observed: tuple[Observability, ...] = OBSERVABILITIES
    phase_s: float = 0.0
    strikes: int = 1
    crashes: int = 0
    usual_runs: int = 1
    says: str | None = None
    resolves: bool = True
    once: bool = False
    brief: bool = False
    together: bool = False
    meanwhile: Meanwhile | None = None
    hidden_by: tuple[str, ...] = ()
    hidden_for_s: float = 0.0
    limits: Limits = LIMITS


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Something that is done in the middle of an alert.

    Attributes:
        title: what, for people.
        lines: of shell, run as root on the host.
        quiet_s: how long no further notification may be sent afterwards.
    """

    title: str
    lines: tuple[str, ...]
    quiet_s: float
