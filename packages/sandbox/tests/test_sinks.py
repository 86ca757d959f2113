from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

if TYPE_CHECKING:
    from botwatch_sandbox.testing.server import RunningSandbox


async def put(box: RunningSandbox, name: str, body: str = "") -> int:
    async with box.session.post(f"{box.url}/sinks/{name}", data=body) as response:
        return response.status


async def sink(box: RunningSandbox, name: str) -> dict[str, Any]:
    async with box.session.get(f"{box.url}/control/sinks/{name}") as response:
        found: dict[str, Any] = await response.json()
        return found


async def test_a_sink_takes_and_keeps_whatever_comes(box: RunningSandbox) -> None:
    body = json.dumps({"status": "firing"})
    assert await put(box, "heartbeat", body) == 200
    async with box.session.get(f"{box.url}/sinks/heartbeat") as response:
        assert response.status == 200
    found = await sink(box, "heartbeat")
    assert (found["taken"], found["refused"]) == (2, 0)
    assert [(entry["method"], entry["body"]) for entry in found["arrivals"]] == [
        ("POST", body),
        ("GET", ""),
    ]
    shown = (await box.state())["status"]["sinks"]
    assert list(shown) == ["heartbeat"]
    assert shown["heartbeat"]["last_at"] == found["arrivals"][-1]["at"]


async def test_each_sink_has_faults_of_its_own(box: RunningSandbox) -> None:
    await box.post("/control/slack/faults", {"status": 503, "remaining": 1, "sink": "pager"})
    assert await put(box, "heartbeat") == 200
    assert [await put(box, "pager"), await put(box, "pager")] == [503, 200]
    found = await sink(box, "pager")
    assert (found["taken"], found["refused"]) == (1, 1)


async def test_a_sink_can_keep_silent(box: RunningSandbox) -> None:
    await box.post("/control/slack/faults", {"status": "silence", "for_s": 0.2, "sink": "pager"})
    with pytest.raises(aiohttp.ClientError):
        await put(box, "pager")
    assert [entry["answer"] for entry in (await sink(box, "pager"))["arrivals"]] == [None]


async def test_sinks_are_bounded(box: RunningSandbox) -> None:
    for number in range(20):
        assert await put(box, f"sink-{number}") == 200
    assert await put(box, "one-more") == 507
    for _ in range(40):
        await put(box, "sink-0", "x" * 10_000)
    arrivals = (await sink(box, "sink-0"))["arrivals"]
    assert len(arrivals) == 30
    assert {len(entry["body"]) for entry in arrivals} == {8192}
