"""Sessions that are resumed, and what Discord does to them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from botwatch_sandbox.discord.conversation import Timing
from botwatch_sandbox.discord.session import EVENTS_KEPT
from botwatch_sandbox.testing.calls import play, say
from botwatch_sandbox.testing.gateway_client import (
    connected,
)
from botwatch_sandbox.testing.server import RunningSandbox, running_sandbox

if TYPE_CHECKING:
    from botwatch_sandbox.app import Tuning

ZLIB = "v=10&encoding=json&compress=zlib-stream"
PLAIN = "v=10&encoding=json"


async def lost_session(box: RunningSandbox, query: str = PLAIN) -> tuple[str, int]:
    """Identify, and lose the connection to a fault; return the session and its sequence."""
    async with connected(box, query) as client:
        ready = await client.identify()
        await client.until_event("GUILD_CREATE")
        await play(box, drop=True)
        assert await client.close_code() == 1006
        await box.until(lambda state: not state["status"]["bot"]["connected"], "the drop")
        return ready["session_id"], client.seq or 0


@pytest.mark.parametrize("query", [PLAIN, ZLIB])
async def test_resume_replays_what_was_missed(box: RunningSandbox, query: str) -> None:
    session, seq = await lost_session(box, query)
    await say(box, "one")
    await say(box, "two")
    async with connected(box, query) as client:
        await client.resume(session, seq)
        assert (await client.until_event("MESSAGE_CREATE"))["content"] == "one"
        assert (await client.until_event("MESSAGE_CREATE"))["content"] == "two"
        assert isinstance(await client.until_event("RESUMED"), dict)
        assert client.seq == seq + 3
        await say(box, "three")
        assert (await client.until_event("MESSAGE_CREATE"))["content"] == "three"


async def test_an_earlier_resume_is_not_told_again(box: RunningSandbox) -> None:
    session, seq = await lost_session(box)
    async with connected(box) as unheard:
        await unheard.resume(session, seq)
        await unheard.until_event("RESUMED")
        await play(box, drop=True)
    await say(box, "one")
    async with connected(box) as client:
        await client.resume(session, seq)
        assert (await client.receive())["op"] == 10
        frames = [await client.receive() for _ in range(2)]
        assert [(frame["t"], frame["s"]) for frame in frames] == [
            ("MESSAGE_CREATE", seq + 2),
            ("RESUMED", seq + 3),
        ]


@pytest.mark.parametrize(("session", "seq"), [("unknown", 1), (None, None), (5, 1)])
async def test_an_unknown_session_is_invalid(
    box: RunningSandbox, session: object, seq: object
) -> None:
    async with connected(box) as client:
        await client.resume(session, seq)
        assert (await client.until_op(9))["d"] is False
        assert (await client.identify())["session_id"]


async def test_a_sequence_from_the_future_closes_with_4007(box: RunningSandbox) -> None:
    session, seq = await lost_session(box)
    async with connected(box) as client:
        await client.resume(session, seq + 1)
        assert await client.close_code() == 4007


async def test_too_many_missed_events_end_the_session(box: RunningSandbox) -> None:
    session, seq = await lost_session(box)
    for number in range(EVENTS_KEPT + 1):
        await say(box, str(number))
    for _ in range(2):  # the second time the session is unknown
        async with connected(box) as client:
            await client.resume(session, seq)
            assert (await client.until_op(9))["d"] is False


async def test_a_session_ends_after_a_time(tuning: Tuning) -> None:
    short = replace(tuning, timing=Timing(session_s=0.0))
    async with running_sandbox(tuning=short) as box:
        session, seq = await lost_session(box)
        async with connected(box) as client:
            await client.resume(session, seq)
            assert (await client.until_op(9))["d"] is False


@pytest.mark.parametrize(("code", "resumes"), [(1000, False), (1001, False), (4000, True)])
async def test_closing_with_1000_or_1001_gives_the_session_up(
    box: RunningSandbox, code: int, *, resumes: bool
) -> None:
    async with connected(box) as client:
        session = (await client.identify())["session_id"]
        await client.until_event("GUILD_CREATE")
        await client.socket.close(code=code)
    await box.until(lambda state: not state["status"]["bot"]["connected"], "the end")
    async with connected(box) as again:
        await again.resume(session, client.seq)
        if resumes:
            await again.until_event("RESUMED")
        else:
            assert (await again.until_op(9))["d"] is False


async def test_resuming_takes_the_session_from_its_former_connection(box: RunningSandbox) -> None:
    async with connected(box) as former, connected(box) as later:
        session = (await former.identify())["session_id"]
        await former.until_event("GUILD_CREATE")
        await later.resume(session, former.seq)
        await later.until_event("RESUMED")
        assert await former.close_code() == 4000
        assert (await box.state())["status"]["bot"]["sessions"] == 1


async def test_op_7_asks_to_reconnect(box: RunningSandbox) -> None:
    async with connected(box) as client:
        await client.identify()
        await play(box, reconnect=True)
        await client.until_op(7)


@pytest.mark.parametrize("resumable", [True, False])
async def test_op_9_takes_the_session(box: RunningSandbox, *, resumable: bool) -> None:
    async with connected(box) as client:
        session = (await client.identify())["session_id"]
        await client.until_event("GUILD_CREATE")
        await play(box, invalid_session=resumable)
        assert (await client.until_op(9))["d"] is resumable
        assert (await box.state())["status"]["bot"]["connected"] is False
        await client.resume(session, client.seq)
        if resumable:
            await client.until_event("RESUMED")
        else:
            assert (await client.until_op(9))["d"] is False


@pytest.mark.parametrize("code", [1000, 4000, 4004, 4014])
async def test_a_drop_can_carry_a_close_code_and_keeps_the_session(
    box: RunningSandbox, code: int
) -> None:
    async with connected(box) as client:
        session = (await client.identify())["session_id"]
        await client.until_event("GUILD_CREATE")
        await play(box, drop=True, code=code)
        assert await client.close_code() == code
    async with connected(box) as again:
        await again.resume(session, client.seq)
        await again.until_event("RESUMED")


async def test_a_held_gateway_takes_no_connection_until_released(box: RunningSandbox) -> None:
    await play(box, hold_gateway=True)
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        async with connected(box):
            raise AssertionError
    assert caught.value.status == 503
    await play(box, hold_gateway=False)
    async with connected(box) as client:
        await client.identify()


async def test_a_silent_gateway_answers_nothing_until_it_speaks_again(box: RunningSandbox) -> None:
    async with connected(box, ZLIB) as client:
        await client.identify()
        await client.until_event("GUILD_CREATE")
        before = client.seq or 0
        await play(box, silent=True)
        await say(box, "unheard")
        await client.send(1, before)
        await play(box, silent=False)
        await say(box, "heard")
        heard: list[dict[str, Any]] = []
        while not heard or heard[-1]["t"] != "MESSAGE_CREATE":
            heard.append(await client.receive())
        assert (heard[-1]["d"]["content"], heard[-1]["s"]) == ("heard", before + 2)


async def test_no_more_than_32_connections_are_taken(box: RunningSandbox) -> None:
    sockets = [
        await box.session.ws_connect(f"{box.gateway_url}?{PLAIN}", autoclose=False)
        for _ in range(32)
    ]
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await box.session.ws_connect(f"{box.gateway_url}?{PLAIN}")
    for socket in sockets:
        await socket.close()


async def test_faults_of_discord_can_expire(box: RunningSandbox) -> None:
    await box.post("/control/discord/faults", {"slow_ms": 5, "hold_gateway": True, "for_s": 0.1})
    faults = (await box.state())["status"]["faults"]["discord"]
    assert (faults["slow_ms"], faults["hold_gateway"]) == (5, True)
    await box.until(
        lambda found: not any(found["status"]["faults"]["discord"].values()), "the end of them"
    )
