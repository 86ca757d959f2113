"""Anything at all as arguments and as events: no exception, no long reply, no new series.

FUZZ_INPUTS says how many inputs each test tries: some by default, 100000 for a long run.
"""

from __future__ import annotations

import asyncio
import logging
import os
import string
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from bot.tests.asking import COMMANDS, FakeBot, FakeContext
from bot.tests.conftest import TOKEN, doing
from discord.http import Route
from discord.utils import time_snowflake, utcnow
from discord.webhook.async_ import AsyncWebhookAdapter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest

import botwatch
from botwatch_bot.bot import Bot
from botwatch_bot.mistakes import Mistake, Unavailable
from botwatch_bot.replies import MAX_REPLY, shorten
from botwatch_bot.settings import Settings
from botwatch_bot.texts import LOCALES, texts

INPUTS = int(os.environ.get("FUZZ_INPUTS", "100"))
fuzz = settings(
    max_examples=INPUTS,
    deadline=None,
    derandomize="FUZZ_INPUTS" not in os.environ,
    suppress_health_check=list(HealthCheck),
)

WORDS = st.sampled_from(
    [
        *("1", "-2.5", "2d6", "d20+3", "99d999", "Asia/Seoul", "utc", "roll", '"', "a b"),
        *("@everyone", "DiscordBotDown", "1h", "30m", "``", "\u202e", "\x00", "{x}", "{"),
        *("%s", "٣", "9" * 1990),
    ]
)
ARGUMENTS = st.one_of(
    st.text(max_size=4000),
    st.lists(WORDS, max_size=60).map(" ".join),
    st.text(string.digits + ".+-d ,", max_size=2000),
    st.lists(st.one_of(WORDS, st.text(max_size=20)), max_size=60).map(" ".join),
)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.mark.parametrize(
    "name", [name for name, command in COMMANDS.items() if name not in {"errors", "logs"}]
)
@fuzz
@given(
    text=ARGUMENTS,
    locale=st.sampled_from(LOCALES),
    latency=st.one_of(st.just(float("nan")), st.floats(0, 1e6)),
)
def test_every_command_answers_or_explains(
    runner: asyncio.Runner, name: str, text: str, locale: str, latency: float
) -> None:
    ctx = FakeContext(FakeBot(latency=latency), locale)

    async def answer() -> str:
        try:
            await ctx.run(f"{name} {text.strip()}".strip())
        except (Mistake, Unavailable) as error:
            return texts(locale).say(error.phrase)
        return ctx.said[-1]

    assert 0 < len(runner.run(answer())) <= MAX_REPLY


@fuzz
@given(text=st.text(max_size=5000), limit=st.integers(1, MAX_REPLY))
def test_what_is_shortened_keeps_its_limit(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= limit


BOT = {"id": "900", "username": "botwatch", "discriminator": "0", "avatar": None}
USER = {"id": "7", "username": "someone", "discriminator": "0", "avatar": None}
APPLICATION = {
    "id": "900",
    "name": "botwatch",
    "description": "",
    "icon": None,
    "verify_key": "",
    "bot_public": False,
    "bot_require_code_grant": False,
    "owner": {**USER, "id": "1"},
}
MESSAGE = {
    "id": "5000",
    "channel_id": "200",
    "guild_id": "100",
    "type": 0,
    "content": "?ping",
    "author": USER,
    "timestamp": "2025-01-01T00:00:00+00:00",
    "edited_timestamp": None,
    "tts": False,
    "mention_everyone": False,
    "mentions": [],
    "mention_roles": [],
    "attachments": [],
    "embeds": [],
    "pinned": False,
    "member": {"roles": [], "flags": 0, "joined_at": "2025-01-01T00:00:00+00:00"},
}
INTERACTION = {
    "id": str(time_snowflake(utcnow())),
    "application_id": "900",
    "type": 2,
    "token": "a-token",
    "version": 1,
    "guild_id": "100",
    "channel_id": "200",
    "locale": "ko",
    "guild_locale": "en-US",
    "channel": {"id": "200", "type": 0, "name": "general", "position": 0},
    "member": {"user": USER, "roles": [], "flags": 0, "permissions": "0", "joined_at": None},
    "attachment_size_limit": 1,
    "authorizing_integration_owners": {},
    "entitlements": [],
    "data": {
        "id": "1",
        "name": "roll",
        "type": 1,
        "options": [{"type": 3, "name": "dice", "value": "2d6"}],
    },
}
GUILD = {
    "id": "100",
    "name": "botwatch",
    "member_count": 3,
    "unavailable": False,
    "roles": [],
    "channels": [{"id": "200", "type": 0, "name": "general", "position": 0}],
    "members": [],
}
EVENTS = {
    "MESSAGE_CREATE": MESSAGE,
    "MESSAGE_UPDATE": MESSAGE,
    "INTERACTION_CREATE": INTERACTION,
    "GUILD_CREATE": GUILD,
    "GUILD_UPDATE": GUILD,
    "GUILD_DELETE": {"id": "100", "unavailable": True},
    "CHANNEL_DELETE": {"id": "200", "guild_id": "100", "type": 0},
    "SOMETHING_NEW": {},
}
JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=50)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def events(draw: st.DrawFn) -> tuple[str, Any]:
    """Draw an event of which some fields are lost or hold something else."""
    name = draw(st.sampled_from(sorted(EVENTS)))
    payload = dict(EVENTS[name])
    for key in draw(st.lists(st.sampled_from(sorted(payload) or ["x"]), max_size=3)):
        if draw(st.booleans()):
            payload[key] = draw(JUNK)
        else:
            payload.pop(key, None)
    return name, draw(st.one_of(st.just(payload), st.just(payload), st.just(payload), JUNK))


async def _doing() -> int:
    return len(doing())


@dataclass
class Harness:
    """A client without a network, which can be handed events."""

    client: Bot
    runner: asyncio.Runner
    sent: list[str] = field(default_factory=list)

    async def request(self, route: Route, **given: dict[str, str]) -> dict[str, Any]:
        if route.path == "/users/@me":
            return BOT
        if route.path == "/oauth2/applications/@me":
            return APPLICATION
        if route.path == "/users/@me/channels":
            return {"id": "300", "type": 1, "recipients": [USER]}
        self.sent.append(given["json"]["content"])
        return {**MESSAGE, "author": BOT}

    async def answer_slash(
        self, *_: object, payload: dict[str, Any], **__: object
    ) -> dict[str, Any]:
        self.sent.append(payload["data"]["content"])
        answered: dict[str, Any] = {"type": 4, "message": {**MESSAGE, "author": BOT}}
        return {"interaction": {"id": "6000", "type": 2}, "resource": answered}

    def play(self, name: str, data: object) -> None:
        """Hand an event to the client, and wait for all that comes of it."""
        self.runner.run(self._play(name, data))

    async def _play(self, name: str, data: object) -> None:
        self.client.dispatch("socket_event_type", name)
        parse = self.client._connection.parsers.get(name)
        if parse is not None:
            parse(data)
        async with asyncio.timeout(10):
            while tasks := doing():
                await asyncio.wait(tasks)

    def series(self) -> set[str]:
        """Return the names and labels of all samples of ours."""
        registry = botwatch.watch(self.client).metrics.registry
        lines = generate_latest(registry).decode().splitlines()
        ours = {line.rpartition(" ")[0] for line in lines if line.startswith("discord_bot_")}
        # What the library could not do with an event has one of a few series of its own.
        return {name for name in ours if not name.startswith("discord_bot_recent_error")}

    def errors(self) -> float:
        """Return how many errors were counted."""
        metrics = botwatch.watch(self.client).metrics.registry.collect()
        (errors,) = (metric for metric in metrics if metric.name == "discord_bot_errors")
        return sum(sample.value for sample in errors.samples)


@pytest.fixture
def harness(
    settings: Settings, runner: asyncio.Runner, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Harness]:
    async def start() -> Harness:
        # What the library does not understand of an event, its tasks may raise.
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        client = Bot(replace(settings, user_commands_per_minute=0))
        made = Harness(client, runner)
        monkeypatch.setattr(client.http, "request", made.request)
        monkeypatch.setattr(AsyncWebhookAdapter, "request", made.answer_slash)
        await client.login(TOKEN)
        return made

    monkeypatch.setenv("BOTWATCH_LISTEN_PORT", str(free_port))
    # Drawing a traceback for each event that is not understood takes longer than all the rest.
    monkeypatch.setattr(logging.root.manager, "disable", logging.CRITICAL)
    made = runner.run(start())
    made.play("GUILD_CREATE", GUILD)
    yield made
    runner.run(made.client.close())


@fuzz
@given(
    command=st.one_of(st.sampled_from(sorted(COMMANDS)), st.text(max_size=40)),
    text=ARGUMENTS,
    as_slash=st.booleans(),
)
def test_every_message_and_slash_command_gets_at_most_one_short_answer(
    harness: Harness, command: str, text: str, *, as_slash: bool
) -> None:
    before, answered = harness.series(), len(harness.sent)
    if as_slash:
        options = [{"type": 3, "name": "text", "value": text}]
        data = {"id": "1", "name": command, "type": 1, "options": options}
        harness.play("INTERACTION_CREATE", {**INTERACTION, "data": data})
        assert len(harness.sent) == answered + 1
    else:
        harness.play("MESSAGE_CREATE", {**MESSAGE, "content": f"?{command} {text}"})
    assert len(harness.sent) <= answered + 1
    assert all(0 < len(reply) <= MAX_REPLY for reply in harness.sent[answered:])
    assert harness.series() == before
    assert harness.errors() == 0


@fuzz
@given(event=events())
def test_no_event_ends_the_client_or_makes_a_series(
    harness: Harness, event: tuple[str, Any]
) -> None:
    before = harness.series()
    harness.play(*event)
    assert all(len(reply) <= MAX_REPLY for reply in harness.sent)
    assert harness.series() == before
    assert not harness.runner.run(_doing())
    # It goes on answering, whatever the event was; a server that went may come back.
    harness.sent.clear()
    harness.play("GUILD_DELETE", {"id": "100"})
    harness.play("GUILD_CREATE", GUILD)
    harness.play("MESSAGE_CREATE", MESSAGE)
    assert len(harness.sent) == 1


def test_a_slash_command_of_nobody_leaves_nothing_behind(harness: Harness) -> None:
    harness.play("INTERACTION_CREATE", {k: v for k, v in INTERACTION.items() if k != "member"})
    assert not harness.runner.run(_doing())
    harness.sent.clear()
    harness.play("INTERACTION_CREATE", INTERACTION)
    assert len(harness.sent) == 1
