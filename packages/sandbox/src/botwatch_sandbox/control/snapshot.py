"""The snapshot: everything that the control room shows."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botwatch_sandbox.changes import PARTS, Part
from botwatch_sandbox.discord.guilds import GUILD_ID

if TYPE_CHECKING:
    from botwatch_sandbox.discord.faults import DiscordFaults
    from botwatch_sandbox.discord.gateway import Gateway
    from botwatch_sandbox.discord.missing import Missing
    from botwatch_sandbox.discord.slash import SlashCommands
    from botwatch_sandbox.discord.state import World
    from botwatch_sandbox.drills.supervised import SupervisedRecorder
    from botwatch_sandbox.jsonio import JsonObject
    from botwatch_sandbox.observer import Observer
    from botwatch_sandbox.post_faults import PostFaults
    from botwatch_sandbox.sinks.sinks import Sinks
    from botwatch_sandbox.slack.hook import Hook
    from botwatch_sandbox.slack.store import SlackStore


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Reads the state of all parts."""

    suggestions: tuple[str, ...]
    world: World
    gateway: Gateway
    commands: SlashCommands
    missing: Missing
    discord_faults: DiscordFaults
    slack: SlackStore
    hook: Hook
    slack_faults: PostFaults
    sinks: Sinks
    observer: Observer
    recorder: SupervisedRecorder

    def whole(self) -> JsonObject:
        """Return all parts and the present time (Unix seconds)."""
        return {"now": time.time()} | {part: self.part(part) for part in PARTS}

    def part(self, part: Part) -> object:
        """Return one part, whole."""
        match part:
            case "status":
                return self._status()
            case "discord":
                return self._discord()
            case "slack":
                return self.slack.view()
            case "alerts":
                return self.observer.alerts
            case "drill":
                record = self.recorder.record
                return None if record is None else record.view()

    def _discord(self) -> JsonObject:
        offered, missing = self.commands.offered(GUILD_ID), self.missing.view()
        return self.world.view() | {
            "suggestions": list(self.suggestions),
            "commands": offered,
            "not_simulated": missing,
        }

    def _status(self) -> JsonObject:
        sessions = self.gateway.session_count
        ready, reasons = self.observer.health(connected=sessions > 0)
        return {
            "bot": {
                "connected": sessions > 0,
                "ready": ready,
                "sessions": sessions,
                "reasons": reasons,
                "crashes": self.observer.bot_crashes,
                "latency_ms": self.gateway.latency_ms,
            },
            "prometheus": {
                "up": self.observer.prometheus_up,
                "url": self.observer.addresses.prometheus_public,
            },
            "alertmanager": {
                "up": self.observer.alertmanager_up,
                "url": self.observer.addresses.alertmanager_public,
            },
            "sinks": self.sinks.view(),
            "faults": {"discord": self.discord_faults.view(), "slack": self.slack_faults.view()},
        }
