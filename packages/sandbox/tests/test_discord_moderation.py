"""What ordinary bots do to moderate a guild, and in its other channels, through discord.py."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import pytest

from botwatch_sandbox.app import Tuning
from botwatch_sandbox.discord import guild_rest, thread_rest
from botwatch_sandbox.discord.guilds import Scale
from botwatch_sandbox.discord.intents import PRIVILEGED
from botwatch_sandbox.discord.state import BOT, OWNER, PEOPLE_KEPT, visitor
from botwatch_sandbox.testing.ordinary_bot import Bot, control, said
from botwatch_sandbox.testing.server import RunningSandbox

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # discord.py's voice imports audioop
    import discord

YOU = visitor("you").id


@pytest.fixture
def tuning(tuning: Tuning) -> Tuning:
    return replace(tuning, scale=Scale(granted=frozenset(PRIVILEGED)))


async def test_who_speaks_first_joins_and_may_be_kicked(bot: Bot, reached: RunningSandbox) -> None:
    await control(reached, "messages", content="hello")
    (member,) = await bot.heard("member_join")
    assert member.name == "you"
    await member.kick(reason="on purpose")
    assert (await bot.heard("member_remove"))[0].id == YOU
    assert bot.guilds[0].get_member(YOU) is None
    with pytest.raises(discord.NotFound) as caught:
        await bot.guilds[0].fetch_member(YOU)
    assert caught.value.code == 10007
    assert (await bot.fetch_user(YOU)).name == "you"
    await control(reached, "messages", content="back again")
    assert (await bot.guilds[0].fetch_member(YOU)).name == "you"
    with pytest.raises(discord.Forbidden):
        await bot.guilds[0].kick(discord.Object(OWNER.id))


async def test_who_is_banned_is_silent_until_it_is_over(bot: Bot, reached: RunningSandbox) -> None:
    await control(reached, "messages", content="spam")
    await bot.heard("message")
    guild = bot.guilds[0]
    await guild.ban(discord.Object(YOU), reason="spam, and more")
    await bot.heard("member_ban")
    assert [(ban.user.id, ban.reason) async for ban in guild.bans()] == [(YOU, "spam, and more")]
    assert (await reached.state())["discord"]["messages"] == []
    body = {"content": "more spam", "author": "you"}
    refused = await reached.done("/control/discord/messages", body, status=409)
    assert "has banned 'you'" in refused["error"]
    world = reached.sandbox.world
    for number in range(PEOPLE_KEPT):
        world.meet(visitor(f"visitor {number}"))
    assert world.user(YOU) is None
    assert [ban.user.name async for ban in guild.bans()] == ["you"]
    assert (await guild.fetch_ban(discord.Object(YOU))).user.name == "you"
    await guild.unban(discord.Object(YOU))
    await bot.heard("member_unban")
    await control(reached, "messages", content="sorry")
    with pytest.raises(discord.NotFound) as caught:
        await guild.fetch_ban(discord.Object(YOU))
    assert caught.value.code == 10026


async def test_a_channel_is_locked_and_slowed(bot: Bot) -> None:
    everyone = bot.guilds[0].default_role
    await bot.room.set_permissions(everyone, send_messages=False)
    await bot.heard("guild_channel_update")
    assert not bot.room.permissions_for(everyone).send_messages
    await bot.room.edit(slowmode_delay=5)
    fetched = await bot.fetch_channel(bot.room.id)
    assert isinstance(fetched, discord.TextChannel)
    assert fetched.slowmode_delay == 5
    await bot.room.set_permissions(everyone, overwrite=None)
    await bot.heard("guild_channel_update", lambda _, now: not now.overwrites)
    assert bot.room.permissions_for(everyone).send_messages
    assert bot.room.slowmode_delay == 5
    with pytest.raises(discord.Forbidden):
        await bot.room.delete()  # people are there


async def test_channels_of_all_kinds_are_created(bot: Bot) -> None:
    guild = bot.guilds[0]
    category = await guild.create_category("tickets")
    await guild.create_text_channel("ticket", category=category)
    await guild.create_voice_channel("music", user_limit=5)
    await guild.create_forum("help")
    kinds = {found.name: found.type.name for found in await guild.fetch_channels()}
    made = {"tickets": "category", "ticket": "text", "music": "voice", "help": "forum"}
    assert kinds == {"general": "text"} | made
    await bot.heard("guild_channel_create", lambda found: found.name == "help")
    assert {found.name for found in guild.voice_channels} == {"music"}


async def test_threads_are_opened_used_and_archived(bot: Bot, reached: RunningSandbox) -> None:
    message = await bot.room.send("a subject")
    thread = await message.create_thread(name="talk")
    await bot.heard("thread_create")
    await thread.send("within")
    assert (await reached.state())["discord"]["messages"][-1]["channel"] == "talk"
    await control(reached, "messages", content="me")
    private = await bot.room.create_thread(name="secret")
    await private.add_user(discord.Object(YOU))
    assert {found.name for found in await bot.guilds[0].active_threads()} == {"talk", "secret"}
    assert [found.name for found in bot.guilds[0].channels] == ["general"]
    archived = await private.edit(archived=True, locked=True)
    assert (archived.archived, archived.locked) == (True, True)
    found = [found.name async for found in bot.room.archived_threads(private=True)]
    assert found == ["secret"]
    await thread.delete()
    await bot.heard("thread_delete")
    assert await bot.guilds[0].active_threads() == []


async def test_archived_threads_make_room_for_active_ones(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread_rest, "THREADS_MAX", 2)
    monkeypatch.setattr(thread_rest, "THREADS_KEPT", 3)
    for number in range(3):
        thread = await bot.room.create_thread(name=f"closed {number}")
        await thread.edit(archived=True)
    for number in range(2):
        await bot.room.create_thread(name=f"open {number}")
    assert [found.name for found in await bot.guilds[0].active_threads()] == ["open 0", "open 1"]
    kept = [found.name async for found in bot.room.archived_threads(private=True)]
    assert kept == ["closed 2"]
    with pytest.raises(discord.HTTPException, match="active threads") as refused:
        await bot.room.create_thread(name="one too many")
    assert refused.value.code == 160006


async def test_threads_are_deleted_with_their_channel(bot: Bot, reached: RunningSandbox) -> None:
    guild, world = bot.guilds[0], reached.sandbox.world
    channel = await guild.create_text_channel("ticket")
    await channel.create_thread(name="gone")
    await bot.room.create_thread(name="kept")
    await bot.heard("thread_create", lambda found: found.name == "kept")
    await channel.delete()
    await bot.heard("thread_delete", lambda found: found.name == "gone")
    assert [found.name for found in world.channels.values()] == ["kept"]


async def test_direct_messages_and_threads_are_no_channels_of_the_guild(
    bot: Bot, reached: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guild_rest, "CHANNELS_MAX", 2)
    reached.sandbox.world.direct(visitor("you"))
    await bot.room.create_thread(name="talk")
    await bot.guilds[0].create_text_channel("second")
    with pytest.raises(discord.HTTPException, match="guild channels") as refused:
        await bot.guilds[0].create_text_channel("third")
    assert refused.value.code == 30013


async def test_what_is_malformed_is_refused_or_ignored(bot: Bot, reached: RunningSandbox) -> None:
    headers = {"Authorization": f"Bot {reached.secrets.discord_token}"}
    await control(reached, "messages", content="spam")

    async def status(method: str, path: str, **options: Any) -> int:  # noqa: ANN401 - as aiohttp has it
        async with reached.session.request(
            method, reached.api_url + path, headers=headers, **options
        ) as response:
            return response.status

    threads = f"/channels/{bot.room.id}/threads"
    kinds: list[object] = [[11], {}, "11", None, 2]
    for kind in kinds:
        assert await status("POST", threads, json={"name": "talk", "type": kind}) == 400
    ban = f"/guilds/{bot.guilds[0].id}/bans/{YOU}"
    assert await status("PUT", f"{ban}?delete_message_seconds=abc") == 204
    assert (await reached.state())["discord"]["messages"][-1]["content"] == "spam"
    assert await status("PUT", ban, json={"delete_message_seconds": "9" * 400}) == 204


async def test_a_post_of_a_forum_is_a_thread(bot: Bot, reached: RunningSandbox) -> None:
    forum = await bot.guilds[0].create_forum("help")
    post = await forum.create_thread(name="How?", content="Like this")
    assert (post.thread.parent_id, post.message.content) == (forum.id, "Like this")
    assert await said(reached) == ["Like this"]


async def test_people_are_mentioned(bot: Bot, reached: RunningSandbox) -> None:
    await control(reached, "messages", content="@botwatch, @nobody, @botwatch.")
    (message,) = await bot.heard("message")
    assert message.mentions == [bot.guilds[0].me]
    assert message.content == f"<@{BOT.id}>, @nobody, <@{BOT.id}>."
    answer = await bot.room.send(f"Hello <@{YOU}>")
    assert [who.name for who in answer.mentions] == ["you"]
    assert (await answer.edit(content="Hello")).mentions == []


async def test_invites_are_created(bot: Bot) -> None:
    invite = await bot.room.create_invite(max_uses=3)
    (found,) = await bot.guilds[0].invites()
    assert (found.code, found.max_uses) == (invite.code, 3)
    assert [found.code for found in await bot.room.invites()] == [invite.code]
