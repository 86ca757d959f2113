from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from botwatch_sandbox.app import Tuning
from botwatch_sandbox.discord.guilds import CHANNEL_ID, GUILD_ID, HOME, Guild, Scale
from botwatch_sandbox.discord.state import BOT, Draft, visitor
from botwatch_sandbox.testing.gateway_client import GatewayClient, connected
from botwatch_sandbox.testing.server import RunningSandbox, running_sandbox

MANY = Scale(guilds=1200, members=100, shards=3)


@pytest.fixture
async def crowd(tuning: Tuning) -> AsyncIterator[RunningSandbox]:
    async with running_sandbox(tuning=replace(tuning, scale=MANY)) as running:
        yield running


async def guilds_of(client: GatewayClient, shard: list[int]) -> list[int]:
    ready = await client.identify(shard=shard)
    announced = [int(guild["id"]) for guild in ready["guilds"]]
    for guild_id in announced:
        guild = await client.until_event("GUILD_CREATE")
        assert (int(guild["id"]), guild["member_count"]) == (guild_id, 100)
        assert len(guild["members"]) == 2
    return announced


def test_the_first_guild_is_the_one_that_people_see() -> None:
    assert (HOME.id, HOME.channel_id, HOME.name) == (GUILD_ID, CHANNEL_ID, "botwatch")
    assert Guild(7).name == "botwatch 7"


@pytest.mark.parametrize("number", [0, 1, 1199])
def test_a_guild_is_found_by_its_ids(number: int) -> None:
    guild = Guild(number)
    assert MANY.find(guild.id) == MANY.find_by_channel(guild.channel_id) == guild


@pytest.mark.parametrize("wrong", [None, 0, GUILD_ID - 1, GUILD_ID + 1, Guild(1200).id])
def test_what_is_no_guilds_id_finds_none(wrong: int | None) -> None:
    assert MANY.find(wrong) is None


async def test_shards_divide_the_guilds(crowd: RunningSandbox) -> None:
    async with connected(crowd) as first, connected(crowd) as second:
        ours, theirs = await guilds_of(first, [0, 2]), await guilds_of(second, [1, 2])
        assert sorted(ours + theirs) == [guild.id for guild in MANY.all()]
        assert {guild_id >> 22 & 1 for guild_id in ours} == {0}


async def test_a_message_goes_to_its_guilds_shard_alone(crowd: RunningSandbox) -> None:
    async with connected(crowd) as first, connected(crowd) as second:
        await guilds_of(first, [0, 2])
        await guilds_of(second, [1, 2])
        for number in range(2):
            crowd.sandbox.world.say(visitor("you"), Draft(str(number)), Guild(number))
        heard = [await client.until_event("MESSAGE_CREATE") for client in (first, second)]
        numbers = {int(message["guild_id"]): message["content"] for message in heard}
        assert numbers == {Guild(0).id: "0", Guild(1).id: "1"}


async def test_the_bot_answers_where_it_was_asked(crowd: RunningSandbox) -> None:
    asked = crowd.sandbox.world.say(visitor("you"), Draft("?ping"), Guild(5))
    headers = {"Authorization": f"Bot {crowd.secrets.discord_token}"}
    url = f"{crowd.api_url}/channels/{asked.guild.channel_id}/messages"
    async with crowd.session.post(url, json={"content": "Pong!"}, headers=headers) as response:
        sent = await response.json()
    assert (sent["channel_id"], sent["author"]["id"]) == (str(Guild(5).channel_id), str(BOT.id))
    assert (await crowd.state())["discord"]["messages"] == []  # the page shows the first guild


async def test_shards_are_advised(crowd: RunningSandbox) -> None:
    headers = {"Authorization": f"Bot {crowd.secrets.discord_token}"}
    async with crowd.session.get(f"{crowd.api_url}/gateway/bot", headers=headers) as response:
        assert (await response.json())["shards"] == 3


async def test_members_of_another_shards_guild_are_not_told(crowd: RunningSandbox) -> None:
    async with connected(crowd) as client:
        here = await guilds_of(client, [0, 2])
        elsewhere = next(guild.id for guild in MANY.all() if guild.id not in here)
        for guild_id in (elsewhere, here[0]):
            await client.send(8, {"guild_id": str(guild_id), "query": "", "limit": 0})
        chunk = await client.until_event("GUILD_MEMBERS_CHUNK")
        assert (int(chunk["guild_id"]), len(chunk["members"])) == (here[0], 2)
