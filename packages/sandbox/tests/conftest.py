from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pytest
import yarl

from botwatch_sandbox.app import Tuning
from botwatch_sandbox.discord.conversation import Timing
from botwatch_sandbox.drills.runner import Patience
from botwatch_sandbox.drills.supervised import RunnerLimits
from botwatch_sandbox.observer import Pace
from botwatch_sandbox.testing.doubles import Neighbours, neighbours
from botwatch_sandbox.testing.ordinary_bot import Bot, connected
from botwatch_sandbox.testing.server import SECRETS, RunningSandbox, running_sandbox

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # discord.py's voice imports audioop
    import discord

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
def static(tmp_path: Path) -> Path:
    directory = tmp_path / "static"
    directory.mkdir()
    (directory / "index.html").write_text("<!doctype html><title>page</title>")
    (directory / "app.js").write_text("export {};")
    return directory


@pytest.fixture
def tuning(static: Path) -> Tuning:
    return Tuning(
        timing=Timing(heartbeat_s=30.0, identify_s=5.0, session_s=60.0),
        limits=RunnerLimits(silent_s=60.0, total_s=60.0, check_s=0.02),
        patience=Patience(delivered_s=5.0, resolved_s=5.0, recovered_s=5.0),
        pace=Pace(drill_s=0.02, calm_s=0.05),
        keep_alive_s=0.2,
        static=static,
    )


@pytest.fixture
async def box(tuning: Tuning) -> AsyncIterator[RunningSandbox]:
    """The stand-ins alone: no bot, no Prometheus."""
    async with running_sandbox(tuning=tuning) as running:
        yield running


@pytest.fixture
def reached(box: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> RunningSandbox:
    """The stand-ins alone; discord.py in this process uses them."""
    monkeypatch.setattr(discord.http.Route, "BASE", box.api_url)
    monkeypatch.setattr(
        discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(box.gateway_url)
    )
    return box


@pytest.fixture
async def bot(reached: RunningSandbox) -> AsyncIterator[Bot]:
    """An ordinary bot, connected to the stand-in."""
    async with connected(reached.secrets.discord_token) as bot:
        yield bot


@pytest.fixture
async def around() -> AsyncIterator[Neighbours]:
    """Doubles of the bot, Prometheus and Alertmanager."""
    async with neighbours(SECRETS.drill_token or "") as running:
        yield running


@pytest.fixture
async def drill_box(tuning: Tuning, around: Neighbours) -> AsyncIterator[RunningSandbox]:
    """The stand-ins that watch the doubles, once they have seen them all."""
    async with running_sandbox(addresses=around.addresses, tuning=tuning) as running:
        await running.until(
            lambda state: (
                state["status"]["prometheus"]["up"]
                and state["status"]["alertmanager"]["up"]
                and state["status"]["bot"]["ready"]
            ),
            "the first look at the doubles",
        )
        yield running
