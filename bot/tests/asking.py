"""Asking a command without Discord, with stand-ins for what it asks itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from botwatch_bot.commands import COMMANDS, Request
from botwatch_bot.commands.spec import Alert, UnavailableError
from botwatch_bot.texts import phrase, texts

SEOUL = ZoneInfo("Asia/Seoul")


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


def away(service: str) -> UnavailableError:
    return UnavailableError(phrase("monitoring.away", service=service))


def watched() -> Surroundings:
    alertmanager = FakeAlertmanager([Alert("DiscordBotDown", "critical", "It is down.", 1000)])
    prometheus = FakePrometheus([1, 2.4, 12.5, 0.0421], {"DiscordBotDown", "NodeDown"})
    return Surroundings(prometheus=prometheus, alertmanager=alertmanager)


@dataclass
class Surroundings:
    prefix: str = "?"
    timezone: ZoneInfo = SEOUL
    guild_count: int = 2
    uptime_seconds: float = 3_700.0
    latency_seconds: float | None = 0.0423
    prometheus: FakePrometheus | None = None
    alertmanager: FakeAlertmanager | None = None


async def ask(line: str, bot: Surroundings | None = None, locale: str = "en") -> str:
    name, _, text = line.partition(" ")
    bot = bot or Surroundings()
    request = Request(
        text=text,
        bot=bot,
        commands=COMMANDS,
        texts=texts(locale),
        prefix=bot.prefix,
        author="someone (7)",
    )
    return await COMMANDS[name].answer(request)
