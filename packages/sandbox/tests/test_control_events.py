from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from botwatch_sandbox.control.events import STREAMS_MAX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from botwatch_sandbox.testing.doubles import Neighbours
    from botwatch_sandbox.testing.server import RunningSandbox


class Stream:
    """Reads Server-Sent Events."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self.comments = 0

    async def next(self) -> tuple[str, Any]:
        name = ""
        while True:
            async with asyncio.timeout(5):
                line = (await self.response.content.readline()).decode().rstrip("\n")
            if line.startswith(":"):
                self.comments += 1
            elif line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                return name, json.loads(line.removeprefix("data: "))

    async def until(self, name: str) -> dict[str, Any]:
        while True:
            found, data = await self.next()
            if found == name and isinstance(data, dict):
                return data


@asynccontextmanager
async def stream(box: RunningSandbox) -> AsyncIterator[Stream]:
    url = f"{box.url}/control/events"
    async with box.session.get(url, read_bufsize=1 << 22) as response:
        assert response.status == 200
        assert response.headers["Content-Type"].startswith("text/event-stream")
        assert response.headers["Cache-Control"] == "no-store"
        yield Stream(response)


async def test_the_first_event_is_the_whole_snapshot(box: RunningSandbox) -> None:
    async with stream(box) as events:
        name, data = await events.next()
        assert name == "state"
        assert set(data) == {"now", "status", "discord", "slack", "alerts", "drill"}


async def test_every_change_comes_with_the_whole_part(
    drill_box: RunningSandbox, around: Neighbours
) -> None:
    box = drill_box
    async with stream(box) as events:
        await events.next()
        await box.post("/control/discord/messages", {"content": "?ping", "author": "you"})
        assert [found["content"] for found in (await events.until("discord"))["messages"]] == [
            "?ping"
        ]
        await box.session.post(box.webhook_url, json={"text": "hello"})
        assert [found["text"] for found in (await events.until("slack"))["messages"]] == ["hello"]
        await box.post("/control/discord/faults", {"slow_ms": 1})
        assert (await events.until("status"))["faults"]["discord"]["slow_ms"] == 1
        around.prometheus.alerts = {"DiscordBotDown": "firing"}
        assert [found["name"] for found in (await events.until("alerts"))["items"]] == [
            "DiscordBotDown"
        ]
        drill = {"name": "quiet", "title": "Quiet", "expect": "silence"}
        assert (await box.post("/control/drills", drill))[0] == 201
        assert (await events.until("drill"))["state"] == "running"


async def test_quiet_streams_are_kept_alive(drill_box: RunningSandbox) -> None:
    async with stream(drill_box) as events:
        await events.next()
        while events.comments < 2:
            with_comment = await events.response.content.readline()
            events.comments += with_comment.startswith(b":")


async def test_a_stream_that_nobody_reads_costs_no_memory(box: RunningSandbox) -> None:
    async with stream(box) as events:
        await events.next()
        for number in range(300):
            body = {"content": f"{number} " + "x" * 1900, "author": "you"}
            await box.post("/control/discord/messages", body)
        for _ in range(300):
            messages = (await events.until("discord"))["messages"]
            if messages[-1]["content"].startswith("299 "):
                break
        else:
            pytest.fail("the newest message never came")


async def test_the_number_of_streams_is_bounded_and_places_are_given_back(
    box: RunningSandbox,
) -> None:
    url = f"{box.url}/control/events"
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        open_streams = [await session.get(url) for _ in range(STREAMS_MAX)]
        async with session.get(url) as refused:
            assert refused.status == 503
            assert "error" in await refused.json()
        for response in open_streams:
            response.close()
        for _ in range(200):
            async with session.get(url) as again:
                if again.status == 200:
                    break
            await box.post("/control/discord/messages", {"content": "x", "author": "you"})
        else:
            pytest.fail("no place was given back")
