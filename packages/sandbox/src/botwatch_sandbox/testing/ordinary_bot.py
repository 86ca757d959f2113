"""An ordinary bot of discord.py, and people who talk to it, for tests."""

from __future__ import annotations

import asyncio
import contextlib
import warnings
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from botwatch_sandbox.discord.guilds import CHANNEL_ID
from botwatch_sandbox.testing.waiting import eventually

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # discord.py's voice imports audioop
    import discord
    from discord.ext import commands

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from botwatch_sandbox.testing.server import RunningSandbox


class Bot(commands.Bot):
    """A bot that notes its events."""

    def __init__(self) -> None:
        super().__init__("!", intents=discord.Intents.all(), guild_ready_timeout=0.05)
        self.events: dict[str, list[tuple[Any, ...]]] = {}

    def dispatch(self, event_name: str, /, *args: object, **kwargs: object) -> None:
        """Note an event; the base class dispatches it."""
        self.events.setdefault(event_name, []).append(args)
        super().dispatch(event_name, *args, **kwargs)

    async def heard(
        self, event: str, which: Callable[..., object] = lambda *_: True
    ) -> tuple[Any, ...]:
        """Wait for an event of which something is true; return its arguments."""

        async def look() -> tuple[Any, ...] | None:
            return next((found for found in self.events.get(event, []) if which(*found)), None)

        return await eventually(look, event)

    @property
    def room(self) -> discord.TextChannel:
        """The first channel."""
        (found,) = (channel for channel in self.guilds[0].text_channels if channel.id == CHANNEL_ID)
        return found


@asynccontextmanager
async def connected(token: str) -> AsyncIterator[Bot]:
    """Run a bot that is ready."""
    bot = Bot()
    await bot.login(token)
    task = asyncio.create_task(bot.connect())
    try:
        await asyncio.wait_for(bot.wait_until_ready(), 5)
        yield bot
    finally:
        await bot.close()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def control(box: RunningSandbox, what: str, **body: object) -> dict[str, Any]:
    """Let somebody do something; return what the control room answers."""
    return await box.done(f"/control/discord/{what}", {"author": "you"} | body, status=201)


async def said(box: RunningSandbox) -> list[str]:
    """Return what bots have said."""
    messages = (await box.state())["discord"]["messages"]
    return [found["content"] for found in messages if found["author"]["bot"]]


async def until_said(box: RunningSandbox, content: str) -> None:
    """Wait until a bot has said something."""

    async def look() -> bool:
        return content in await said(box)

    await eventually(look, content)
