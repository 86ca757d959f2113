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
from botwatch_drill.testing import QUICK, FakeControl, FakeHost, FakeSite, QuickStop
from botwatch_drill.watch import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botwatch_drill.terms import Limits

DEPLOY = ["sh", "-c", "echo working; exit ${CODE:-0}"]


@pytest.fixture
def site() -> FakeSite:
    return FakeSite()


@pytest.fixture
def host(site: FakeSite) -> FakeHost:
    return FakeHost(site)


@pytest.fixture
def control(site: FakeSite) -> Iterator[FakeControl]:
    with FakeControl(site) as control:
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
            plan = Plan(drills, runs, seed, RUNTIMES[runtime].evidence)
            console = Console(file=io.StringIO(), width=120)
            return Session(Site(room, host, stop), plan, console)

        yield make
