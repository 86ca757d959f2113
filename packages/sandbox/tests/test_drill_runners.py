"""What runners of drills may do, and what becomes of drills without them."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from botwatch_sandbox.drills.supervised import RunnerLimits
from botwatch_sandbox.testing.doubles import Neighbours
from botwatch_sandbox.testing.drills import BOT_DOWN, BOT_RESTART, DOWN, ended, finish, start
from botwatch_sandbox.testing.server import RunningSandbox, running_sandbox

if TYPE_CHECKING:
    from botwatch_sandbox.app import Tuning


@pytest.mark.parametrize(
    ("drill", "path"),
    [
        (BOT_DOWN, "/control/drills"),
        ({"name": "errors"}, "/control/drills/run"),
    ],
)
async def test_only_one_drill_runs_at_a_time(
    drill_box: RunningSandbox, drill: dict[str, Any], path: str
) -> None:
    await start(drill_box, BOT_RESTART)
    status, answer = await drill_box.post(path, drill)
    assert status == 409
    assert "bot_restart" in answer["error"]
    assert (await drill_box.state())["drill"]["name"] == "bot_restart"


async def test_a_drill_does_not_start_while_its_alert_fires(
    drill_box: RunningSandbox, around: Neighbours
) -> None:
    around.prometheus.alerts = {DOWN: "firing"}
    status, answer = await drill_box.post("/control/drills", BOT_DOWN)
    assert (status, DOWN in answer["error"]) == (409, True)
    around.prometheus.alerts = {}
    await start(drill_box, BOT_DOWN)


async def test_marks_and_ends_need_a_running_drill(drill_box: RunningSandbox) -> None:
    for path, body in (("mark", {"mark": "injected"}), ("finish", {"ok": True})):
        assert (await drill_box.post(f"/control/drills/current/{path}", body))[0] == 409
    await start(drill_box, BOT_DOWN)
    await finish(drill_box, ok=True)
    assert (await finish(drill_box, ok=True))[0] == 409


async def test_marks_come_once_in_order_and_within_the_drill(drill_box: RunningSandbox) -> None:
    async def answer(name: str, at: float | None = None) -> int:
        body = {"mark": name, "at": at}
        return (await drill_box.post("/control/drills/current/mark", body))[0]

    await start(drill_box, BOT_DOWN)
    assert await answer("released") == 409
    assert await answer("injected", time.time() - 3600) == 400
    assert await answer("injected", time.time() + 3600) == 400
    assert await answer("injected") == 200
    assert await answer("injected") == 409
    assert await answer("released") == 200
    assert await answer("released") == 409


@pytest.mark.parametrize(
    ("limits", "word"),
    [
        (RunnerLimits(silent_s=0.1, total_s=60.0, check_s=0.01), "sign of life"),
        (RunnerLimits(silent_s=60.0, total_s=0.1, check_s=0.01), "did not finish"),
    ],
)
async def test_a_drill_whose_runner_is_gone_is_aborted(
    tuning: Tuning, around: Neighbours, limits: RunnerLimits, word: str
) -> None:
    tuned = replace(tuning, limits=limits)
    async with running_sandbox(addresses=around.addresses, tuning=tuned) as box:
        await start(box, BOT_DOWN)
        record = await ended(box)
        assert record["state"] == "aborted"
        assert word in record["error"]
        assert (await finish(box, ok=True))[0] == 409
        await start(box, BOT_DOWN)


async def test_asking_for_the_record_is_a_sign_of_life(tuning: Tuning, around: Neighbours) -> None:
    limits = RunnerLimits(silent_s=0.6, total_s=60.0, check_s=0.01)
    tuned = replace(tuning, limits=limits)
    async with running_sandbox(addresses=around.addresses, tuning=tuned) as box:
        await start(box, BOT_DOWN)
        until = time.monotonic() + 0.8
        while time.monotonic() < until:
            async with box.session.get(f"{box.url}/control/drills/current") as response:
                assert (await response.json())["state"] == "running"
        assert (await ended(box))["state"] == "aborted"
