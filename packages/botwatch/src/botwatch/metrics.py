"""Every metric of the bot, on a registry of its own, with all label values present from the start.

Label values are closed sets: an alert on `increase()` needs each series to exist before its first
count, and no user's text may ever become a label.
"""

from __future__ import annotations

import platform
from enum import StrEnum
from math import nan
from typing import TYPE_CHECKING

import discord
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from botwatch.runs import CRASHES
from botwatch.tallies import Events, Responses

if TYPE_CHECKING:
    from collections.abc import Iterable


class Status(StrEnum):
    """How a command ended."""

    SUCCESS = "success"
    USER_ERROR = "user_error"
    ERROR = "error"
    CANCELLED = "cancelled"


class ErrorType(StrEnum):
    """Whose fault an error was; a mistake of a user's is none of these."""

    COMMAND = "command"
    GATEWAY = "gateway"
    SEND = "send"
    WEB = "web"
    INTERNAL = "internal"
    DRILL = "drill"


class SessionKind(StrEnum):
    """How a gateway session began."""

    IDENTIFY = "identify"
    RESUME = "resume"


class Cause(StrEnum):
    """Why an attempt to connect failed, or a connection had to be given up."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    HTTP = "http"
    CLOSED = "closed"
    STALLED = "stalled"
    OTHER = "other"


class Intervention(StrEnum):
    """Why the bot itself closed a connection, so that it is resumed."""

    UNANSWERED = "unanswered"
    QUIET = "quiet"
    DRILL = "drill"


class Scope(StrEnum):
    """Which of Discord's limits a 429 was about; `edge` is a proxy's before Discord itself."""

    USER = "user"
    SHARED = "shared"
    GLOBAL = "global"
    EDGE = "edge"


class Sync(StrEnum):
    """What became of telling Discord our slash commands."""

    UNCHANGED = "unchanged"
    UPDATED = "updated"
    FAILED = "failed"


EVENTS = (
    *("READY", "RESUMED", "MESSAGE_CREATE", "INTERACTION_CREATE"),
    *("GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE"),
)
"""The gateway's events that are counted by name."""

_LAG_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

disable_created_metrics()  # type: ignore[no-untyped-call] # the library leaves it untyped


class Metrics:
    """The bot's instruments; create one for each process (or test)."""

    def __init__(self, commands: Iterable[str], version: str = "unknown") -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._count_commands(list(commands))
        self._count_faults()
        self._count_requests()
        self._watch_gateway()
        self._describe_process(version)

    def _count_commands(self, commands: list[str]) -> None:
        self.commands = Counter(
            "discord_bot_commands",
            "Commands that ended, by name and outcome.",
            ["command", "status"],
            registry=self.registry,
        )
        for command in commands:
            for status in Status:
                self.commands.labels(command, status)
        self.unknown_commands = Counter(
            "discord_bot_unknown_commands",
            "Messages that looked like a command which does not exist.",
            registry=self.registry,
        )
        self.latency = Histogram(
            "discord_bot_message_latency_seconds",
            "From the arrival of a command's message to the end of its answer.",
            buckets=_LATENCY_BUCKETS,
            registry=self.registry,
        )
        self.messages_sent = Counter(
            "discord_bot_messages_sent",
            "Messages that Discord accepted, of every kind.",
            registry=self.registry,
        )
        self.commands_running = Gauge(
            "discord_bot_commands_running",
            "Commands that are being answered now.",
            registry=self.registry,
        )
        self.active_users = Gauge(
            "discord_bot_active_users",
            "Different people who used a command within the last hour.",
            registry=self.registry,
        )

    def _count_faults(self) -> None:
        self.errors = Counter(
            "discord_bot_errors",
            "Faults of the bot or its surroundings; never a mistake of a user's.",
            ["error_type"],
            registry=self.registry,
        )
        for error_type in ErrorType:
            self.errors.labels(error_type)
        self.crashes = Counter(
            "discord_bot_crashes",
            "Earlier runs that did not end by a clean stop, by reason.",
            ["reason"],
            registry=self.registry,
        )
        for ending in CRASHES:
            self.crashes.labels(ending)

    def _count_requests(self) -> None:
        self.responses = Responses(self.registry)
        self.rate_limits = Counter(
            "discord_bot_rate_limits",
            "Requests that Discord's REST API refused as too many, by whose limit it was.",
            ["scope"],
            registry=self.registry,
        )
        for scope in Scope:
            self.rate_limits.labels(scope)
        self.syncs = Counter(
            "discord_bot_slash_command_syncs",
            "Comparisons of our slash commands with those that Discord has, by outcome.",
            ["result"],
            registry=self.registry,
        )
        for sync in Sync:
            self.syncs.labels(sync)

    def _watch_gateway(self) -> None:
        self.ready = Gauge(
            "discord_bot_ready",
            "1 while every gateway session is up, else 0.",
            registry=self.registry,
        )
        self.gateway_latency = Gauge(
            "discord_bot_gateway_latency_seconds",
            "Slowest shard's heartbeat round trip; NaN while not known.",
            registry=self.registry,
        )
        self.gateway_latency.set(nan)
        self.gateway_sessions = Counter(
            "discord_bot_gateway_sessions",
            "Gateway sessions begun, by kind.",
            ["kind"],
            registry=self.registry,
        )
        for kind in SessionKind:
            self.gateway_sessions.labels(kind)
        self.gateway_disconnects = Counter(
            "discord_bot_gateway_disconnects",
            "Gateway sessions lost.",
            registry=self.registry,
        )
        self.gateway_failures = Counter(
            "discord_bot_gateway_failures",
            "Attempts to log in or connect that failed, and connections given up, by cause.",
            ["cause"],
            registry=self.registry,
        )
        for cause in Cause:
            self.gateway_failures.labels(cause)
        self.gateway_interventions = Counter(
            "discord_bot_gateway_interventions",
            "Connections that the bot itself closed to have them resumed, by reason.",
            ["reason"],
            registry=self.registry,
        )
        for intervention in Intervention:
            self.gateway_interventions.labels(intervention)
        self.gateway_events = Events(EVENTS, self.registry)
        self.last_event = Gauge(
            "discord_bot_gateway_last_event_timestamp_seconds",
            "When the gateway last sent an event (Unix time); 0 before the first.",
            registry=self.registry,
        )
        self.active_guilds = Gauge(
            "discord_bot_active_guilds", "Servers that are reachable now.", registry=self.registry
        )
        self.guild_members = Gauge(
            "discord_bot_guild_members",
            "Sum of the servers' member counts; someone in two servers counts twice.",
            registry=self.registry,
        )

    def _describe_process(self, version: str) -> None:
        self.heartbeat = Gauge(
            "discord_bot_heartbeat_timestamp_seconds",
            "When the event loop last ran its heartbeat (Unix time).",
            registry=self.registry,
        )
        self.heartbeat.set_to_current_time()
        self.loop_lag = Histogram(
            "discord_bot_event_loop_lag_seconds",
            "How much later than asked the event loop woke up, measured once a second.",
            buckets=_LAG_BUCKETS,
            registry=self.registry,
        )
        self._build = Gauge(
            "discord_bot_build_info",
            "Always 1; the labels tell the versions.",
            ["version", "python", "discord_py"],
            registry=self.registry,
        )
        self.describe(version)

    def describe(self, version: str) -> None:
        """Export the bot's version, instead of the one before."""
        self._build.clear()
        python = platform.python_version()
        self._build.labels(version, python, discord.__version__).set(1)
