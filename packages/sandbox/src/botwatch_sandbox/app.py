"""Puts all parts together: one application, one port."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from botwatch_sandbox.changes import Changes
from botwatch_sandbox.control.api import ControlApi
from botwatch_sandbox.control.events import KEEP_ALIVE_S, Events
from botwatch_sandbox.control.guard import guard
from botwatch_sandbox.control.page import STATIC, add_page
from botwatch_sandbox.control.people import People
from botwatch_sandbox.control.snapshot import Snapshot
from botwatch_sandbox.dashboards.asking import Dashboards
from botwatch_sandbox.dashboards.calls import DashboardCalls
from botwatch_sandbox.discord.conversation import Timing
from botwatch_sandbox.discord.desk import Desk
from botwatch_sandbox.discord.faults import DiscordFaults
from botwatch_sandbox.discord.files import Files
from botwatch_sandbox.discord.front import ATTACHMENTS_PATH, front
from botwatch_sandbox.discord.gateway import Gateway
from botwatch_sandbox.discord.guilds import Scale
from botwatch_sandbox.discord.interactions import Interactions
from botwatch_sandbox.discord.missing import Missing
from botwatch_sandbox.discord.rest import Rest
from botwatch_sandbox.discord.state import World
from botwatch_sandbox.drills.injector import Injector
from botwatch_sandbox.drills.runner import OwnDrills, Patience
from botwatch_sandbox.drills.supervised import RunnerLimits, SupervisedRecorder
from botwatch_sandbox.fetch import client
from botwatch_sandbox.observer import Addresses, Observer, Pace
from botwatch_sandbox.post_faults import PostFaults
from botwatch_sandbox.sinks.sinks import PATH as SINKS_PATH
from botwatch_sandbox.sinks.sinks import Sinks
from botwatch_sandbox.slack.hook import Hook
from botwatch_sandbox.slack.store import SlackStore
from botwatch_sandbox.slack.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import aiohttp

    from botwatch_sandbox.settings import Secrets

API_PATH = "/api/"
GATEWAY_PATH = "/gateway"
WEBHOOKS_PATH = "/services/"
BODY_MAX_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Tuning:
    """Times, places and sizes; most of them only tests change."""

    scale: Scale = field(default_factory=Scale)
    timing: Timing = field(default_factory=Timing)
    limits: RunnerLimits = field(default_factory=RunnerLimits)
    patience: Patience = field(default_factory=Patience)
    pace: Pace = field(default_factory=Pace)
    keep_alive_s: float = KEEP_ALIVE_S
    static: Path = STATIC
    dashboards: Path | None = None
    suggestions: tuple[str, ...] = ()


@dataclass(slots=True)
class Sandbox:
    """The running stand-ins.

    Attributes:
        app: the application to serve.
        discord: the application to serve over TLS where Discord's names lead.
        world: what is said to the bot and by it.
        gateway: its connections and sessions.
        interactions: uses of its slash commands.
        faults: the faults that Discord plays.
        rest: the calls it made.
        background: ends only when a part fails; exists once the application has started.
    """

    app: web.Application
    discord: web.Application
    world: World
    gateway: Gateway
    interactions: Interactions
    faults: DiscordFaults
    rest: Rest
    background: asyncio.Task[None] | None = None


def build(addresses: Addresses, secrets: Secrets, tuning: Tuning | None = None) -> Sandbox:
    """Build the stand-ins; must be called inside of the event loop.

    Args:
        addresses: where the bot, Prometheus and Alertmanager are.
        secrets: what the stand-ins accept and the drills need.
        tuning: times, places and sizes, for tests.
    """
    tuned = tuning or Tuning()
    changes, session = Changes(), client()
    world, faults = World(changes, tuned.scale), DiscordFaults(changes)
    missing = Missing(changes)
    gateway = Gateway(world, faults, secrets.discord_token, missing, tuned.timing)
    slack, slack_faults = SlackStore(changes), PostFaults(changes)
    hook, sinks = Hook(secrets.slack_path), Sinks(changes)
    recorder = SupervisedRecorder(changes=changes, slack=slack, limits=tuned.limits)
    gateway.listeners.append(recorder.saw_gateway)
    observer = Observer(changes, recorder, addresses, tuned.pace)
    gateway.sessions.listeners.append(observer.saw_session)
    interactions = Interactions(world, gateway)
    snapshot = Snapshot(
        tuned.suggestions, world, gateway, interactions.commands, missing, faults,
        slack, hook, slack_faults, sinks, observer, recorder,
    )  # fmt: skip
    events = Events(changes, snapshot, tuned.keep_alive_s)
    token = secrets.drill_token
    injector = None if token is None else Injector(addresses.bot, token)
    own_drills = OwnDrills(recorder, changes, injector, tuned.patience)

    app = web.Application(
        middlewares=[guard((API_PATH, GATEWAY_PATH, ATTACHMENTS_PATH, WEBHOOKS_PATH, SINKS_PATH))],
        client_max_size=BODY_MAX_BYTES,
    )
    files = Files(world.ids, missing)
    desk = Desk(world, files, gateway.spreader, missing)
    rest = Rest(desk, interactions, faults, secrets.discord_token, GATEWAY_PATH)
    discord = front(rest, gateway, files)
    sandbox = Sandbox(app, discord, world, gateway, interactions, faults, rest)
    rest.add_routes(app)
    app.router.add_get(ATTACHMENTS_PATH + "{path:.*}", files.attachment)
    app.router.add_get(GATEWAY_PATH, gateway.handle)
    webhook = Webhook(hook, slack, slack_faults)
    app.router.add_post(WEBHOOKS_PATH + "{hook:.*}", webhook.handle)
    app.router.add_route("*", SINKS_PATH + "{name:[a-z0-9-]{1,40}}", sinks.handle)
    refresh = partial(observer.look_at_alerts, session)
    dashboards = Dashboards(session, addresses.prometheus, tuned.dashboards)
    calls = DashboardCalls(dashboards)
    people = People(desk, interactions)
    control = ControlApi(snapshot, people, events, own_drills, refresh, calls)
    app.add_subapp("/control", control.app())
    add_page(app, tuned.static)

    async def run_background(_: web.Application) -> AsyncIterator[None]:
        sandbox.background = asyncio.create_task(_watch(observer, recorder, session))
        yield
        sandbox.background.cancel()
        await asyncio.wait([sandbox.background])  # its error, if any, is the server's to report
        await session.close()

    async def shut_down(_: web.Application) -> None:
        await own_drills.close()
        await events.close()
        await gateway.close()

    app.cleanup_ctx.append(run_background)
    app.on_shutdown.append(shut_down)
    return sandbox


async def _watch(
    observer: Observer, recorder: SupervisedRecorder, session: aiohttp.ClientSession
) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(observer.run(session))
        group.create_task(recorder.watch_runner())
