from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from botwatch_drill.catalogue import DRILLS, choose, deployments
from botwatch_drill.control import ControlRoom
from botwatch_drill.runtimes.known import RUNTIMES
from botwatch_drill.session import Plan, Session
from botwatch_drill.terms import BOT
from botwatch_drill.testing import QUICK, FakeControl, FakeHost, FakeStack, QuickStop
from botwatch_drill.watch import Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botwatch_drill.terms import Limits

DEPLOY = ["sh", "-c", "echo working; exit ${CODE:-0}"]


@pytest.fixture
def stack() -> FakeStack:
    return FakeStack()


@pytest.fixture
def host(stack: FakeStack) -> FakeHost:
    return FakeHost(stack)


@pytest.fixture
def control(stack: FakeStack) -> Iterator[FakeControl]:
    with FakeControl(stack) as control:
        yield control


@pytest.fixture
def stop() -> QuickStop:
    return QuickStop()


@pytest.fixture
def start(
    control: FakeControl, host: FakeHost, stop: QuickStop
) -> Iterator[Callable[..., Session]]:
    with ControlRoom(control.url) as room:

        def make(
            *names: str,
            runs: int | None = 1,
            seed: int = 1,
            limits: Limits = QUICK,
            runtime: str = "systemd",
        ) -> Session:
            deployed = deployments(DEPLOY, ["false"])
            chosen = choose(list(names), (*DRILLS[runtime], *deployed))
            drills = [replace(drill, limits=limits) for drill in chosen]
            plan = Plan(drills, runs, seed, RUNTIMES[runtime](BOT).evidence)
            console = Console(file=io.StringIO(), width=120)
            return Session(Stack(room, host, stop), plan, console)

        yield make
