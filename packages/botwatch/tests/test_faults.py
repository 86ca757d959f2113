"""Faults on purpose: on a real event loop, from another thread."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from botwatch import faults as module
from botwatch.faults import Faults, NothingToBreakError
from botwatch.runs import Run

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture
def faults() -> Faults:
    return Faults(Run())


async def test_a_hang_stops_the_event_loop_for_its_time(
    faults: Faults, elsewhere: ThreadPoolExecutor
) -> None:
    faults.attach(lambda: 0)
    begun = time.monotonic()
    elsewhere.submit(faults.hang, 1)
    while time.monotonic() - begun < 1:
        await asyncio.sleep(0.01)
        assert time.monotonic() - begun < 5
    assert time.monotonic() - begun >= 1


async def test_the_gateway_is_dropped_from_within_the_event_loop(
    faults: Faults, elsewhere: ThreadPoolExecutor
) -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    def drop() -> int:
        loops.append(asyncio.get_running_loop())
        return 2

    faults.attach(drop)
    dropped = await asyncio.wrap_future(elsewhere.submit(faults.drop_gateway))
    assert (dropped, loops) == (2, [asyncio.get_running_loop()])


async def test_without_a_connection_there_is_nothing_to_drop(
    faults: Faults, elsewhere: ThreadPoolExecutor
) -> None:
    faults.attach(lambda: 0)
    with pytest.raises(NothingToBreakError, match="no connection"):
        await asyncio.wrap_future(elsewhere.submit(faults.drop_gateway))


async def test_a_loop_that_hangs_cannot_drop(
    faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_DROP_SECONDS", 0.01)
    faults.attach(lambda: 1)
    # Called from the loop itself, which therefore cannot answer.
    with pytest.raises(NothingToBreakError, match="does not answer"):
        faults.drop_gateway()
