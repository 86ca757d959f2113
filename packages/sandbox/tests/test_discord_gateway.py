"""Conversations with the gateway, and the rules in them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import aiohttp
import pytest

from botwatch_sandbox.discord import intents
from botwatch_sandbox.discord.conversation import Timing
from botwatch_sandbox.discord.guilds import CHANNEL_ID, GUILD_ID
from botwatch_sandbox.discord.state import BOT, OWNER
from botwatch_sandbox.testing.calls import play, say
from botwatch_sandbox.testing.gateway_client import (
    INTENTS,
    connected,
)
from botwatch_sandbox.testing.server import RunningSandbox, running_sandbox

if TYPE_CHECKING:
    from botwatch_sandbox.app import Tuning

ZLIB = "v=10&encoding=json&compress=zlib-stream"
PLAIN = "v=10&encoding=json"


async def test_the_conversation_from_hello_to_a_message(box: RunningSandbox) -> None:
    async with connected(box) as client:
        hello = await client.receive()
        assert (hello["op"], hello["d"]) == (10, {"heartbeat_interval": 30_000})
        await client.send(1, None)
        assert (await client.receive())["op"] == 11
        ready = await client.identify()
        assert ready["user"]["id"] == str(BOT.id)
        assert ready["guilds"] == [{"id": str(GUILD_ID), "unavailable": True}]
        assert ready["resume_gateway_url"] == box.gateway_url
        assert ready["shard"] == [0, 1]
        guild = await client.until_event("GUILD_CREATE")
        assert (guild["id"], guild["unavailable"]) == (str(GUILD_ID), False)
        assert guild["member_count"] == len(guild["members"])
        assert str(BOT.id) in [member["user"]["id"] for member in guild["members"]]
        await say(box, "?ping")
        message = await client.until_event("MESSAGE_CREATE")
        assert (message["content"], message["author"]["username"]) == ("?ping", "you")
        assert (message["channel_id"], message["guild_id"]) == (str(CHANNEL_ID), str(GUILD_ID))
        assert client.seq == 3
        assert client.frame_types == {aiohttp.WSMsgType.TEXT}


async def test_zlib_stream_sends_one_flushed_binary_frame_a_message(box: RunningSandbox) -> None:
    async with connected(box, ZLIB) as client:
        assert (await client.receive())["op"] == 10
        await client.identify()
        assert (await client.until_event("GUILD_CREATE"))["name"] == "botwatch"
        await say(box, "\N{HANGUL SYLLABLE HAN} \N{GRINNING FACE}")
        message = await client.until_event("MESSAGE_CREATE")
        assert message["content"] == "\N{HANGUL SYLLABLE HAN} \N{GRINNING FACE}"
        assert client.frame_types == {aiohttp.WSMsgType.BINARY}


async def test_another_compression_falls_back_to_plain_frames(box: RunningSandbox) -> None:
    async with connected(box, "v=10&encoding=json&compress=another") as client:
        assert (await client.receive())["op"] == 10
        assert client.frame_types == {aiohttp.WSMsgType.TEXT}


async def test_the_bot_hears_its_own_messages(box: RunningSandbox) -> None:
    async with connected(box) as client:
        await client.identify()
        headers = {"Authorization": f"Bot {box.secrets.discord_token}"}
        url = f"{box.api_url}/channels/{CHANNEL_ID}/messages"
        async with box.session.post(url, json={"content": "Pong!"}, headers=headers) as response:
            sent = await response.json()
        heard = await client.until_event("MESSAGE_CREATE")
        assert (heard["id"], heard["author"]["id"]) == (sent["id"], str(BOT.id))


@pytest.mark.parametrize(
    ("wanted", "heard"),
    [
        (intents.GUILDS | intents.GUILD_MESSAGES, ""),
        (intents.GUILDS | intents.GUILD_MESSAGES | intents.MESSAGE_CONTENT, "?ping"),
    ],
)
async def test_content_is_empty_without_its_intent(
    box: RunningSandbox, wanted: int, heard: str
) -> None:
    async with connected(box) as client:
        await client.identify(intents=wanted)
        await say(box, "?ping")
        assert (await client.until_event("MESSAGE_CREATE"))["content"] == heard


async def test_a_mention_shows_its_content_without_the_intent(box: RunningSandbox) -> None:
    async with connected(box) as client:
        await client.identify(intents=intents.GUILD_MESSAGES)
        await say(box, f"<@{BOT.id}> ping")
        assert (await client.until_event("MESSAGE_CREATE"))["content"] == f"<@{BOT.id}> ping"


async def test_without_the_messages_intent_nothing_is_heard(box: RunningSandbox) -> None:
    async with connected(box) as client:
        await client.identify(intents=intents.GUILDS)
        await client.until_event("GUILD_CREATE")
        await say(box, "?ping")
        await play(box, reconnect=True)
        while (frame := await client.receive())["op"] != 7:
            assert frame["t"] is None


async def test_the_gateway_times_the_way_to_the_bot(box: RunningSandbox) -> None:
    async with connected(box) as client:
        await client.identify()
        await client.send(1, client.seq)
        await client.until_op(11)  # on the way the client's library answers the ping
        state = await box.until(
            lambda found: found["status"]["bot"]["latency_ms"] is not None, "the latency"
        )
        bot = state["status"]["bot"]
        assert (bot["connected"], bot["sessions"]) == (True, 1)
        assert 0 <= bot["latency_ms"] < 5000


async def test_a_web_sockets_ping_is_answered(box: RunningSandbox) -> None:
    url = f"{box.gateway_url}?{PLAIN}"
    async with box.session.ws_connect(url, autoping=False) as socket:
        assert (await socket.receive_json(timeout=5))["op"] == 10
        await socket.ping(b"here?")
        answer = await socket.receive(timeout=5)
        assert (answer.type, bytes(answer.data)) == (aiohttp.WSMsgType.PONG, b"here?")


@pytest.mark.parametrize(
    ("op", "data", "code"),
    [
        (2, {"token": "another", "intents": INTENTS}, 4004),
        (6, {"token": "another", "session_id": "x", "seq": 1}, 4004),
        (2, {"token": "a-discord-token", "intents": 1 << 40}, 4013),
        (2, {"token": "a-discord-token"}, 4013),
        (2, {"token": "a-discord-token", "intents": INTENTS | intents.GUILD_MEMBERS}, 4014),
        (2, {"token": "a-discord-token", "intents": INTENTS | intents.GUILD_PRESENCES}, 4014),
        (2, {"token": "a-discord-token", "intents": INTENTS, "shard": [1, 1]}, 4010),
        (2, {"token": "a-discord-token", "intents": INTENTS, "shard": "0"}, 4010),
        (2, "text", 4002),
        (8, {"guild_id": "1"}, 4003),
        (3, {}, 4003),
        (99, {}, 4001),
    ],
)
async def test_a_broken_rule_closes_with_discords_code(
    box: RunningSandbox, op: int, data: object, code: int
) -> None:
    async with connected(box) as client:
        await client.send(op, data)
        assert await client.close_code() == code


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "[" * 3000])
async def test_what_is_no_object_closes_with_4002(box: RunningSandbox, text: str) -> None:
    async with connected(box) as client:
        await client.socket.send_str(text)
        assert await client.close_code() == 4002


async def test_a_frame_over_4096_bytes_ends_the_connection(box: RunningSandbox) -> None:
    async with connected(box) as client:
        await client.socket.send_str('"' + "x" * 5000 + '"')
        assert await client.close_code() == 1009


async def test_identifying_twice_closes_with_4005(box: RunningSandbox) -> None:
    async with connected(box) as client:
        await client.identify()
        await client.send(2, {"token": box.secrets.discord_token, "intents": INTENTS})
        assert await client.close_code() == 4005


@pytest.mark.parametrize("query", ["v=8&encoding=json", "encoding=json"])
async def test_another_version_closes_with_4012(box: RunningSandbox, query: str) -> None:
    async with connected(box, query) as client:
        assert await client.close_code() == 4012


async def test_more_than_120_frames_a_minute_close_with_4008(box: RunningSandbox) -> None:
    async with connected(box) as client:
        for _ in range(121):
            await client.send(1, None)
        assert await client.close_code() == 4008


@pytest.mark.parametrize(("identified", "code"), [(False, 4003), (True, 4009)])
async def test_silence_ends_the_connection(tuning: Tuning, *, identified: bool, code: int) -> None:
    short = replace(tuning, timing=Timing(heartbeat_s=0.1, identify_s=0.1, session_s=60.0))
    async with running_sandbox(tuning=short) as box, connected(box) as client:
        if identified:
            await client.identify()
        assert await client.close_code() == code


async def test_shards_share_the_guilds(box: RunningSandbox) -> None:
    home = (GUILD_ID >> 22) % 2
    async with connected(box) as here, connected(box) as there:
        assert (await there.identify(shard=[1 - home, 2]))["guilds"] == []
        ready = await here.identify(shard=[home, 2])
        assert (len(ready["guilds"]), ready["shard"]) == (1, [home, 2])
        assert (await box.state())["status"]["bot"]["sessions"] == 2


@pytest.mark.parametrize(
    ("request_data", "ids", "lost"),
    [
        ({"query": "", "limit": 0}, [BOT.id, OWNER.id], []),
        ({"query": "bot", "limit": 5}, [BOT.id], []),
        ({"query": "BOT", "limit": 5}, [BOT.id], []),
        ({"user_ids": [str(OWNER.id), "5"]}, [OWNER.id], ["5"]),
        ({"user_ids": str(OWNER.id)}, [OWNER.id], []),
    ],
)
async def test_members_come_in_one_chunk(
    box: RunningSandbox, request_data: dict[str, object], ids: list[int], lost: list[str]
) -> None:
    async with connected(box) as client:
        await client.identify()
        await client.send(8, {"guild_id": str(GUILD_ID), "nonce": "n"} | request_data)
        chunk = await client.until_event("GUILD_MEMBERS_CHUNK")
        assert [int(member["user"]["id"]) for member in chunk["members"]] == ids
        assert (chunk["nonce"], chunk["chunk_index"], chunk["chunk_count"]) == ("n", 0, 1)
        assert chunk["not_found"] == lost
