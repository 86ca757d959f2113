"""Asking a command without Discord, with doubles of what it asks itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import discord
from discord.ext import commands

import botwatch
from botwatch_bot.bot import Bot
from botwatch_bot.mistakes import Unavailable
from botwatch_bot.monitoring import servers
from botwatch_bot.monitoring.alertmanager import Alert
from botwatch_bot.replies import shorten
from botwatch_bot.settings import Settings
from botwatch_bot.texts import Texts, phrase, texts

SEOUL = ZoneInfo("Asia/Seoul")


def made() -> Bot:
    """Return a bot with all its cogs, which never logs in."""
    bot = Bot(Settings(discord_token_file=Path("unused")))
    asyncio.run(bot.setup_hook())
    return bot


COGS = dict(made().cogs)
COMMANDS: dict[str, commands.Command[Any, ..., Any]] = {
    command.name: command for cog in COGS.values() for command in cog.get_commands()
}


@dataclass
class FakePrometheus:
    """Answers with these values in turn, or raises what it is given."""

    values: list[float | None] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    failure: Exception | None = None
    asked: list[str] = field(default_factory=list)

    async def value(self, expression: str) -> float | None:
        self.asked.append(expression)
        if self.failure is not None:
            raise self.failure
        return self.values.pop(0)

    async def alert_names(self) -> set[str]:
        if self.failure is not None:
            raise self.failure
        return self.names


@dataclass
class FakeAlertmanager:
    alerts: list[Alert] = field(default_factory=list)
    failure: Exception | None = None
    silenced: list[tuple[str, int, str, str]] = field(default_factory=list)

    async def firing(self) -> list[Alert]:
        if self.failure is not None:
            raise self.failure
        return self.alerts

    async def silence(self, alert: str, seconds: int, author: str, comment: str) -> str:
        if self.failure is not None:
            raise self.failure
        self.silenced.append((alert, seconds, author, comment))
        return "a-silence"


def away(service: str) -> Unavailable:
    return Unavailable(phrase("monitoring.away", service=service))


@dataclass
class Failure:
    """One of the library's recent errors."""

    type: str
    where: str
    message: str
    count: int
    last_seen: float


@dataclass
class FakeBot:
    """What commands may know about the bot they run in."""

    prefix: str = "?"
    zone: ZoneInfo = SEOUL
    guilds: tuple[int, ...] = (1, 2)
    uptime_seconds: float = 3_700.0
    latency: float = 0.0423
    prometheus: FakePrometheus | None = None
    alertmanager: FakeAlertmanager | None = None
    errors: list[Failure] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    @property
    def settings(self) -> FakeBot:
        return self

    @property
    def prometheus_url(self) -> FakePrometheus | None:
        return self.prometheus

    @property
    def alertmanager_url(self) -> FakeAlertmanager | None:
        return self.alertmanager

    @property
    def cogs(self) -> dict[str, commands.Cog]:
        return COGS

    all_commands = COMMANDS

    def get_command(self, name: str) -> commands.Command[Any, ..., Any] | None:
        return COMMANDS.get(name)

    def watch(self) -> SimpleNamespace:
        return SimpleNamespace(
            health=SimpleNamespace(uptime_seconds=self.uptime_seconds),
            errors=SimpleNamespace(top=lambda count: self.errors[:count]),
            logs=SimpleNamespace(tail=lambda count: self.log[-count:]),
        )


def watched() -> FakeBot:
    alertmanager = FakeAlertmanager([Alert("DiscordBotDown", "critical", "It is down.", 1000)])
    prometheus = FakePrometheus([1, 2.4, 12.5, 0.0421], {"DiscordBotDown", "NodeDown"})
    return FakeBot(
        prometheus=prometheus,
        alertmanager=alertmanager,
        errors=[Failure("ZeroDivisionError", "dice.py:12", "by zero", 3, 1000.4)],
        log=["a line"],
    )


@dataclass
class FakeUser:
    """Somebody who may be sent direct messages."""

    name: str = "someone"
    id: int = 7
    failure: Exception | None = None
    received: list[tuple[str, tuple[discord.File, ...]]] = field(default_factory=list)

    async def send(self, text: str, files: tuple[discord.File, ...]) -> None:
        if self.failure is not None:
            raise self.failure
        self.received.append((text, files))


@dataclass
class FakeContext:
    """One use of a command."""

    bot: FakeBot
    locale: str = "en"
    author: FakeUser = field(default_factory=FakeUser)
    guild: object | None = "a server"
    interaction: object | None = None
    said: list[str] = field(default_factory=list)
    deferred: bool = False

    @cached_property
    def texts(self) -> Texts:
        return texts(self.locale)

    @property
    def typed_prefix(self) -> str:
        return self.bot.prefix

    async def defer(self, *, ephemeral: bool = False) -> None:
        assert ephemeral
        self.deferred = not self.author.received

    async def answer(self, text: str, *, private: bool = False) -> None:
        del private
        self.said.append(shorten(text))

    async def run(self, line: str) -> None:
        """Use a command as a message does, with all that it takes as one text."""
        name, _, text = line.partition(" ")
        command = COMMANDS[name]
        given: dict[str, Any] = {}
        for parameter in command.clean_params.values():
            if text:
                whole = parameter.kind is parameter.KEYWORD_ONLY
                given[parameter.name] = text if whole else int(text)
        same = lambda fake: fake  # noqa: E731 - these doubles are named where the addresses are
        with (
            patch.multiple(servers, Prometheus=same, Alertmanager=same),
            patch.object(botwatch, "watch", FakeBot.watch),
        ):
            callback: Any = command.callback
            await callback(command.cog, self, **given)


async def ask(line: str, bot: FakeBot | None = None, locale: str = "en") -> str:
    """Use a command and return its reply, wherever that went."""
    ctx = FakeContext(bot or FakeBot(), locale)
    await ctx.run(line)
    return (ctx.said or [text for text, _ in ctx.author.received])[-1]
